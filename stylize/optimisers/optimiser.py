"""The interface of optimisers. Each has its own file in this folder; `stylize/registry.py` lists them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor

from stylize.settings.optimisation_settings import Settings


class Optimiser(Protocol):
    """Optimises a batch of B images, each as if it were alone.

    images: B×3×H×W, to evaluate next. tries_points: whether some of them may be trial points of a line search, at which
    a loss that is not finite is not a failure. `start`: the number of the first step.

    State keeps its address in memory, except in `keep` and `enlarge`. `step` must neither wait for the device nor read
    from it, because it may be recorded in a CUDA graph.
    """

    tries_points: bool
    images: Tensor

    def __init__(self, settings: Sequence[Settings], images: Tensor, start: int) -> None: ...

    def advance(self, step: int) -> None:
        """Prepare the step with this number. Called before each step, and not recorded."""

    def step(self, totals: Tensor, gradient: Tensor) -> None:
        """Change the images in place, from their losses (B) and the gradient of the losses (B×3×H×W)."""

    def best(self) -> Tensor:
        """The images that the optimisation would end with now; they change with the next step."""

    def keep(self, places: Tensor) -> None:
        """Keep only the images at these positions of the batch."""

    def state(self) -> Mapping[str, Tensor]:
        """Everything that later steps depend on and that settings do not say, by name. The first dimension of each
        tensor is B. May be the optimiser's own memory.
        """

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Continue from a `state` of an optimiser with the same settings, whose next step then is the next one here."""

    def enlarge(self, shape: torch.Size) -> None:
        """Continue at the next level of a pyramid, with images of this height and width."""
