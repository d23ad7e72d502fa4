"""The batches of a sweep that no worker has: those that may run, and those that wait for the trials they follow.

Knows nothing of Ray, of workers, or of how rows are stored.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Sequence

from orchestrator.cluster.batch_order import in_order
from orchestrator.cluster.retry import LossKind
from orchestrator.plan.batches import Batch
from orchestrator.plan.device_batches import DeviceBatches


class BatchQueue:
    """Gives batches in the order in which they should be started. Its length is the number that may run now."""

    def __init__(
        self, batches: Sequence[Batch], failed_before: Collection[str] = (), devices: DeviceBatches | None = None
    ) -> None:
        """`failed_before` are trials that failed and are not run again: what follows one of them cannot run.

        With `devices`, lanes are kept there, and batches are cut for each worker.
        """
        self._devices = devices
        self._open = {trial.id for batch in batches for trial in batch.trials}
        self._failed = set(failed_before)
        self._waiting = list(batches)
        self._ready: deque[Batch] = deque()
        self._losses: dict[str, list[LossKind]] = {}

    def __len__(self) -> int:
        return len(self._ready) + (len(self._devices) if self._devices is not None else 0)

    @property
    def operations(self) -> float:
        """Floating-point operations of all that is here."""
        cut_later = self._devices.operations if self._devices is not None else 0.0
        return cut_later + sum(batch.operations for batch in [*self._ready, *self._waiting])

    def sort(self, workers: int) -> None:
        """Order what may run so that this many workers end soonest."""
        self._ready = deque(in_order(list(self._ready), workers))

    def is_next_suspected(self) -> bool:
        """Whether the batch that `take` would give may have cost a worker."""
        return bool(self._ready) and self.is_suspected(self._ready[0])

    def take(self, memory: float | None = None, workers: int = 1) -> Batch:
        """Remove the next batch, for one of so many workers, whose device has so many bytes of memory."""
        if self._ready or self._devices is None:
            return self._ready.popleft()
        return self._devices.cut(memory, workers)

    def put_back(self, batches: Iterable[Batch], *, suspected: bool = False) -> None:
        """Batches that no worker has any more, to be started next. `suspected`: they may have cost a worker."""
        batches = list(batches)
        if suspected:
            self._losses |= {batch.name: self._losses.get(batch.name, []) for batch in batches}
        self._ready.extendleft(reversed(batches))

    def is_suspected(self, batch: Batch) -> bool:
        """Whether a batch, or the one it was a part of, was running on a worker that was lost."""
        return batch.name in self._losses

    def losses(self, batch: Batch) -> list[LossKind]:
        """How this batch lost workers so far; the list is the queue's own, to be added to."""
        return self._losses.setdefault(batch.name, [])

    def settle(self, recorded: Iterable[str], failed: Iterable[str]) -> None:
        """Trials that have their rows now, so that what follows them need not wait; some of them failed."""
        self._open.difference_update(recorded)
        self._failed.update(failed)

    def release(self) -> list[Batch]:
        """Let batches run whose trials need not wait any longer. Returns, and leaves out, trials that never can run:
        those that follow a failed one, each batch's together.
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
