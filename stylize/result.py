"""The result of an optimisation: the image, its losses, and the history of its losses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from stylize.state import State


@dataclass(frozen=True)
class History:
    """The losses at every `history_every`-th step, before that step's update, and at the end.

    `losses` has, for each curve of the registry, a tuple as long as `step`, by its column (`total_loss`, …); each is
    also an attribute, as in `history.total_loss`. The last values are those of the result. The others were calculated
    in the arithmetic of the steps; at the coarse levels of a pyramid they are those of the small image, with the
    content loss scaled to the positions of the full one.
    """

    step: tuple[int, ...]
    losses: Mapping[str, tuple[float, ...]]

    def __getattr__(self, name: str) -> tuple[float, ...]:
        return _looked_up(self, name, "losses")  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Result:
    """An optimised image and its losses, evaluated in fp32 for exactly this image.

    image: 3×H×W fp32 on the CPU, in 0–255 but not clipped: see `pixels`.
    losses: by the registry's columns, without α, β and other weights, and `total_loss`, their weighted sum. None for a
    loss that this image does not have.
    by_layer: by column and layer, without weights: L_c^l and E_l. Both are also attributes: `result.total_loss`,
    `result.style_loss_by_layer`.
    arithmetic: that of the convolutions: fp32, tf32 or bf16.
    steps: how many were done; fewer than asked for if the loss reached its plateau.
    batch_width: images that were optimised together.
    tiles: rows and columns of the tiles that they were seen in, such as 1024×4096; `whole` where there were none.
    seconds: this image's share of the batch's wall-clock time.
    failed_at: the step whose losses were not finite, or None; then `image` and the losses are the last finite ones.
    state: in which it stopped, if its lane `keeps` that and it did not fail.
    """

    image: Tensor
    losses: Mapping[str, float | None]
    by_layer: Mapping[str, Mapping[str, float]]
    history: History
    arithmetic: str
    steps: int
    batch_width: int
    tiles: str
    seconds: float
    failed_at: int | None
    state: State | None = None

    def __getattr__(self, name: str) -> Any:
        if name.endswith("_by_layer"):
            return _looked_up(self, name, "by_layer", name.removesuffix("_by_layer"))
        return _looked_up(self, name, "losses")

    def pixels(self) -> Tensor:
        """The image as H×W×3 bytes, clipped and rounded."""
        return as_pixels(self.image)


def _looked_up(owner: object, attribute: str, mapping: str, key: str | None = None) -> Any:
    found = owner.__dict__.get(mapping, {})  # not there yet while the object is being made
    if (key or attribute) not in found:
        raise AttributeError(f"{type(owner).__name__} has no {attribute}")
    return found[key or attribute]


STRIP_ROWS = 256
"""Rows of an image that are handled at once, so that a large one is not copied several times in fp32."""


def as_pixels(image: Tensor) -> Tensor:
    """A 3×H×W image in 0–255 as H×W×3 bytes, clipped and rounded."""
    _, height, width = image.shape
    pixels = torch.empty(height, width, 3, dtype=torch.uint8, device=image.device)
    for top in range(0, height, STRIP_ROWS):
        rows = slice(top, top + STRIP_ROWS)
        pixels[rows] = image[:, rows].clamp(0, 255).round().byte().permute(1, 2, 0)
    return pixels
