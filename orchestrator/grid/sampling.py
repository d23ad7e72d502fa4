"""Axes that are distributions, and the points that are drawn from them.

axes:
  learning_rate: {loguniform: [1, 30]}
  ratio: {loguniform: [1e-5, 1e-1]}
  pooling: {choice: [average, max]}
sample: {count: 200, method: sobol, seed: 0}

What is drawn is one axis of `count` points: all settings with distributions move together along it. Where such entries
stand in a grid, and where an error is, is the business of `reader`.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from orchestrator.errors import GridError
from orchestrator.grid.values import check_value, is_value, shown_value, unknown

KINDS = ("uniform", "loguniform", "normal", "choice")
METHODS = ("sobol", "random", "latin-hypercube")
MOST_POINTS = 100_000

DEVIATIONS = 3.0
"""Where normal distributions are cut off, so that a draw cannot be a value that the setting does not allow."""

DIGITS = 6
"""Of drawn numbers. The last bits of a logarithm may differ between machines, and would be other trials."""


@dataclass(frozen=True)
class Sample:
    """How many points are drawn, and how. With `sobol` and `random` a larger count keeps those of a smaller one."""

    count: int
    method: Literal["sobol", "random", "latin-hypercube"] = "sobol"
    seed: int = 0


def read_sample(entry: Any) -> Sample:
    """The entry `sample` of a grid. Raises GridError without a position."""
    if not isinstance(entry, Mapping) or "count" not in entry:
        raise GridError("sample is a mapping such as {count: 200, method: sobol, seed: 0}")
    for name in entry:
        if name not in ("count", "method", "seed"):
            raise GridError(unknown("entry of sample", name, ("count", "method", "seed")))
    count, method, seed = entry["count"], entry.get("method", "sobol"), entry.get("seed", 0)
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST_POINTS:
        raise GridError(f"count is a whole number from 1 to {MOST_POINTS:,}, not {shown_value(count)}")
    if method not in METHODS:
        raise GridError(unknown("method", method, METHODS))
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise GridError(f"seed is a whole number from 0 on, not {shown_value(seed)}")
    return Sample(count, method, seed)


def is_distribution(entry: Any, *, sampled: bool) -> bool:
    """Whether an axis is a distribution. A mapping with such a name may also be a label with its value; where the grid
    has no `sample`, only two numbers are taken for a distribution.
    """
    if not isinstance(entry, Mapping) or len(entry) != 1 or next(iter(entry)) not in KINDS:
        return False
    [arguments] = entry.values()
    return sampled or (isinstance(arguments, list) and len(arguments) == 2 and all(map(_is_number, arguments)))


@dataclass(frozen=True)
class Distribution:
    """One axis that is drawn. `values` are those of a choice, else there are two numbers. `whole`: of integers."""

    kind: str
    numbers: tuple[float, float] = (0.0, 1.0)
    values: tuple[Any, ...] = ()
    whole: bool = False

    def text(self) -> str:
        """As a grid writes it: `loguniform [1e-05, 0.1]`."""
        if self.kind == "choice":
            return f"choice of {', '.join(shown_value(value) for value in self.values)}"
        return f"{self.kind} [{self.numbers[0]:g}, {self.numbers[1]:g}]"

    def at(self, share: float) -> Any:
        """The value below which this share of the distribution lies; 0 ≤ share < 1."""
        if self.kind == "choice":
            return self.values[int(share * len(self.values))]
        number = float(f"{self._number(share):.{DIGITS}g}")
        return round(number) if self.whole else number

    def share_of(self, value: Any) -> float | None:
        """Which share of the distribution lies below a number, as `at` takes it; None for one that it does not have."""
        if self.kind == "choice" or not _is_number(value):
            return None
        first, second = self.numbers
        if self.kind == "normal":
            from scipy.special import ndtr

            outside = float(ndtr(-DEVIATIONS))
            share = (float(ndtr((value - first) / second)) - outside) / (1 - 2 * outside)
        elif self.kind == "loguniform":
            share = (math.log(value) - math.log(first)) / (math.log(second) - math.log(first)) if value > 0 else -1.0
        else:
            share = (value - first) / (second - first)
        slack = 0.5 / (second - first) if self.whole and self.kind == "uniform" else 0.01 if self.whole else 1e-4
        return min(max(share, 0.0), 1.0) if -slack <= share <= 1 + slack else None  # values are rounded

    def _number(self, share: float) -> float:
        first, second = self.numbers
        if self.kind == "uniform":
            return first + share * (second - first)
        if self.kind == "loguniform":
            return math.exp(math.log(first) + share * (math.log(second) - math.log(first)))
        from scipy.special import ndtr, ndtri

        outside = float(ndtr(-DEVIATIONS))
        return first + second * float(ndtri(outside + share * (1 - 2 * outside)))


def read_distribution(setting: str, entry: Mapping[str, Any]) -> Distribution:
    """The distribution of a setting. Raises GridError without a position for wrong bounds, or values that the setting
    cannot have.
    """
    [(kind, arguments)] = entry.items()
    if kind == "choice":
        if not isinstance(arguments, list) or not arguments:
            raise GridError("choice takes a list of values")
        return Distribution(kind, values=tuple(check_value(setting, value) for value in arguments))
    what = "[mean, standard deviation]" if kind == "normal" else "[lowest, highest]"
    if not isinstance(arguments, list) or len(arguments) != 2 or not all(map(_is_number, arguments)):
        raise GridError(f"{kind} takes {what}, not {shown_value(arguments)}")
    first, second = (float(one) for one in arguments)
    if kind == "normal" and second <= 0:
        raise GridError(f"normal takes a standard deviation above 0, not {second:g}")
    if kind != "normal" and not first < second:
        raise GridError(f"{kind} takes {what}, and {first:g} is not below {second:g}")
    if kind == "loguniform" and first <= 0:
        raise GridError(f"loguniform takes numbers above 0, not {first:g}")
    ends = (first - DEVIATIONS * second, first + DEVIATIONS * second) if kind == "normal" else (first, second)
    whole = not is_value(setting, math.floor(first) + 0.5) and is_value(setting, round(ends[1]))
    for end in ends:
        check_value(setting, round(end) if whole else end)
    return Distribution(kind, (first, second), whole=whole)


def draw(distributions: Mapping[str, Distribution], sample: Sample) -> list[tuple[str, tuple[Any, ...]]]:
    """Each setting with its drawn values, `sample.count` of them. Raises GridError where there is nothing to draw."""
    if not distributions:
        raise GridError("no axis is a distribution, such as ratio: {loguniform: [1e-5, 1e-1]}")
    columns = _shares(len(distributions), sample).T
    pairs = zip(distributions.items(), columns, strict=True)
    return [(setting, tuple(one.at(float(share)) for share in shares)) for (setting, one), shares in pairs]


def _shares(dimensions: int, sample: Sample) -> NDArray[np.float64]:
    """Points of the unit cube, a row each."""
    from scipy.stats import qmc

    if sample.method == "random":
        return np.random.default_rng(sample.seed).random((sample.count, dimensions))
    kind = qmc.Sobol if sample.method == "sobol" else qmc.LatinHypercube
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # counts that are no power of two are fine: they are part of a longer sequence
        points: NDArray[np.float64] = kind(dimensions, seed=sample.seed).random(sample.count)
    return points


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
