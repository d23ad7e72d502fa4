"""Commits rows while a sweep runs, in a thread of its own, and keeps the number of shards small.

Rows that come while a shard is being written go together into the next one: on a slow store a shard has the rows of
many batches, and on a fast one the rows of each batch are committed at once. Shards are merged as they become many, and
merged shards as those become many. Each row is therefore written a few times, and a reader finds few files at any
moment. How shards are merged is in `compact.py`.
"""

from __future__ import annotations

import queue
import threading
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

import pyarrow as pa

from results.run import compact
from results.run.rows import rows_table, write_shard
from results.run.storage import Run

Batch = TypeVar("Batch")

LARGE = 2_500
"""Rows of a shard that a running sweep leaves alone. Merging larger ones would take memory, and time in which new rows
wait; the end of the sweep merges everything.
"""


class Commits(Generic[Batch]):
    """A queue of rows that are to be written into a run. `Batch` is any object by which the caller knows its rows."""

    def __init__(self, run: Run, settings: pa.Schema) -> None:
        self._run, self._settings = run, settings
        self._to_write: queue.SimpleQueue[tuple[Batch, Sequence[Mapping[str, Any]]] | None] = queue.SimpleQueue()
        self._written: queue.SimpleQueue[Batch] = queue.SimpleQueue()
        self._waiting = 0  # added, and not yet returned by `committed`
        self._tiers: list[dict[str, int]] = []  # shards with their rows, by how often these were merged
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._work, name="commits", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> bool:
        """Whether there are batches that `committed` has not returned yet."""
        return self._waiting > 0

    def add(self, batch: Batch, rows: Sequence[Mapping[str, Any]]) -> None:
        """Commit these rows soon. Returns at once."""
        self._waiting += 1
        self._to_write.put((batch, rows))

    def committed(self) -> list[Batch]:
        """The batches whose rows are in place and that were not returned before, in the order they were added.

        Raises RunError where rows could not be written; those that were written before are returned first.
        """
        found = []
        while not self._written.empty():
            found.append(self._written.get())
        self._waiting -= len(found)
        if not found and self._error:
            raise self._error
        return found

    def close(self, seconds: float | None = None) -> None:
        """Wait until everything is committed or an error has ended that, but no longer than `seconds`."""
        self._to_write.put(None)
        self._thread.join(seconds)

    def _work(self) -> None:
        try:
            while group := self._next_group():
                rows = [row for _, rows in group for row in rows]
                if rows:
                    path = write_shard(self._run, uuid.uuid4().hex, rows_table(self._settings, rows))
                for batch, _ in group:
                    self._written.put(batch)
                if rows:
                    self._keep(path, len(rows))
        except Exception as error:  # the caller is told by `committed`
            self._error = error

    def _next_group(self) -> list[tuple[Batch, Sequence[Mapping[str, Any]]]]:
        """Everything that waits to be written, at least one batch; empty if no more will come."""
        group = []
        first = self._to_write.get()
        while first is not None:
            group.append(first)
            if self._to_write.empty():
                return group
            first = self._to_write.get()
        self._to_write.put(None)  # for the next call
        return group

    def _keep(self, path: str, rows: int, tier: int = 0) -> None:
        """Remember a shard that is not large, and merge those of its tier when they are many."""
        if rows > LARGE:
            return
        if tier == len(self._tiers):
            self._tiers.append({})
        shards = self._tiers[tier]
        shards[path] = rows
        if len(shards) >= compact.WORTH_MERGING:
            merged = compact.merge(self._run, self._run.read_those(list(shards)))
            self._tiers[tier] = {}
            if merged:
                self._keep(merged, sum(shards.values()), tier + 1)
