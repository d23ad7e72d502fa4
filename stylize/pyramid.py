"""Coarse to fine: the image is optimised small first, and what is found there is where the next level starts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from stylize.adam import resized
from stylize.objective import Transfer
from stylize.settings import Settings


@dataclass(frozen=True)
class Level:
    """One size at which a batch is optimised, up to the step `end`."""

    shape: torch.Size  # height and width
    end: int


def levels(settings: Settings, shape: torch.Size) -> list[Level]:
    """The levels of an image of `shape`, coarse to fine; each gets an equal share of the steps, the full size the rest.

    Long edges of `pyramid` that are not below that of the image are left out.
    """
    long_edge = max(shape)
    edges = [edge for edge in settings.pyramid if edge < long_edge]
    share = settings.iterations // (len(edges) + 1)
    scaled = [torch.Size([max(1, round(side * edge / long_edge)) for side in shape]) for edge in edges]
    coarse = [Level(small, share * (place + 1)) for place, small in enumerate(scaled)]
    return [*coarse, Level(shape, settings.iterations)]


def at_level(transfer: Transfer, shape: torch.Size, full: torch.Size) -> Transfer:
    """The same transfer with its pictures reduced as an image of the shape `full` is to `shape`."""
    if shape == full:
        return transfer
    factor = max(shape) / max(full)
    content = None if transfer.content is None else _reduced(transfer.content, shape)
    style = transfer.style
    if style is not None:
        style = _reduced(style, torch.Size([max(1, round(side * factor)) for side in style.shape[1:]]))
    return replace(transfer, content=content, style=style)


def _reduced(picture: Tensor, shape: torch.Size) -> Tensor:
    return resized(picture[None], shape)[0].clamp(0, 255)
