"""What every optimiser can do. Each has a file of its own beside this one; `stylize/registry.py` names them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from stylize.settings.optimisation_settings import Settings


class Optimiser(Protocol):
    """A batch of B images on their way. Each is optimised as if it were alone.

    images: B×3×H×W, to be evaluated next. tries_points: whether some of them may only be tried, as by a line search, so
    that a loss that is not finite is no failure there. `start` is the number of the first step.

    State stays where it is in memory but for `keep` and `enlarge`, and `step` must neither wait for the device nor read
    from it: it may be captured as a CUDA graph.
    """

    tries_points: bool
    images: Tensor

    def __init__(self, settings: Sequence[Settings], images: Tensor, start: int) -> None: ...

    def advance(self, step: int) -> None:
        """Make ready for the step with this number. It is called before each step, and is not captured."""

    def step(self, totals: Tensor, gradient: Tensor) -> None:
        """Change the images, in place, by what their losses (B) and the gradient of these (B×3×H×W) say."""

    def best(self) -> Tensor:
        """The images that the optimisation would end with now; they change with the next step."""

    def keep(self, places: Tensor) -> None:
        """Go on with the images at these places of the batch only."""

    def enlarge(self, shape: torch.Size) -> None:
        """Go on at the next level of a pyramid, with images of this height and width."""
