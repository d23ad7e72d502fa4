"""What a sweep will do: every trial of a grid with its name and state, and the batches that are left to run."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from orchestrator.errors import UsageError
from orchestrator.grid.grid import Grid, Point
from orchestrator.plan.batches import DEFAULT_PACKING, Batch, Packing, pack
from orchestrator.plan.inputs import Inputs
from orchestrator.plan.table import plan_table
from orchestrator.plan.trial import Setup, Trial
from orchestrator.plan.trials import make_trials

MOST_TRIALS = 100_000
"""More than this is refused without --yes: it is usually a mistake in an axis."""


@dataclass(frozen=True)
class Plan:
    """A grid's trials in order, and what is left to do. `points` pairs each point of the grid with its trial; two
    points that give the same result have the same trial.
    """

    grid: Grid
    points: list[tuple[Point, Trial]]
    states: dict[str, str]  # trial id → done, failed, to run, not selected
    batches: list[Batch]
    inputs: Inputs
    selection: Selection
    packing: Packing
    shards: frozenset[str] = frozenset()  # the row files that were read to find out what is done

    @functools.cached_property
    def trials(self) -> dict[str, Trial]:
        """The distinct trials by their ids."""
        return {trial.id: trial for _, trial in self.points}

    def ids(self) -> pa.Array:
        """The ids of all trials, as Arrow takes them to find their rows."""
        return pa.array(list(self.states), pa.string())

    @property
    def parallel(self) -> int:
        """How many of the batches to run can run at the same time. The frames of a clip run one after another."""
        return _independent(self.batches)

    @functools.cached_property
    def parallel_at_first(self) -> int:
        """How many batches could run at the same time if nothing were done yet and every trial were selected."""
        trials = list(self.trials.values())
        if self.grid.search:  # not those that are proposed later: the number of threads follows from this
            trials = trials[: self.grid.search.at_once]
        return _independent(pack(trials, dict.fromkeys(self.states, "to run"), self.packing))

    def updated(self, recorded: Mapping[str, str]) -> Plan:
        """The same plan with other `recorded` trials (trial id → done or failed). `shards` is not changed."""
        states = _states(self.points, self.trials, recorded, self.selection)
        return replace(self, states=states, batches=pack(list(self.trials.values()), states, self.packing))

    def count(self, state: str) -> int:
        """How many trials are in a state."""
        return Counter(self.states.values())[state]

    @functools.cached_property
    def setups(self) -> list[Setup]:
        """The distinct setups. Trials share one if they differ only in values on which nothing else depends."""
        return list({id(trial.setup): trial.setup for _, trial in self.points}.values())

    def table(self) -> pa.Table:
        """The plan as `results` keeps it: trial ids, settings, and the position and label along each axis."""
        return plan_table(self.grid, self.points)


def _independent(batches: Sequence[Batch]) -> int:
    """How many of these batches do not have to wait for another of them."""
    left = {trial.id for batch in batches for trial in batch.trials}
    return sum(batch.after.isdisjoint(left) for batch in batches)


@dataclass(frozen=True)
class Selection:
    """Which of the trials to run: those chosen by `--only` and `--limit`, and failed ones with `retry_failed`. With
    `trials`, only trials with these ids.
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
    points = make_trials(grid, inputs)
    if not points:
        raise UsageError("this grid has no trial: `exclude` removes every point")
    return Plan(grid, points, {}, [], inputs, selection, packing).updated(recorded)


def _states(
    points: Sequence[tuple[Point, Trial]], ids: Iterable[str], recorded: Mapping[str, str], selection: Selection
) -> dict[str, str]:
    chosen = _chosen(points, selection)
    states = {}
    for id in ids:
        state = recorded.get(id, "to run")
        if state == "failed" and selection.retry_failed:
            state = "to run"
        states[id] = "not selected" if state == "to run" and id not in chosen else state
    return states


def _chosen(points: Sequence[tuple[Point, Trial]], selection: Selection) -> set[str]:
    chosen: dict[str, None] = {}
    for point, trial in points:
        if selection.limit is not None and len(chosen) >= selection.limit:
            break
        wanted = selection.trials is None or trial.id in selection.trials
        if wanted and all(point[index] in values for index, values in selection.only.items()):
            chosen[trial.id] = None
    before = {trial.id: trial.after for _, trial in points if trial.after}
    for id in list(chosen) if before else ():
        earlier = before.get(id)
        while earlier and earlier not in chosen:
            chosen[earlier] = None
            earlier = before.get(earlier)
    return set(chosen)
