"""Coarse to fine: the image is optimised at a small size first, and each level starts from the result of the one
before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from stylize.images.resize import resized
from stylize.lanes import Transfer
from stylize.settings.optimisation_settings import Settings


@dataclass(frozen=True)
class Level:
    """One size at which a batch is optimised, up to the step `end`."""

    shape: torch.Size  # height and width
    end: int
    matting: bool = True  # whether the matting Laplacian counts


def levels(settings: Settings, shape: torch.Size) -> list[Level]:
    """The levels of an image of `shape`, coarse to fine. Each gets an equal share of the steps, the full size the rest.

    Long edges of `pyramid` that are not smaller than the image's are left out.
    """
    long_edge = max(shape)
    edges = [edge for edge in settings.pyramid if edge < long_edge]
    share = settings.iterations // (len(edges) + 1)
    scaled = [torch.Size([max(1, round(side * edge / long_edge)) for side in shape]) for edge in edges]
    coarse = [Level(small, share * (place + 1)) for place, small in enumerate(scaled)]
    return _in_stages([*coarse, Level(shape, settings.iterations)], settings)


def _in_stages(plan: Sequence[Level], settings: Settings) -> list[Level]:
    """The same levels, with the level cut in two in which the matting loss is switched on."""
    begin = round(settings.matting_from * settings.iterations) if settings.matting_weight else 0
    staged, start = [], 0
    for level in plan:
        if start < begin:
            staged.append(replace(level, end=min(begin, level.end), matting=False))
        if level.end > begin:
            staged.append(level)
        start = level.end
    return staged


def at_level(transfer: Transfer, shape: torch.Size, full: torch.Size) -> Transfer:
    """The same transfer, with its pictures reduced by the factor between the shapes `full` and `shape`."""
    if shape == full:
        return transfer
    factor = max(shape) / max(full)
    content = None if transfer.content is None else _reduced(transfer.content, shape)

    def smaller(style: Tensor) -> Tensor:
        return _reduced(style, torch.Size([max(1, round(side * factor)) for side in style.shape[1:]]))

    style = None if transfer.style is None else smaller(transfer.style)
    blend = tuple((smaller(one), share) for one, share in transfer.blend)
    masks = transfer.masks and style is not None and transfer.masks.resized(shape, style.shape[1:])
    previous = transfer.previous and transfer.previous.resized(shape)
    return replace(transfer, content=content, style=style, blend=blend, masks=masks or None, previous=previous)


def _reduced(picture: Tensor, shape: torch.Size) -> Tensor:
    return resized(picture[None], shape)[0].clamp(0, 255)
