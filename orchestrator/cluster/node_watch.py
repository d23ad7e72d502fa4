"""Machines on which workers do not start: they are set aside for a while, ever longer, so that others do the work.

Knows nothing of Ray. Time is seconds of any clock that does not go back.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST_CRASHES = 3
"""So many workers may die one after the other while they start on a machine, until it is set aside."""

FIRST_PAUSE, LONGEST_PAUSE = 30.0, 600.0
"""Seconds for which a machine is set aside; each time twice as long."""


@dataclass
class _Record:
    """What is known of one machine."""

    name: str
    crashes: int = 0
    pauses: int = 0
    until: float = 0.0
    reason: str = ""


class NodeWatch:
    """Counts how workers start on each machine."""

    def __init__(self) -> None:
        self._records: dict[str, _Record] = {}

    def failed(self, node: str, name: str, reason: str, now: float, *, certain: bool) -> str | None:
        """A worker did not start on a machine. `certain`: another one would not either, as it raised an error itself.

        Returns a line for people where the machine is set aside because of it.
        """
        record = self._records.setdefault(node, _Record(name))
        record.reason = reason
        record.crashes += 1
        if now < record.until or not (certain or record.crashes >= MOST_CRASHES):
            return None
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2**record.pauses)
        record.pauses, record.crashes, record.until = record.pauses + 1, 0, now + pause
        return f"{name} is set aside for {pause:g} s, because no worker starts there: {reason}"

    def started(self, node: str) -> None:
        """A worker has started on a machine, so that nothing is wrong with it any more."""
        self._records.pop(node, None)

    def set_aside(self, now: float) -> set[str]:
        """The machines that are to be left alone now."""
        return {node for node, record in self._records.items() if now < record.until}

    def reasons(self, now: float) -> str:
        """Why each of these is set aside, for people."""
        return "; ".join(f"{one.name}: {one.reason}" for one in self._records.values() if now < one.until)
