"""What a sweep will do: every trial of a grid with its name and state, and the batches that are left to run."""

from __future__ import annotations

import contextlib
import functools
import gc
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from orchestrator.errors import GridError, UsageError
from orchestrator.grid.grid import Grid, Point
from orchestrator.plan.batches import DEFAULT_PACKING, Batch, Packing, pack
from orchestrator.plan.inputs import Inputs
from orchestrator.plan.settings_columns import SETTINGS_SCHEMA, settings_row
from orchestrator.plan.trial import Trial, make_trial
from stylize import SettingsError

ROWS_AT_ONCE = 5_000
"""Of the plan's table: rows as Python objects take fifty times their space in the table."""

MOST_TRIALS = 100_000
"""More than this is refused without --yes: it is usually a mistake in an axis."""


@dataclass(frozen=True)
class Plan:
    """A grid's trials in order, and what is left to do. `points` has a trial for each point of the grid; points whose
    difference has no effect share one.
    """

    grid: Grid
    points: list[tuple[Point, Trial]]
    states: dict[str, str]  # trial id → done, failed, to run, not selected
    batches: list[Batch]
    inputs: Inputs
    packing: Packing
    shards: frozenset[str] = frozenset()  # paths of the files in which it was read what is done

    @property
    def trials(self) -> dict[str, Trial]:
        """Every different trial by its id."""
        return {trial.id: trial for _, trial in self.points}

    def ids(self) -> pa.Array:
        """The ids of all trials, for looking rows up by them."""
        return pa.array(list(self.states), pa.string())

    @property
    def parallel(self) -> int:
        """How many of the batches to run can be worked at together: the frames of a clip follow one another."""
        return _independent(self.batches)

    @functools.cached_property
    def parallel_at_first(self) -> int:
        """How many batches could be worked at together if nothing were done yet and every trial were selected."""
        trials = list(self.trials.values())
        return _independent(pack(trials, dict.fromkeys(self.states, "to run"), self.packing))

    def count(self, state: str) -> int:
        """How many trials are in a state."""
        return Counter(self.states.values())[state]

    def table(self) -> pa.Table:
        """The plan as `results` keeps it: trial ids, settings, and the position and label along each axis."""
        columns: list[tuple[str, pa.DataType]] = []
        for dimension in self.grid.dimensions:
            for column, name in enumerate(dimension.settings):
                columns.append((f"{name}_order", pa.int32()))
                if any(labels[column] is not None for labels in dimension.labels):
                    columns.append((f"{name}_label", pa.string()))
        schema = pa.schema([("trial_id", pa.string()), *SETTINGS_SCHEMA, *columns])
        positions = [dimension.positions() for dimension in self.grid.dimensions]
        parts = [schema.empty_table()]
        for start in range(0, len(self.points), ROWS_AT_ONCE):
            rows = [
                {"trial_id": trial.id}
                | settings_row(trial.settings)
                | {"weights": trial.weights_reference}
                | self._axis_columns(point, positions)
                for point, trial in self.points[start : start + ROWS_AT_ONCE]
            ]
            parts.append(pa.Table.from_pylist(rows, schema=schema))
        return pa.concat_tables(parts).combine_chunks()

    def _axis_columns(self, point: Point, positions: Sequence[Sequence[int]]) -> dict[str, int | str | None]:
        columns: dict[str, int | str | None] = {}
        for dimension, index, along in zip(self.grid.dimensions, point, positions, strict=True):
            for name, label in zip(dimension.settings, dimension.labels[index], strict=True):
                columns |= {f"{name}_order": along[index], f"{name}_label": label}
        return columns


def _independent(batches: Sequence[Batch]) -> int:
    """How many of these batches follow none of the others."""
    left = {trial.id for batch in batches for trial in batch.trials}
    return sum(batch.after.isdisjoint(left) for batch in batches)


@dataclass(frozen=True)
class Selection:
    """Which of the trials to run: those that `--only` and `--limit` name, and failed ones where wished. `trials` leaves
    out all others, by their ids.
    """

    only: Mapping[int, frozenset[int]] = field(default_factory=dict)
    limit: int | None = None
    retry_failed: bool = False
    trials: frozenset[str] | None = None


def make_plan(
    grid: Grid,
    inputs: Inputs,
    recorded: Mapping[str, str],
    selection: Selection,
    packing: Packing = DEFAULT_PACKING,
    *,
    however_many: bool = False,
) -> Plan:
    """Name every trial, leave out what is `recorded` (trial id → done or failed), and pack the rest into batches.

    Raises GridError for impossible points, UsageError for too many, and whatever finding pictures and weights raises.
    """
    most = grid.most_points()
    if most > MOST_TRIALS and not however_many:
        raise UsageError(f"this grid asks for {most:,} trials, more than {MOST_TRIALS:,}; give --yes if that is meant")
    with _uncollected():
        points = _trials(grid, inputs)
    if not points:
        raise UsageError("this grid has no trial: exclude leaves nothing")
    chosen = _chosen(points, selection)
    trials = {trial.id: trial for _, trial in points}
    states = {}
    for id in trials:
        state = recorded.get(id, "to run")
        if state == "failed" and selection.retry_failed:
            state = "to run"
        states[id] = "not selected" if state == "to run" and id not in chosen else state
    batches = pack(list(trials.values()), states, packing)
    return Plan(grid, points, states, batches, inputs, packing)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Without the garbage collector, which looks through all trials again and again while there are ever more."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _chosen(points: Sequence[tuple[Point, Trial]], selection: Selection) -> set[str]:
    chosen: dict[str, None] = {}
    for point, trial in points:
        if selection.limit is not None and len(chosen) >= selection.limit:
            break
        wanted = selection.trials is None or trial.id in selection.trials
        if wanted and all(point[index] in values for index, values in selection.only.items()):
            chosen[trial.id] = None
    before = {trial.id: trial.after for _, trial in points}
    for id in list(chosen):
        earlier = before[id]
        while earlier and earlier not in chosen:
            chosen[earlier] = None
            earlier = before[earlier]
    return set(chosen)


def _trials(grid: Grid, inputs: Inputs) -> list[tuple[Point, Trial]]:
    found: list[tuple[Point, Trial]] = []
    before: dict[Point, Trial] = {}
    for point in grid.points():
        # Frames are the last and fastest dimension, so that the one before has been named.
        previous = before.get((*point[:-1], point[-1] - 1)) if grid.clips else None
        trial = _trial(grid, point, inputs, previous)
        if grid.clips:
            before[point] = trial
        found.append((point, trial))
    return found


def _trial(grid: Grid, point: Point, inputs: Inputs, previous: Trial | None) -> Trial:
    settings = grid.settings_at(point)
    try:
        return make_trial(settings, inputs, previous)
    except SettingsError as error:
        where = ", ".join(
            f"{name}={dimension.names(name)[index]}"
            for dimension, index in zip(grid.dimensions, point, strict=True)
            for name in dimension.settings
        )
        raise GridError(f"{grid.file}: {error}" + (f" (at {where})" if where else "")) from error
