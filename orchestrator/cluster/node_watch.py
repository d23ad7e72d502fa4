"""Sets machines aside on which workers do not start, for longer and longer times, so that other machines do the work.

Knows nothing of Ray. Times are seconds of any monotonic clock.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST_CRASHES = 3
"""A machine is set aside when this many workers in a row have died while they started there."""

FIRST_PAUSE, LONGEST_PAUSE = 30.0, 600.0
"""For how many seconds a machine is set aside: at first, doubled each time, and at most."""


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
        """Note that a worker did not start on a machine. `certain`: another one would not start either, because the
        worker raised an error of its own.

        Returns a line for people if the machine is set aside because of it.
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
        """Note that a worker has started on a machine: its earlier failures no longer count."""
        self._records.pop(node, None)

    def set_aside(self, now: float) -> set[str]:
        """The machines that are set aside at this time."""
        return {node for node, record in self._records.items() if now < record.until}

    def reasons(self, now: float) -> str:
        """Why each of these machines is set aside, for people."""
        return "; ".join(f"{one.name}: {one.reason}" for one in self._records.values() if now < one.until)
