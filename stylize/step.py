"""One step of a batch: evaluates the images, keeps the good ones, changes them. All of it runs on the device.

Nothing here reads from the device. On a CUDA device, if a batch has enough steps, the step is recorded once as a CUDA
graph and then replayed, because starting its hundred kernels one by one takes as long as running them.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from stylize.losses.objective import Objective
from stylize.optimisers.optimiser import Optimiser

WARM_UP = 3
"""How many steps run normally before one is recorded: libraries prepare themselves in the first ones."""

WORTH_RECORDING = 40
"""How many steps must be left for recording: it takes the time of several steps."""


class Step:
    """The step of B images. A new one is made whenever their number, their shape or their losses change.

    good: B×3×H×W, the last images whose loss was finite. parts: P×B parts of the losses at the last step (see
    `Objective`), before its update; totals: B. All keep their addresses in memory.
    """

    def __init__(self, objective: Objective, optimiser: Optimiser, good: Tensor, steps: int) -> None:
        self._objective = objective
        self._optimiser = optimiser
        self.good = good
        self.parts: Tensor
        self.totals: Tensor
        self._done = 0
        self._left = steps
        self._replay: Callable[[], None] | None = None
        self._records = may_record(good.device) and objective.capturable

    def __call__(self, step: int) -> None:
        """Do the step with this number, counted from the beginning of the optimisation."""
        self._optimiser.advance(step)
        if self._records and self._done == WARM_UP and self._left >= WORTH_RECORDING:
            self._records, self._replay = False, record(self._run)
        if self._replay is not None:
            self._replay()
        else:
            self._run()
        self._done += 1
        self._left -= 1

    def _run(self) -> None:
        images = self._optimiser.images.detach().requires_grad_()
        parts = self._objective.parts(images)
        [gradient] = torch.autograd.grad(parts, images, self._objective.weights)
        self.parts = parts.detach()
        self.totals = self._objective.totals(self.parts)
        # A line search may try points where the loss is not finite; the optimiser itself keeps its best image.
        if not self._optimiser.tries_points:
            finite = (self.totals < math.inf).view(-1, 1, 1, 1)  # false for NaN, too; no loss is −∞
            torch.where(finite, images.detach(), self.good, out=self.good)
        self._optimiser.step(self.totals, gradient)


def may_record(device: torch.device) -> bool:
    """Whether steps on this device can be recorded as CUDA graphs."""
    return device.type == "cuda"


def record(run: Callable[[], None]) -> Callable[[], None] | None:
    """Record the work of `run` as a CUDA graph that can be replayed; None if it cannot be recorded.

    Recording does not run it: the work runs at the first replay.
    """
    graph = torch.cuda.CUDAGraph()
    try:
        # Other threads write images at the same time, and may use the device.
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            run()
    except RuntimeError:  # an operation that needs the host; the plain step does the same
        torch.cuda.synchronize()
        return None
    replay: Callable[[], None] = graph.replay
    return replay
