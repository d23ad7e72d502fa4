"""The batches of a sweep that no worker has: those that may run, and those that wait for trials they depend on.

Knows nothing of Ray, of workers, or of how rows are stored. What happens after a loss is decided in `retry.py`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable

from orchestrator.cluster.batch_order import in_order
from orchestrator.cluster.retry import LossKind
from orchestrator.plan.batches import Batch
from orchestrator.plan.device_batches import DeviceBatches


class BatchQueue:
    """Gives batches in the order in which they should be started. Its length is the number that may run now."""

    def __init__(
        self, batches: Iterable[Batch], failed_before: Collection[str] = (), devices: DeviceBatches | None = None
    ) -> None:
        """`failed_before`: trials that failed and are not run again. Trials that depend on them cannot run.

        With `devices`, lanes are kept there, and each batch is cut when a worker asks for one.
        """
        self._devices = devices
        self._open: set[str] = set()  # trials without a row
        self._failed = set(failed_before)
        self._waiting: list[Batch] = []
        self._ready: deque[Batch] = deque()
        self._losses: dict[str, list[LossKind]] = {}
        self.add(batches)

    def __len__(self) -> int:
        return len(self._ready) + (len(self._devices) if self._devices is not None else 0)

    @property
    def operations(self) -> float:
        """Floating-point operations of all batches in the queue."""
        cut_later = self._devices.operations if self._devices is not None else 0.0
        return cut_later + sum(batch.operations for batch in [*self._ready, *self._waiting])

    def add(self, batches: Iterable[Batch]) -> None:
        """Take more batches. They run when `release` finds that they need not wait."""
        for batch in batches:
            self._open.update(trial.id for trial in batch.trials)
            self._waiting.append(batch)

    def sort(self, workers: int) -> None:
        """Order the batches that may run so that this many workers finish them soonest."""
        self._ready = deque(in_order(list(self._ready), workers))

    def is_next_suspected(self) -> bool:
        """Whether the batch that `take` would return is suspected."""
        return bool(self._ready) and self.is_suspected(self._ready[0])

    def take(self, memory: float | None = None, workers: int = 1) -> Batch:
        """Remove and return the next batch, for a worker with `memory` bytes on its device; there are `workers`."""
        if self._ready or self._devices is None:
            return self._ready.popleft()
        return self._devices.cut(memory, workers)

    def put_back(self, batches: Iterable[Batch], *, suspected: bool = False) -> None:
        """Return batches to the head of the queue. `suspected`: a worker was lost while running them, perhaps because
        of them.
        """
        batches = list(batches)
        if suspected:
            self._losses |= {batch.name: self._losses.get(batch.name, []) for batch in batches}
        self._ready.extendleft(reversed(batches))

    def is_suspected(self, batch: Batch) -> bool:
        """Whether a worker was lost while running this batch, or the batch that it was part of."""
        return batch.name in self._losses

    def losses(self, batch: Batch) -> list[LossKind]:
        """How this batch lost workers so far. Callers add to the returned list, which the queue keeps."""
        return self._losses.setdefault(batch.name, [])

    def settle(self, recorded: Iterable[str], failed: Iterable[str]) -> None:
        """Note trials whose rows are written (`failed` are among them), so that batches need not wait for them."""
        self._open.difference_update(recorded)
        self._failed.update(failed)

    def release(self) -> list[Batch]:
        """Let batches run that no longer have to wait. Trials that depend on a failed one can never run: they are left
        out, and returned as one batch for each batch that they were in.
        """
        orphans: list[Batch] = []
        released = [batch for batch in self._waiting if batch.after.isdisjoint(self._open)]
        self._waiting = [batch for batch in self._waiting if not batch.after.isdisjoint(self._open)]
        for batch in released:
            lost = {trial.id for trial in batch.trials if trial.after in self._failed}
            if lost:
                orphans.append(batch.only(lost))
            sound = batch.only({trial.id for trial in batch.trials} - lost) if lost else batch
            if sound.trials and self._devices is not None:
                self._devices.add(sound)
            elif sound.trials:
                self._ready.append(sound)
        return orphans
