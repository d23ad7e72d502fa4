"""L-BFGS with a strong-Wolfe line search for a batch: the images share passes, and each has a search of its own.

Liu, Nocedal 1989, *On the limited memory BFGS method*; the line search is algorithms 3.5 and 3.6 of Nocedal, Wright,
*Numerical Optimization* (2006). One step is one evaluation of the loss and its gradient, as it is for Adam, so that
steps cost the same; a line search may take several.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stylize.images.resize import resized
from stylize.settings.transfer_settings import Settings

MEMORY = 20
"""Pairs of changes of image and gradient that stand for the Hessian."""

SUFFICIENT_DECREASE, CURVATURE = 1e-4, 0.9
LONGEST_SEARCH = 20
"""Evaluations after which a line search takes the best point it has seen."""


@dataclass(frozen=True)
class _Point:
    """A place along the search direction: how far, the loss there, its slope along the direction, the gradient."""

    distance: float
    loss: float
    slope: float
    gradient: Tensor


Search = Generator[Tensor, tuple[float, Tensor], None]
"""Yields the image whose loss and gradient it wants to know, and is sent them."""


class LBFGS:
    """The searches of a batch. `images` are those to be evaluated next, `best()` those with the least loss so far."""

    tries_points = True

    def __init__(self, settings: Sequence[Settings], images: Tensor) -> None:
        self._settings = list(settings)
        self._begin(images)

    def _begin(self, images: Tensor) -> None:
        self._searches = [
            search(image, one.learning_rate) for image, one in zip(images.cpu(), self._settings, strict=True)
        ]
        self._device = images.device
        self.images = images
        for one in self._searches:
            next(one)
        self._best = images.clone()
        self._least = [math.inf] * len(images)

    def step(self, step: int, totals: Tensor, gradient: Tensor) -> None:
        """Tell each search the loss and gradient it asked for."""
        gradients, asked = gradient.cpu(), []
        for place, loss in enumerate(totals.tolist()):
            if loss < self._least[place]:
                self._least[place] = loss
                self._best[place] = self.images[place]
            asked.append(self._searches[place].send((loss, gradients[place])))
        self.images = torch.stack(asked).contiguous(memory_format=torch.channels_last).to(self._device)

    def best(self) -> Tensor:
        """The images that the optimisation would end with now."""
        return self._best

    def keep(self, places: Tensor) -> None:
        """Go on with the images at these places of the batch only."""
        kept = places.tolist()
        self._settings = [self._settings[place] for place in kept]
        self._searches = [self._searches[place] for place in kept]
        self._least = [self._least[place] for place in kept]
        self.images, self._best = (tensor.index_select(0, places) for tensor in (self.images, self._best))

    def enlarge(self, shape: torch.Size) -> None:
        """Go on at the next level of a pyramid, from the best image enlarged; what was learned of the slope is lost."""
        self._begin(resized(self._best, shape))


def search(start: Tensor, first_change: float) -> Search:
    """L-BFGS from `start` (any shape). Its first step changes pixels by `first_change` (root mean square).

    It never ends: at a minimum, or where rounding hides the slope, it asks for the same image again.
    """
    image = start
    loss, gradient = yield image
    pairs: deque[tuple[Tensor, Tensor]] = deque(maxlen=MEMORY)
    change = first_change
    while True:
        direction = _direction(gradient, pairs)
        slope = _dot(direction, gradient)
        if not slope < 0:  # a Hessian that rounding has spoilt
            pairs.clear()
            direction, slope = -gradient, -_dot(gradient, gradient)
        length = math.sqrt(_dot(direction, direction))
        if length == 0 or not math.isfinite(length):
            loss, gradient = yield image
            continue
        distance = 1.0 if pairs else change * math.sqrt(image.numel()) / length
        here = _Point(0.0, loss, slope, gradient)
        found = yield from _line_search(image, direction, here, distance)
        if found.distance == 0:  # no point was lower: forget the past, then take smaller steps
            change = change if pairs else change / 10
            pairs.clear()
            continue
        moved, turned = found.distance * direction, found.gradient - gradient
        if _dot(moved, turned) > 1e-12 * _dot(turned, turned):
            pairs.append((moved, turned))
        image, loss, gradient = image + moved, found.loss, found.gradient


def _direction(gradient: Tensor, pairs: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
    """−H·gradient by the two-loop recursion (Nocedal, Wright, algorithm 7.4)."""
    direction = -gradient
    shares = []
    for moved, turned in reversed(pairs):
        share = _dot(moved, direction) / _dot(moved, turned)
        shares.append(share)
        direction = direction - share * turned
    if pairs:
        moved, turned = pairs[-1]
        direction = direction * (_dot(moved, turned) / _dot(turned, turned))
    for (moved, turned), share in zip(pairs, reversed(shares), strict=True):
        direction = direction + (share - _dot(turned, direction) / _dot(moved, turned)) * moved
    return direction


def _line_search(
    image: Tensor, direction: Tensor, start: _Point, distance: float
) -> Generator[Tensor, tuple[float, Tensor], _Point]:
    """A point along `direction` that satisfies the strong Wolfe conditions, or else the lowest one seen."""
    low, high = start, None
    best = start
    for _ in range(LONGEST_SEARCH):
        loss, gradient = yield image + distance * direction
        point = _Point(distance, loss, _dot(gradient, direction), gradient)
        if loss < best.loss:
            best = point
        enough = loss <= start.loss + SUFFICIENT_DECREASE * distance * start.slope
        if not enough or (low is not start and loss >= low.loss):
            high = point  # also where the loss is not finite
        elif abs(point.slope) <= CURVATURE * -start.slope:
            return point
        else:
            if high is None:
                if point.slope >= 0:
                    high = low
            elif point.slope * (high.distance - low.distance) >= 0:
                high = low
            low = point
        distance = _between(low, high) if high else 4 * distance
    return best


def _between(low: _Point, high: _Point) -> float:
    """The minimum of the cubic through both points, kept away from them (Nocedal, Wright, equation 3.59)."""
    width = high.distance - low.distance
    middle = low.distance + width / 2
    if not (math.isfinite(high.loss) and math.isfinite(high.slope)):
        return low.distance + width / 10
    first = low.slope + high.slope - 3 * (low.loss - high.loss) / (low.distance - high.distance)
    under = first * first - low.slope * high.slope
    if under < 0:
        return middle
    second = math.copysign(math.sqrt(under), width)
    lowest = high.distance - width * (high.slope + second - first) / (high.slope - low.slope + 2 * second or math.nan)
    nearest, farthest = sorted((low.distance + 0.1 * width, high.distance - 0.1 * width))
    return lowest if nearest <= lowest <= farthest else middle


def _dot(one: Tensor, other: Tensor) -> float:
    return float(torch.dot(one.flatten(), other.flatten()))
