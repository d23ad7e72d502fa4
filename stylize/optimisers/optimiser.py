"""What every optimiser can do. Each has a file of its own beside this one; `stylize/registry.py` names them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from stylize.settings.transfer_settings import Settings


class Optimiser(Protocol):
    """A batch of B images on their way. Each is optimised as if it were alone.

    images: B×3×H×W, to be evaluated next. tries_points: whether some of them may only be tried, as by a line search, so
    that a loss that is not finite is no failure there.
    """

    tries_points: bool
    images: Tensor

    def __init__(self, settings: Sequence[Settings], images: Tensor) -> None: ...

    def step(self, step: int, totals: Tensor, gradient: Tensor) -> None:
        """Change the images by what their losses (B) and its gradient (B×3×H×W) say. `step` counts from 0."""

    def best(self) -> Tensor:
        """The images that the optimisation would end with now."""

    def keep(self, places: Tensor) -> None:
        """Go on with the images at these places of the batch only."""

    def enlarge(self, shape: torch.Size) -> None:
        """Go on at the next level of a pyramid, with images of this height and width."""
