"""Which trials of a run have a row already."""

from __future__ import annotations

from results import Run
from results.run.rows import merged_rows


def recorded_states(run: Run) -> tuple[dict[str, str], frozenset[str]]:
    """The states of the trials that have a row, by id, and the paths of the shards with these rows. `run.json` may be
    missing.
    """
    shards = run.read_all("trials/*.parquet")
    rows = merged_rows(run, shards, columns=["trial_id", "status"])
    return dict(zip(rows["trial_id"].to_pylist(), rows["status"].to_pylist(), strict=True)), frozenset(shards)
