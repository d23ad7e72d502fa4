"""Chooses trials of a table: those that meet a condition, marked ones, or the best by a metric.

The commands that take some of a run's trials ask for them in the same words (`orchestrator/command/options.py`), and
what these words choose is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from results.errors import SelectionError
from results.suggestion import suggestion
from results.table.better import better

if TYPE_CHECKING:
    import pandas as pd

USUAL_METRIC = "style_distance"
"""The column by which trials are the best, if no other is asked for."""

STAR = "star"
"""The mark that is not a tag."""


@dataclass(frozen=True)
class Selection:
    """Some trials of a table. Every part that is given narrows the choice, in the order of the fields but for the last.

    where: a pandas query
    marked: "star", or a tag
    best: how many trials, the best by the column `by`
    highest: whether the highest values of `by` are the best; None: what is known of the column
    pareto: columns, of whose Pareto front the trials are; before the best of these are chosen
    """

    where: str | None = None
    marked: str | None = None
    best: int | None = None
    by: str | None = None
    highest: bool | None = None
    pareto: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != Selection()

    def of(self, trials: pd.DataFrame) -> pd.DataFrame:
        """The chosen rows of a table of `results.load`: in its order or, if the best are asked for, the best first.

        A trial that stands at several points of the grid counts once among the best. Raises SelectionError for a query
        that pandas cannot read, a mark that no trial has, and a column that is unknown, empty, no number, or ranks
        nothing.
        """
        if self.best is None and (self.by is not None or self.highest is not None):
            raise SelectionError("--by, --highest and --lowest say which trials are the best: give --best, too")
        if self.where:
            trials = _queried(trials, self.where)
        if self.marked is not None:
            trials = _marked(trials, self.marked)
        if self.pareto:
            trials = _on_front(trials, self.pareto)
        return trials if self.best is None else _best(trials, self.best, self.by or USUAL_METRIC, self.highest)


EVERY_TRIAL = Selection()


def select(
    trials: pd.DataFrame,
    where: str | None = None,
    *,
    marked: str | None = None,
    best: int | None = None,
    by: str | None = None,
    highest: bool | None = None,
    pareto: Sequence[str] = (),
) -> pd.DataFrame:
    """Some rows of a table of `results.load`, as `--where`, `--marked`, `--pareto`, `--best` and `--by` choose them.

    `results.select(trials, "ratio < 1e-3", best=10, by="structural_similarity")`. Raises SelectionError.
    See `Selection`.
    """
    return Selection(where, marked, best, by, highest, tuple(pareto)).of(trials)


def _queried(trials: pd.DataFrame, where: str) -> pd.DataFrame:
    try:
        found: pd.DataFrame = trials.query(where)
    except Exception as error:  # pandas raises nearly anything for a query it cannot read
        raise SelectionError(f"--where {where!r}: {error}") from error
    return found


def _marked(trials: pd.DataFrame, mark: str) -> pd.DataFrame:
    if mark == STAR:
        found = trials[trials[STAR]]
        if found.empty:
            raise SelectionError("--marked star: no trial has a star; `sweep gallery RUN --serve` gives them")
        return found
    found = trials[[mark in tags for tags in trials["tags"]]]
    if found.empty:
        tags = sorted({tag for of_trial in trials["tags"] for tag in of_trial})
        known = suggestion(mark, [STAR, *tags]) if tags else "no trial has any"
        raise SelectionError(f"--marked {mark}: no trial has this tag; {known}")
    return found


def _on_front(trials: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    from results.table.pareto import pareto  # imports pandas, which choosing options does not need

    try:
        found = pareto(trials, columns)
    except SelectionError as error:
        raise SelectionError(f"--pareto {','.join(columns)}: {error}") from error
    if found.empty:
        raise SelectionError(f"--pareto {','.join(columns)}: no trial has a value of each")
    return found


def _best(trials: pd.DataFrame, count: int, by: str, highest: bool | None) -> pd.DataFrame:
    if by not in trials:
        numbers = [str(name) for name in trials.select_dtypes("number").columns]
        raise SelectionError(f"--by {by}: there is no such column; {suggestion(by, numbers)}")
    if trials[by].dtype.kind not in "iufIUF":
        raise SelectionError(f"--by {by}: that is no number, so that no value is better than another")
    if highest is None:
        which = better(trials, by)
        if which is None:
            raise SelectionError(f"--by {by}: nothing says which of its values are better; add --highest or --lowest")
        highest = which == "higher"
    known = trials[trials[by].notna() & (trials["status"] == "done")].drop_duplicates(["run", "trial_id"])
    if known.empty:
        raise SelectionError(f"--by {by}: none of these trials has a value of it")
    return known.sort_values(by, ascending=not highest, kind="stable").head(count)
