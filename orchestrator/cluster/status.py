"""The progress of a sweep, as the engine counts it and displays show it. Knows nothing of Ray."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Status:
    """The progress of a sweep. `work` counts floating-point operations, because trials need very different numbers of
    them.
    """

    total: int
    total_work: float
    done: int = 0
    failed: int = 0
    work: float = 0.0
    running: int = 0  # batches that workers are running
    started: float = field(default_factory=time.monotonic)

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.started

    @property
    def seconds_left(self) -> float | None:
        """Extrapolated from the work done so far; None while there is none."""
        return self.elapsed * (self.total_work - self.work) / self.work if self.work else None


Listener = Callable[[Status, str | None], None]
"""Called a few times a second with the progress, and with a line of text if something happened."""
