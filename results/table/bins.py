"""Axes whose values were drawn from distributions, in a few bins: 200 different numbers are no rows of a sheet.

The bins of an axis hold equally many trials, as far as equal values allow it: they are quantiles. Sheets and the
gallery use them; everything that compares single values (votes, effects, differences between runs) does not.
"""

from __future__ import annotations

import math
import numbers
from typing import Any

import numpy as np
import pandas as pd

from results.run.storage import Run
from results.table.axes import Axis, axis_along, comparable_values
from stylize.settings.value_text import value_texts

MOST_SINGLE = 8
"""How many different numbers of an axis still stand one by one."""


def drawn_settings(trials: pd.DataFrame) -> frozenset[str]:
    """The settings that the grids of these trials drew from distributions. Raises RunError where a run is unreadable.

    Runs of versions that did not record it have none.
    """
    axes = [axis for run in trials["run"].unique() for axis in Run(run).metadata()["grid"]["axes"]]
    return frozenset(name for axis in axes if axis.get("drawn") is True for name in axis["settings"] if name in trials)


def bin_count(trials: int) -> int:
    """How many bins so many trials have: terciles, quartiles or quintiles, so that each bin has some ten to compare."""
    return 3 if trials < 40 else 4 if trials < 100 else 5


def drawn_axis(trials: pd.DataFrame, name: str) -> Axis:
    """The axis of a setting that was drawn. More than `MOST_SINGLE` different numbers are put into bins, whose labels
    are their smallest and largest value; fewer stand one by one and in their order. Other values are as of any axis.
    """
    values = comparable_values(trials, name)
    if not all(map(_is_number, values)):
        return axis_along(trials, [name], by_value=True)
    different = sorted(set(values))
    if len(different) <= MOST_SINGLE:
        lowest = highest = different
    else:
        ordered, count = sorted(values), bin_count(len(values))
        last = sorted({ordered[math.ceil(len(values) * number / count) - 1] for number in range(1, count + 1)})
        code_of = np.searchsorted(last, different)
        lowest = [different[int(np.searchsorted(code_of, code))] for code in range(len(last))]
        highest = last
    codes = np.searchsorted(highest, values).tolist()
    return Axis(
        settings=(name,),
        codes=tuple(codes),
        values=tuple((low,) for low in lowest),
        given=_ranges(name, lowest, highest),
        first_rows=tuple(codes.index(code) for code in range(len(lowest))),
    )


def bounds(trials: pd.DataFrame, axis: Axis) -> list[tuple[float, float]]:
    """The smallest and the largest value of each bin of a drawn axis of numbers."""
    values = np.array(comparable_values(trials, axis.name), float)
    codes = np.array(axis.codes)
    return [(float(values[codes == code].min()), float(values[codes == code].max())) for code in range(len(axis))]


def is_binned(axis: Axis) -> bool:
    """Whether the axis of `drawn_axis` has ranges of numbers in place of single values."""
    return any(label is not None and RANGE in label for label in axis.given)


RANGE = " … "
"""What stands between the ends of a bin in its label."""


def _ranges(name: str, lowest: list[Any], highest: list[Any]) -> tuple[str | None, ...]:
    if lowest == highest:
        return (None,) * len(lowest)
    texts = value_texts(name, [*lowest, *highest])
    pairs = zip(texts[: len(lowest)], texts[len(lowest) :], strict=True)
    return tuple(low if low == high else f"{low}{RANGE}{high}" for low, high in pairs)


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)
