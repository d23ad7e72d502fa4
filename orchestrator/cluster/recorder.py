"""Commits the rows of finished batches to the run, counts them, and says which trials failed."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.cluster.status import Listener, Status
from orchestrator.errors import EngineError
from orchestrator.plan.batches import Batch
from orchestrator.plan.settings_columns import SETTINGS_SCHEMA
from results import Run, RunError
from results.run.rows import commit


class Recorder:
    """The only one that writes rows: a trial is done when its row is committed here."""

    def __init__(self, run: Run, status: Status, listener: Listener) -> None:
        self._run, self._status, self._listener = run, status, listener

    def record(self, batch: Batch, rows: Sequence[Mapping[str, Any]]) -> None:
        """Commit the rows of a batch. Raises EngineError where they cannot be written."""
        now = datetime.datetime.now(datetime.UTC)
        attempt = f"{now:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
        try:
            commit(self._run, SETTINGS_SCHEMA, batch.name, attempt, [{**row, "committed_at": now} for row in rows])
        except RunError as error:
            raise cannot_store(error) from error
        failures = [row for row in rows if row["status"] == "failed"]
        self._status.failed += len(failures)
        self._status.done += len(rows) - len(failures)
        for row in failures:
            self._listener(self._status, f"trial {row['trial_id']} failed: {row['error']}")
        width = max((row.get("batch_width") or 0 for row in rows), default=0)
        if 0 < width < batch.width:
            self._listener(self._status, f"a batch of {batch.width} had to run in parts of {width} or fewer")


def cannot_store(error: Exception) -> EngineError:
    """The end of a sweep whose storage fails, here or in a worker."""
    return EngineError(f"{error}. What is committed stays; run again to go on")
