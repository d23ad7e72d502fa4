"""The source of a search's batches: it proposes points in blocks, from the rows of blocks that have ended.

Block k is proposed as soon as blocks 0 to k − 2 have ended; block k − 1 may still run, so that workers are never idle.
Which points there are therefore follows from rows alone, and not from which worker was quicker.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orchestrator.errors import GridError, UsageError
from orchestrator.grid.grid import Grid, Point
from orchestrator.grid.search import PREFERENCE
from orchestrator.plan.batches import Batch, Packing, pack
from orchestrator.plan.inputs import Inputs
from orchestrator.plan.plan import Plan, Selection
from orchestrator.plan.source import ToCome
from orchestrator.plan.trial import Trial
from orchestrator.plan.trials import make_trials
from orchestrator.search.recorded import recorded_points
from orchestrator.search.study import Tried, Values, propose
from results import Run
from results.run.rows import read_rows

if TYPE_CHECKING:
    from orchestrator.search.preference import Votes


class SearchSource:
    """See the module; it is a `Source`.

    `publish` is called with the plan before batches are given that were not in it. With `retry_failed`, trials that
    failed earlier run again. Raises GridError for points that are impossible and for objectives without values, and
    UsageError where Optuna is not installed.
    """

    def __init__(
        self,
        grid: Grid,
        inputs: Inputs,
        run: Run,
        packing: Packing,
        *,
        retry_failed: bool = False,
        publish: Callable[[Plan], None] = lambda plan: None,
    ) -> None:
        assert grid.search is not None
        if grid.clips:
            raise UsageError("a search is of still pictures; the content of this grid is a clip")
        self._grid, self._search, self._inputs = grid, grid.search, inputs
        self._packing, self._selection = packing, Selection(retry_failed=retry_failed)
        self._publish, self._run = publish, run
        self._points: list[tuple[Values, Trial]] = []
        self._states: dict[str, str] = {}  # of trials that ended
        self._metrics: dict[str, tuple[float, ...]] = {}  # of trials that are done; NaN for preference
        self._votes = _votes(run) if self._search.by_votes else None
        self._given: set[str] = set()
        columns = [one.column for one in self._search.objectives if one.column != PREFERENCE]
        rows = read_rows(run, columns=columns).to_pylist()
        self.tell([row for row in rows if not (retry_failed and row["status"] == "failed")])
        self._points = recorded_points(run, grid, inputs)[: self._search.trials]
        self._grow()

    @property
    def plan(self) -> Plan:
        """The points that were proposed so far. Its batches are those that are left of all of them."""
        points: list[tuple[Point, Trial]] = [((number,), trial) for number, (_, trial) in enumerate(self._points)]
        states = {trial.id: self._states.get(trial.id, "to run") for _, trial in points}
        grid = self._grid.with_points([values for values, _ in self._points])
        return Plan(grid, points, states, self._batches(states), self._inputs, self._selection, self._packing)

    def ask(self) -> Sequence[Batch]:
        """See `Source.ask`."""
        if self._grow():
            self._publish(self.plan)
        fresh = [batch for batch in self.plan.batches if self._given.isdisjoint(trial.id for trial in batch.trials)]
        self._given.update(trial.id for batch in fresh for trial in batch.trials)
        return fresh

    def tell(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """See `Source.tell`."""
        for row in rows:
            self._states[row["trial_id"]] = row["status"]
            if row["status"] == "done":
                values = (row.get(one.column) for one in self._search.objectives)
                self._metrics[row["trial_id"]] = tuple(math.nan if value is None else value for value in values)

    def to_come(self) -> ToCome:
        """See `Source.to_come`."""
        count = self._search.trials - len(self._points)
        mean = sum(trial.operations for _, trial in self._points) / max(1, len(self._points))
        waits = count and self._votes and all(trial.id in self._states for _, trial in self._points)
        return ToCome(count, count * mean, f"votes: sweep judge {self._run.location}" if waits else "")

    def _grow(self) -> bool:
        """Propose what can be proposed now. Returns whether that was anything."""
        before = len(self._points)
        if self._votes:
            self._votes.read([trial.id for _, trial in self._points])
        while (count := self._proposable()) > 0:
            values = propose(self._search, self._tried(), count)
            trials = make_trials(self._grid.with_points(values), self._inputs)
            self._points += [(point, trial) for point, (_, trial) in zip(values, trials, strict=True)]
        return len(self._points) > before

    def _proposable(self) -> int:
        """How many points the next block may have now; 0 where it has to wait, or where there are all."""
        known, block = len(self._points), self._search.block
        needed = self._points[: self._settled()]
        if not all(self._has_ended(trial.id) for _, trial in needed):
            return 0
        self._check_objectives([trial for _, trial in needed])
        return min(block - known % block, self._search.trials - known)

    def _settled(self) -> int:
        """How many points must have ended before the next block is proposed: all but those that may run beside it."""
        blocks = len(self._points) // self._search.block - (self._search.blocks_at_once - 1)
        return max(0, blocks) * self._search.block

    def _tried(self) -> list[Tried]:
        """All points as the next block is told of them. Whatever has ended by chance of the last block is pending."""
        settled = self._settled()
        return [
            Tried(values, self._outcome(trial.id)) if number < settled else Tried(values, pending=True)
            for number, (values, trial) in enumerate(self._points)
        ]

    def _has_ended(self, id: str) -> bool:
        """Whether all is known of a trial that its objectives need."""
        return self._states.get(id) == "failed" or (id in self._metrics and (not self._votes or id in self._votes))

    def _outcome(self, id: str) -> tuple[float, ...] | None:
        """The objectives of a trial that has ended; None if it failed, or lacks one of them."""
        values = tuple(
            self._votes.strength(id) if self._votes and one.column == PREFERENCE else value
            for one, value in zip(self._search.objectives, self._metrics.get(id, ()), strict=False)
        )
        return values if values and all(map(math.isfinite, values)) else None

    def _check_objectives(self, trials: Sequence[Trial]) -> None:
        done = [trial.id for trial in trials if self._states[trial.id] == "done"]
        if done and all(self._outcome(id) is None for id in done):
            one = self._search.objectives[0]
            columns = " and ".join(each.column for each in self._search.objectives)
            message = (
                f"none of the first {len(done)} trials has a value of {columns}; docs/metrics.md says when a metric is "
                "empty"
            )
            raise GridError(message, one.where.path, one.where.position)

    def _batches(self, states: Mapping[str, str]) -> list[Batch]:
        """Batches of each block by itself: they do not depend on what is proposed later."""
        found: list[Batch] = []
        seen: set[str] = set()
        block = self._search.block
        for start in range(0, len(self._points), block):
            trials = {trial.id: trial for _, trial in self._points[start : start + block] if trial.id not in seen}
            seen.update(trials)
            found += pack(list(trials.values()), states, self._packing)
        return found


def _votes(run: Run) -> Votes:
    from orchestrator.search.preference import Votes  # imports pandas, which plans of other grids do not need

    return Votes(run)
