"""The source of batches of a grid with `halving`: the batches of a rung, and when all of its trials have ended, those
of the next one.

Which trials go on is decided in `halving`; the batches are packed in `plan`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from orchestrator.plan.batches import Batch
from orchestrator.plan.plan import Plan
from orchestrator.plan.source import ToCome
from orchestrator.plan.trial import KeptState


class HalvingSource:
    """See `Source`. `changed` is called with the plan when trials go on to the next rung."""

    def __init__(self, plan: Plan, changed: Callable[[Plan], object]) -> None:
        assert plan.halved
        self._by = plan.halved.halving.by
        self._changed = changed
        # A failed trial is run again once, and not whenever it is looked at.
        retried = plan.selection.retry_failed
        self._recorded = {id: state for id, state in plan.recorded.items() if not (retried and state == "failed")}
        self._kept, self._values = dict(plan.kept), dict(plan.values)
        self._plan = replace(plan, selection=replace(plan.selection, retry_failed=False))
        self._is_old = False  # whether rows came after the plan was made
        self._given: list[Batch] = []
        self._running: set[str] = set()

    @property
    def plan(self) -> Plan:
        """See `Source.plan`."""
        if self._is_old:
            self._plan = self._plan.updated(self._recorded, self._kept, self._values)
            self._is_old = False
        return self._plan

    def ask(self) -> Sequence[Batch]:
        """See `Source.ask`."""
        if self._running:
            return ()
        plan = self.plan
        if self._given and plan.batches:
            self._changed(plan)
        self._given = plan.batches
        self._running = {trial.id for batch in plan.batches for trial in batch.trials}
        return plan.batches

    def tell(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """See `Source.tell`."""
        for row in rows:
            id = row["trial_id"]
            self._recorded[id] = row["status"]
            self._running.discard(id)
            if row.get(self._by) is not None:
                self._values[id] = row[self._by]
            if row.get("state_sha256"):
                self._kept[id] = KeptState(id, row["iterations"], row["state_sha256"], row["frames_every"])
        self._is_old = True

    def to_come(self) -> ToCome:
        """See `Source.to_come`."""
        later = self._plan.expected[len(self._plan.batches) :]
        return ToCome(sum(len(batch.trials) for batch in later), sum(batch.operations for batch in later))
