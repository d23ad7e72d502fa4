"""Merges the shards of a sweep, so that its table is read fast and its folder has few files.

A merged shard is there before those that it replaces go, so that a reader never sees fewer rows. It names the shards
that it replaces: from the moment it is there their rows do not count, and the next merge removes those that a killed
one left.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from results.run.rows import REPLACES, merged_rows, read_shards, replaced, write_shard
from results.run.storage import MERGED, Run

WORTH_MERGING = 8
"""Shards; fewer are read in a moment, from an object store as well. A running sweep merges as many at a time, until a
shard is large (`commits.LARGE`): beside the large ones it leaves one fewer than this in each of a few tiers.
"""


def count_shards(run: Run) -> int:
    """How many shards a run has."""
    return len(run.names("trials/*.parquet"))


def compact(run: Run, at_least: int = 2) -> int:
    """Merge all shards into one, and return how many there were; 0 if there are fewer than `at_least`.

    Shards that are committed meanwhile are left alone. Raises RunError.
    """
    shards = run.read_all("trials/*.parquet")
    left_over = replaced(run, shards)
    if len(shards) - len(left_over) < at_least:
        run.remove(left_over)
        return 0
    merge(run, shards)
    return len(shards)


def shards_with(run: Run, trials: pa.Array) -> dict[str, bytes]:
    """The shards that have rows of any of these trials, by path. Raises RunError."""
    shards = run.read_all("trials/*.parquet")
    found = {path: table["trial_id"] for path, table in read_shards(run, shards, ["trial_id"]).items()}
    return {path: shards[path] for path, ids in found.items() if pc.any(pc.is_in(ids, value_set=trials)).as_py()}


def merge(run: Run, shards: Mapping[str, bytes], without: pa.Array | None = None) -> str | None:
    """Put one shard in the place of these, given as paths and contents, without the rows of some trials.

    Returns its path, or None where no row is left. Raises RunError.
    """
    rows = merged_rows(run, shards)
    if without is not None:
        rows = rows.filter(pc.invert(pc.is_in(rows["trial_id"], value_set=without)))
    path = None
    if len(rows):
        named = rows.replace_schema_metadata({REPLACES: json.dumps(sorted(shards))})
        path = write_shard(run, f"{MERGED}-{uuid.uuid4().hex[:16]}", named)
    run.remove([shard for shard in shards if shard != path])
    return path
