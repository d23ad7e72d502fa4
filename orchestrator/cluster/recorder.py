"""Commits the rows of finished batches to the run, counts them, and says which trials failed."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.cluster.status import Listener, Status
from orchestrator.errors import EngineError
from orchestrator.plan.batches import Batch
from orchestrator.plan.settings_columns import SETTINGS_SCHEMA
from results import Run, RunError
from results.run.commits import Commits

Rows = Sequence[Mapping[str, Any]]


class Recorder:
    """Writes rows; nothing else does. A trial is done when its row is committed here."""

    def __init__(self, run: Run, status: Status, listener: Listener) -> None:
        self._status, self._listener = status, listener
        self._commits: Commits[tuple[Batch, Rows]] = Commits(run, SETTINGS_SCHEMA)

    @property
    def waiting(self) -> bool:
        """Whether rows were given to `record` that `committed` has not returned yet."""
        return self._commits.waiting

    def record(self, batch: Batch, rows: Rows) -> None:
        """Start to commit the rows of a batch, in a thread because storage may be slow."""
        now = datetime.datetime.now(datetime.UTC)
        self._commits.add((batch, rows), [{**row, "committed_at": now} for row in rows])

    def committed(self) -> list[Rows]:
        """The rows that were committed since the last call. They are now counted in the status.

        Raises EngineError if rows cannot be written.
        """
        try:
            found = self._commits.committed()
        except RunError as error:
            raise cannot_store(error) from error
        for batch, rows in found:
            self._count(batch, rows)
        return [rows for _, rows in found]

    def close(self, seconds: float | None = None) -> None:
        """Wait until everything that `record` was given is committed, but no longer than `seconds`."""
        self._commits.close(seconds)

    def _count(self, batch: Batch, rows: Rows) -> None:
        failures = [row for row in rows if row["status"] == "failed"]
        self._status.failed += len(failures)
        self._status.done += len(rows) - len(failures)
        for row in failures:
            self._listener(self._status, f"trial {row['trial_id']} failed: {row['error']}")
        width = max((row.get("batch_width") or 0 for row in rows), default=0)
        if 0 < width < batch.width and not batch.paints:
            self._listener(self._status, f"a batch of {batch.width} had to run in parts of {width} or fewer")


def cannot_store(error: Exception) -> EngineError:
    """The error that ends a sweep whose storage fails, here or in a worker."""
    return EngineError(f"{error}. Committed rows are kept; run the same command again to go on")
