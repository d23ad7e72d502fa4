"""How far a sweep is: what the engine counts, and what displays are told. Knows nothing of Ray."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Status:
    """How far the sweep is. `work` counts floating-point operations, of which trials have very different numbers."""

    total: int
    total_work: float
    done: int = 0
    failed: int = 0
    work: float = 0.0
    running: int = 0  # batches that a worker is at
    started: float = field(default_factory=time.monotonic)

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.started

    @property
    def seconds_left(self) -> float | None:
        """Extrapolated from the work done so far; None before there is any."""
        return self.elapsed * (self.total_work - self.work) / self.work if self.work else None


Listener = Callable[[Status, str | None], None]
"""Is told how far the sweep is, a few times a second, and in a line of text what happened, if anything did."""
