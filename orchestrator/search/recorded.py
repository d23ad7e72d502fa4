"""The points that a search has proposed so far, as its run keeps them: there is no other record of a search."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from orchestrator.errors import GridError
from orchestrator.grid.grid import Grid
from orchestrator.grid.sampling import Distribution
from orchestrator.plan.inputs import Inputs
from orchestrator.plan.settings_columns import setting_cells
from orchestrator.plan.trial import Trial
from orchestrator.plan.trials import make_trials
from orchestrator.search.study import Values
from results import Run, RunError
from results.run.rows import parse_plan, read_rows
from results.run.storage import PLAN
from stylize import SettingsError

MISSING = object()


def recorded_points(run: Run, grid: Grid, inputs: Inputs) -> list[tuple[Values, Trial]]:
    """The points of this search that a run has, in the order in which they were proposed, each with its trial.

    The plan of the run has them in order. Rows that it lacks, because it was lost or damaged, come last. Trials of
    another grid, or of other fixed settings, are left out: a trial's id says so. Raises RunError.
    """
    if not run.exists(PLAN) and not run.names("trials/*.parquet"):
        return []
    search = grid.search
    assert search is not None
    columns = [cell for name in search.distributions for cell in setting_cells(name, None)]
    rows = [*_planned(run), *_committed(run, columns)]
    found: dict[str, Values] = {}
    for row in rows:
        values = [_value(one, name, row) for name, one in search.distributions.items()]
        if row["trial_id"] not in found and MISSING not in values:
            found[row["trial_id"]] = tuple(values)
    made = zip(found, _trials(grid, inputs, list(found.values())), strict=True)
    return [(found[id], trial) for id, trial in made if trial and trial.id == id]


def _planned(run: Run) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = parse_plan(run, run.read(PLAN)).to_pylist() if run.exists(PLAN) else []
    except RunError:  # a damaged plan is written anew
        return []
    return found


def _committed(run: Run, columns: Iterable[str]) -> list[dict[str, Any]]:
    rows = read_rows(run).sort_by("committed_at")
    here = [name for name in ("trial_id", *columns) if name in rows.column_names]
    found: list[dict[str, Any]] = rows.select(here).to_pylist()
    return found


def _value(one: Distribution, name: str, row: Mapping[str, Any]) -> Any:
    """The value of a setting in a row, `MISSING` where the distribution does not have it."""
    if one.kind == "choice":
        matching = (value for value in one.values if _same_cells(setting_cells(name, value), row))
        return next(matching, MISSING)
    value = row.get(name)
    return MISSING if one.share_of(value) is None else value


def _same_cells(cells: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    return all(row.get(name) == (list(cell) if isinstance(cell, tuple) else cell) for name, cell in cells.items())


def _trials(grid: Grid, inputs: Inputs, points: list[Values]) -> list[Trial | None]:
    """The trial of each point; None for one that is no longer possible."""
    try:
        return [trial for _, trial in make_trials(grid.with_points(points), inputs)]
    except (GridError, SettingsError):
        if len(points) == 1:
            return [None]
        half = len(points) // 2
        return [*_trials(grid, inputs, points[:half]), *_trials(grid, inputs, points[half:])]
