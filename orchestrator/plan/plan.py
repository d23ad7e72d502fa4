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
from orchestrator.plan.halving import Halved, Standing
from orchestrator.plan.inputs import Inputs
from orchestrator.plan.kept_state import NOTHING_KEPT, beginnings
from orchestrator.plan.table import plan_table
from orchestrator.plan.trial import KeptState, Setup, Trial
from orchestrator.plan.trials import make_trials
from results.run.rows import EARLIER_RUNGS, STOPPED_AT_RUNG

MOST_TRIALS = 100_000
"""More than this is refused without --yes: it is usually a mistake in an axis."""


NO_VALUES: Mapping[str, float] = {}


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
    recorded: Mapping[str, str] = field(default_factory=dict)  # trial id → done or failed, of all rows of the run
    kept: Mapping[str, KeptState] = field(default_factory=dict)  # states that earlier trials kept, by their ids
    values: Mapping[str, float] = field(default_factory=dict)  # of the metric by which `halving` decides, by trial id
    halved: Halved | None = None  # if the grid has `halving`: then `points` have the trials of the rungs reached
    standing: Standing | None = None  # how far these are

    @functools.cached_property
    def trials(self) -> dict[str, Trial]:
        """The distinct trials by their ids."""
        return _distinct(self.points)

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
        trials = list(_distinct(self.halved.asked if self.halved else self.points).values())
        search = self.grid.search
        if not (self.halved or search or self.kept) and self.count("to run") == len(trials):
            return self.parallel  # nothing is done: these are the batches that there are
        if search:  # not those that are proposed later: the number of threads follows from this
            trials = trials[: search.block]
        blocks = search.blocks_at_once if search else 1
        return blocks * _independent(pack(trials, {trial.id: "to run" for trial in trials}, self.packing))

    @functools.cached_property
    def expected(self) -> list[Batch]:
        """The batches to run, and after them those that will probably follow when `halving` has decided."""
        found = list(self.batches)
        known = {trial.id for batch in found for trial in batch.trials}
        standing = self.standing
        for here, later in zip(standing.at_rung, standing.expected, strict=True) if standing else ():
            waiting = [trial for trial in here if self.states.get(trial.id) == "to run" and trial.id not in known]
            trials = [*waiting, *later]
            found += pack(trials, dict.fromkeys((trial.id for trial in trials), "to run"), self.packing)
        return found

    def updated(
        self,
        recorded: Mapping[str, str],
        kept: Mapping[str, KeptState] = NOTHING_KEPT,
        values: Mapping[str, float] = NO_VALUES,
    ) -> Plan:
        """The same plan with other `recorded` trials (trial id → done or failed), other `kept` states, and other
        `values` of the metric of `halving`. `shards` is not changed.

        With `halving`, the batches are those of one rung: the lowest that has trials to run. Raises EngineError if it
        cannot decide.
        """
        points, standing = self.points, None
        if self.halved:
            retried = self.selection.retry_failed
            ended = {id: state for id, state in recorded.items() if not (retried and state == "failed")}
            standing = self.halved.standing(ended, values)
            points = [(point, standing.present[trial.id]) for point, trial in self.halved.asked]
        trials = _distinct(points)
        states = _states(points, trials, recorded, self.selection)
        to_run = [trial for trial in trials.values() if states[trial.id] == "to run"]
        # A repair computes trials from the start: what they would go on from may be damaged, too.
        begins = beginnings(to_run, kept) if self.selection.trials is None else {}
        batches: list[Batch] = []
        for rung in standing.at_rung if standing else [list(trials.values())]:
            of_rung = {trial.id: states.get(trial.id, "done") for trial in rung}  # those that have gone on are done
            batches = batches or pack(rung, of_rung, self.packing, begins)
        return replace(
            self,
            points=points,
            states=states,
            batches=batches,
            recorded=recorded,
            kept=kept,
            values=values,
            standing=standing,
        )

    def count(self, state: str) -> int:
        """How many trials are in a state."""
        return Counter(self.states.values())[state]

    @functools.cached_property
    def setups(self) -> list[Setup]:
        """The distinct setups. Trials share one if they differ only in values on which nothing else depends."""
        return list({id(trial.setup): trial.setup for _, trial in self.points}.values())

    def table(self) -> pa.Table:
        """The plan as `results` keeps it: trial ids, settings, and the position and label along each axis.

        With `halving` also the rung at which a trial stopped, and the trials of the rungs below.
        """
        table = plan_table(self.grid, self.points)
        if not (self.halved and self.standing):
            return table
        asked = [trial for _, trial in self.halved.asked]
        stopped = [self.standing.stopped.get(trial.id) for trial in asked]
        earlier = [self.halved.earlier(trial, self.standing.present[trial.id]) for trial in asked]
        table = table.append_column(STOPPED_AT_RUNG, pa.array(stopped, pa.int32()))
        return table.append_column(EARLIER_RUNGS, pa.array(earlier, pa.list_(pa.string())))


def _distinct(points: Sequence[tuple[Point, Trial]]) -> dict[str, Trial]:
    return {trial.id: trial for _, trial in points}


def _independent(batches: Sequence[Batch]) -> int:
    """How many of these batches do not have to wait for another of them."""
    if not any(batch.after for batch in batches):
        return len(batches)
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
    kept: Mapping[str, KeptState] = NOTHING_KEPT,
    values: Mapping[str, float] = NO_VALUES,
) -> Plan:
    """Name every trial, leave out what is `recorded` (trial id → done or failed), and pack the rest into batches.
    Trials go on from `kept` states of shorter ones, where there are any. `values`: of the metric of `halving`.

    Raises GridError for impossible points, UsageError for too many, and whatever finding pictures and weights raises.
    """
    most = grid.most_points()
    if most > MOST_TRIALS and not however_many:
        raise UsageError(f"this grid asks for {most:,} trials, more than {MOST_TRIALS:,}; give --yes if that is meant")
    points = make_trials(grid, inputs)
    if not points:
        raise UsageError("this grid has no trial: `exclude` removes every point")
    halved = Halved(grid.halving, grid, points) if grid.halving else None
    empty = Plan(grid, points, {}, [], inputs, selection, packing, halved=halved)
    return empty.updated(recorded, kept, values)


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
