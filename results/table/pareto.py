"""The Pareto front of a table: the trials that no other one is better than in everything that was asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from results.errors import SelectionError
from results.suggestion import suggestion
from results.table.better import better


def pareto(
    trials: pd.DataFrame, by: Sequence[str] = (), *, minimise: Sequence[str] = (), maximise: Sequence[str] = ()
) -> pd.DataFrame:
    """The rows of a table of `results.load` that are on the Pareto front of some columns, in the table's order.

    A row is left out if another one is at least as good in every column and better in one. `by` are columns whose
    better values are known, such as `style_distance` and `structural_similarity`; `minimise` and `maximise` name
    others.
    Rows without a value, or that are not done, are left out. Raises SelectionError for columns that there are not, that
    are no numbers, or of which nothing says what is better, and where fewer than two are given.
    """
    wanted = {name: better(trials, name) for name in by} | dict.fromkeys(minimise, "lower")
    wanted |= dict.fromkeys(maximise, "higher")
    if len(wanted) < 2:
        raise SelectionError("a Pareto front needs two columns or more")
    for name, which in wanted.items():
        if name not in trials:
            numbers = [str(one) for one in trials.select_dtypes("number").columns]
            raise SelectionError(f"there is no column {name!r}; {suggestion(name, numbers)}")
        if trials[name].dtype.kind not in "iufIUF":
            raise SelectionError(f"{name} is no number, so that no value is better than another")
        if which is None:
            raise SelectionError(f"nothing says which values of {name} are better; name it in minimise or maximise")
    done = trials[(trials["status"] == "done") & trials[list(wanted)].notna().all(axis=1)]
    signs = np.array([1.0 if which == "lower" else -1.0 for which in wanted.values()])
    return done[on_front(done[list(wanted)].to_numpy(float) * signs)]


def on_front(costs: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each of n rows of costs is dominated by none of the others, n booleans. Lower costs are better."""
    front = np.ones(len(costs), bool)
    for number, row in enumerate(costs):
        if front[number]:  # what a dominated row dominates, the row that dominates it dominates, too
            front &= ~((row <= costs).all(1) & (row < costs).any(1))
    return front
