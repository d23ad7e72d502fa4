"""Where a sweep gets its batches from: from a plan that is complete before it starts, or bit by bit from the rows of
the trials that ended first.

Here are the interface and its simplest kind. `cluster/engine.py` is the only one that asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from orchestrator.plan.batches import Batch
from orchestrator.plan.plan import Plan


@dataclass(frozen=True)
class ToCome:
    """What a source will probably still give: so many trials, with so many floating-point operations in all.

    waiting_for: what people have to do before it gives more, although nothing is running; empty if it does not wait.
    """

    trials: int = 0
    operations: float = 0.0
    waiting_for: str = ""


class Source(Protocol):
    """Gives the batches of a sweep. It is asked before the first batch runs, and then whenever rows were committed.

    What it gives must follow from the grid and from committed rows alone. Then a sweep that was killed continues as if
    nothing had happened: the next one makes a new source from the rows that are there.
    """

    @property
    def plan(self) -> Plan:
        """The trials that are known now. Their states include all rows that `tell` was given."""

    def ask(self) -> Sequence[Batch]:
        """Batches that it has not given before, to run in addition to those that run already.

        If it gives none while nothing is running, the sweep is over, unless `to_come` says that it waits for people.
        It is then asked again and again.
        """

    def tell(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Take note of rows that were committed just now: whole rows of trials that are done or failed."""

    def to_come(self) -> ToCome:
        """What it will probably give later, beyond everything that it has given. For the display of progress."""


class FixedPlan:
    """The source of an ordinary grid: all batches of its plan, at once."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._given = False
        self._ended: dict[str, str] = {}

    @property
    def plan(self) -> Plan:
        """See `Source.plan`."""
        return replace(self._plan, states=self._plan.states | self._ended)

    def ask(self) -> Sequence[Batch]:
        """See `Source.ask`."""
        batches, self._given = () if self._given else self._plan.batches, True
        return batches

    def tell(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """See `Source.tell`."""
        self._ended |= {row["trial_id"]: row["status"] for row in rows}

    def to_come(self) -> ToCome:
        """See `Source.to_come`."""
        return ToCome()
