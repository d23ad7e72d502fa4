"""Merging the shards of a long sweep into one, so that its table is read at once."""

from __future__ import annotations

import uuid

from results.run.folder import MERGED, Run
from results.run.rows import merged_rows, to_parquet

WORTH_MERGING = 256
"""Shards; fewer are read in a moment."""


def count_shards(run: Run) -> int:
    """How many shards a run has."""
    return len(run.names("trials/*.parquet"))


def compact(run: Run, at_least: int = 2) -> int:
    """Merge all shards that are there into one, and say how many there were; 0 where there are fewer than `at_least`.

    The merged shard is there before the others go, and a row that is found twice counts once: a reader never sees
    fewer rows. Shards that are committed meanwhile are left alone. Raises RunError.
    """
    shards = run.read_all("trials/*.parquet")
    if len(shards) < at_least:
        return 0
    run.write(Run.shard_path(MERGED, uuid.uuid4().hex[:16]), to_parquet(merged_rows(run, shards)))
    run.remove(list(shards))
    return len(shards)
