"""Where an optimisation stopped, so that it can go on later. Only the class is here: `optimise` begins from one, and
`ends` makes one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, eq=False)
class State:
    """Everything about one image's optimisation that later steps depend on, besides its settings and pictures. All
    tensors are on the CPU.

    steps: after how many steps it was kept. ended_at: the step at which it had reached its plateau; None if it had not,
        so that it can make more steps.
    seconds: this image's share of the time that these steps took.
    optimiser: the tensors of `Optimiser.state` without their first dimension. If `ended_at` is given, only `image`,
        the 3×H×W image with which it ended.
    totals: the total loss at each of the steps, fp32.
    recorded_steps, recorded: the N steps at which losses were recorded, and T×N losses in the order of
        `registry.curves`. The losses of the last image are not among them.
    """

    steps: int
    ended_at: int | None
    seconds: float
    optimiser: Mapping[str, Tensor]
    totals: Tensor
    recorded_steps: tuple[int, ...]
    recorded: Tensor
