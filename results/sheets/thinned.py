"""Which trials a sheet shows where there are more than anybody can look at: some values of its longest axes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from results.table.axes import axis_along, axis_groups

MOST_CELLS = 5_000
"""Images on one sheet. A sheet has at most 50 megapixels, of which each image then has 100×100."""


def thinned(trials: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The trials that one sheet shows, and in words which these are: all of them and no words if they are few enough.

    Of the axis that has the most values left, every second value is left out, then two of three, and so on, until few
    enough trials are left.
    """
    if len(trials) <= MOST_CELLS:
        return trials, ""
    axes = [axis_along(trials, group) for group in axis_groups(trials)]
    codes = [np.asarray(axis.codes) for axis in axes]
    steps = [1] * len(axes)
    kept = np.ones(len(trials), dtype=bool)
    while axes and kept.sum() > MOST_CELLS:
        longest = max(range(len(axes)), key=lambda number: len(axes[number]) / steps[number])
        steps[longest] += 1
        kept = np.all([code % step == 0 for code, step in zip(codes, steps, strict=True)], axis=0)
    if not 0 < kept.sum() <= MOST_CELLS:  # no axes, or a grid with hardly any of their combinations
        return trials.head(MOST_CELLS), f"the first {MOST_CELLS:,} of {len(trials):,} trials"
    which = [f"one in {step} values of {axis.title}" for axis, step in zip(axes, steps, strict=True) if step > 1]
    return trials[kept], f"{kept.sum():,} of {len(trials):,} trials: {' and '.join(which)}"
