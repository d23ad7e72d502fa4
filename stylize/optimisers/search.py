"""Searches for the minima of B functions at once, each of D variables, by L-BFGS with a strong-Wolfe line search.

The line search is algorithms 3.5 and 3.6 of Nocedal, Wright, *Numerical Optimization* (2006). All decisions are masked
tensor operations, and all state keeps its address in memory: nothing waits for the device, and a step can be recorded
in a CUDA graph. The direction comes from `inverse_hessian.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from stylize.optimisers.inverse_hessian import InverseHessian

SUFFICIENT_DECREASE, CURVATURE = 1e-4, 0.9
LONGEST_SEARCH = 20
"""After this many evaluations a line search takes the best point that it has evaluated."""


@dataclass
class _Point:
    """A point along each direction: its distance, its loss, and the slope along the direction; B numbers each."""

    distance: Tensor
    loss: Tensor
    slope: Tensor

    def replace(self, where: Tensor, other: _Point) -> None:
        """Copy another point for the searches that the mask selects."""
        for mine, theirs in zip(self.all(), other.all(), strict=True):
            torch.where(where, theirs, mine, out=mine)

    def all(self) -> tuple[Tensor, Tensor, Tensor]:
        return self.distance, self.loss, self.slope

    def clone(self) -> _Point:
        return _Point(*(one.clone() for one in self.all()))

    def keep(self, places: Tensor) -> _Point:
        return _Point(*(one[places] for one in self.all()))


class Search:
    """Searches for B minima: call `tell` with the loss and gradient at `asked` (B×D), again and again.

    The first step of each search changes its variables by `first_change` (B numbers; root mean square). A search never
    ends: at a minimum, or if rounding hides the slope, it asks for the same point again. `best` (B×D): the points with
    the lowest loss so far.
    """

    def __init__(self, start: Tensor, first_change: Tensor) -> None:
        batch = len(start)

        def numbers(value: float) -> Tensor:
            return torch.full((batch,), value, device=start.device, dtype=torch.float64)

        self.asked = start.contiguous().clone()
        self.best = self.asked.clone()
        self._least = numbers(math.inf)
        self._change = first_change.double().clone()
        self._hessian = InverseHessian(batch, start.shape[1], start.dtype, start.device)
        # Where the line searches began, and their directions.
        self._point = self.asked.clone()
        self._gradient = torch.zeros_like(self.asked)
        self._direction = torch.zeros_like(self.asked)
        self._start = _Point(numbers(0), numbers(0), numbers(0))
        # A point that satisfies the conditions lies between `low` and `high`; there may be no `high` yet.
        self._low, self._high, self._lowest = (_Point(numbers(0), numbers(0), numbers(0)) for _ in range(3))
        self._lowest_gradient = torch.zeros_like(self.asked)
        self._has_high = torch.zeros(batch, dtype=torch.bool, device=start.device)
        self._tried = torch.zeros(batch, dtype=torch.long, device=start.device)
        self._distance = numbers(0)
        self._resting = torch.ones_like(self._has_high)  # asks for the first point of its search

    def keep(self, places: Tensor) -> None:
        """Keep only the searches at these positions."""
        for name, value in vars(self).items():
            if isinstance(value, Tensor):
                setattr(self, name, value[places])
            elif isinstance(value, _Point):
                setattr(self, name, value.keep(places))
        self._hessian.keep(places)

    def state(self) -> dict[str, Tensor]:
        """All that later points depend on, by name; the first dimension of each tensor is B. It is the own memory of
        the searches: writing there continues other searches.
        """
        found = {name.strip("_"): value for name, value in vars(self).items() if isinstance(value, Tensor)}
        for name, point in vars(self).items():
            if isinstance(point, _Point):
                found |= {f"{name.strip('_')}.{part}": tensor for part, tensor in vars(point).items()}
        return found | {f"hessian.{name}": tensor for name, tensor in self._hessian.state().items()}

    def tell(self, losses: Tensor, gradients: Tensor) -> None:
        """Continue with the losses (B) and gradients (B×D) at `asked`, which then has the points to evaluate next."""
        losses = losses.double()
        better = losses < self._least
        torch.where(better, losses, self._least, out=self._least)
        torch.where(better[:, None], self.asked, self.best, out=self.best)

        told = _Point(self._distance.clone(), losses, _dot(gradients, self._direction))
        lower = losses < self._lowest.loss
        self._lowest.replace(lower, told)
        torch.where(lower[:, None], gradients, self._lowest_gradient, out=self._lowest_gradient)
        accepted = self._narrow(told)
        self._tried += 1
        ending = (accepted | (self._tried >= LONGEST_SEARCH)) & ~self._resting

        self._lowest.replace(accepted, told)  # the result of the line search
        torch.where(accepted[:, None], gradients, self._lowest_gradient, out=self._lowest_gradient)
        moving = ending & (self._lowest.distance != 0)
        self._move(ending, moving)
        torch.where(self._resting[:, None], gradients, self._gradient, out=self._gradient)
        torch.where(self._resting, losses, self._start.loss, out=self._start.loss)
        self._begin(ending | self._resting)
        to = self._point + self._distance[:, None].to(self._point.dtype) * self._direction
        torch.where(self._resting[:, None], self._point, to, out=self.asked)

    def _narrow(self, told: _Point) -> Tensor:
        """Take the new points as `low` or `high`, and set the next distances. Returns which satisfy the conditions."""
        start, low, high = self._start, self._low, self._high
        enough = told.loss <= start.loss + SUFFICIENT_DECREASE * told.distance * start.slope
        too_far = ~enough | ((low.distance != 0) & (told.loss >= low.loss))  # true if the loss is not finite
        accepted = ~too_far & (told.slope.abs() <= -CURVATURE * start.slope)
        going = ~too_far & ~accepted
        beyond = torch.where(self._has_high, told.slope * (high.distance - low.distance) >= 0, told.slope >= 0)
        high.replace(going & beyond, low)
        high.replace(too_far, told)
        low.replace(going, told)
        self._has_high |= too_far | (going & beyond)
        torch.where(self._has_high, _between(low, high), 4 * told.distance, out=self._distance)
        return accepted

    def _move(self, ending: Tensor, moving: Tensor) -> None:
        """Move to the results of the line searches, and note how the gradients have changed."""
        moved = self._lowest.distance[:, None].to(self._point.dtype) * self._direction
        turned = self._lowest_gradient - self._gradient
        self._hessian.learn(moving, moved, turned)
        # If no point was lower: forget the past, then take smaller steps.
        stuck = ending & ~moving
        torch.where(stuck & self._hessian.is_empty(), self._change / 10, self._change, out=self._change)
        self._hessian.forget(stuck)
        torch.where(moving[:, None], self._point + moved, self._point, out=self._point)
        torch.where(moving[:, None], self._lowest_gradient, self._gradient, out=self._gradient)
        torch.where(moving, self._lowest.loss, self._start.loss, out=self._start.loss)

    def _begin(self, where: Tensor) -> None:
        """Begin line searches."""
        direction = -self._hessian.times(self._gradient)
        slope = _dot(direction, self._gradient)
        spoilt = ~(slope < 0)  # by rounding
        self._hessian.forget(where & spoilt)
        direction = torch.where(spoilt[:, None], -self._gradient, direction)
        length = _dot(direction, direction).sqrt()
        slope = torch.where(spoilt, -length * length, slope)
        rms = self._change * math.sqrt(direction.shape[1])
        distance = torch.where(self._hessian.is_empty(), rms / length, 1.0)
        torch.where(where, distance, self._distance, out=self._distance)
        torch.where(where[:, None], direction, self._direction, out=self._direction)
        torch.where(where, slope, self._start.slope, out=self._start.slope)
        torch.where(where[:, None], self._gradient, self._lowest_gradient, out=self._lowest_gradient)
        self._low.replace(where, self._start)
        self._lowest.replace(where, self._start)
        self._has_high &= ~where
        self._tried *= ~where
        torch.logical_and(where, ~((length > 0) & (length < math.inf)), out=self._resting)


def _between(low: _Point, high: _Point) -> Tensor:
    """The minimum of the cubic through both points, kept away from them (Nocedal, Wright, equation 3.59)."""
    width = high.distance - low.distance
    middle = low.distance + width / 2
    first = low.slope + high.slope - 3 * (low.loss - high.loss) / (low.distance - high.distance)
    under = first * first - low.slope * high.slope
    second = under.sqrt().copysign(width)  # not a number where there is no minimum
    lowest = high.distance - width * (high.slope + second - first) / (high.slope - low.slope + 2 * second)
    nearest, farthest = low.distance + 0.1 * width, high.distance - 0.1 * width
    inside = (lowest >= torch.minimum(nearest, farthest)) & (lowest <= torch.maximum(nearest, farthest))
    finite = high.loss.isfinite() & high.slope.isfinite()
    return torch.where(finite, torch.where(inside, lowest, middle), low.distance + width / 10)


def _dot(one: Tensor, other: Tensor) -> Tensor:
    """B products of B×D with B×D, fp64."""
    products: Tensor = torch.linalg.vecdot(one, other).double()
    return products
