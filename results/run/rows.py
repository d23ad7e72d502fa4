"""Rows of trials: their columns, how a shard of them is committed, and which of several rows counts."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from results.errors import RunError
from results.run.storage import MERGED, PLAN, SHARD_CHECKSUM, Run
from stylize import registry

_LOSS = pa.float64()
_BY_LAYER = pa.map_(pa.string(), _LOSS)


def outcome_schema() -> pa.Schema:
    """The columns of a trial's row in addition to its settings; those of losses and metrics come from
    `stylize.registry`.

    A shard that was written before one of them existed is read without it, and its rows have none there.
    """
    metrics = {float: pa.float64(), str: pa.string()}
    return pa.schema(
        [
            ("trial_id", pa.string()),
            ("status", pa.string()),  # done or failed
            ("error", pa.string()),
            *((name, _LOSS) for name in registry.loss_columns()),
            *((name, metrics[kind]) for name, kind in registry.metric_columns().items()),
            *((name, pa.float64()) for name in registry.PAINTING_COLUMNS),
            ("painting_note", pa.string()),  # what to know of a sketch or of a training
            *((name, _LOSS) for name in registry.TRAINING_LOSSES),  # means over the last 100 steps
            ("training_seconds", pa.float64()),  # shared by all trials that use the generator
            ("generator_sha256", pa.string()),
            *((name, _BY_LAYER) for name in registry.by_layer_columns()),
            ("history_step", pa.list_(pa.int32())),
            *((f"history_{name}", pa.list_(_LOSS)) for name in [*registry.curves(), *registry.TRAINING_LOSSES]),
            ("seconds", pa.float64()),  # the trial's share of its batch's time
            ("iterations_per_second", pa.float64()),
            ("steps", pa.int32()),  # fewer than iterations where a plateau ended the trial
            ("arithmetic", pa.string()),  # of the convolutions: fp32, tf32 or bf16
            ("batch_width", pa.int32()),
            ("tiles", pa.string()),  # in which an image too large for the memory was seen; "whole": in none
            ("threads", pa.int32()),  # of the CPU that the worker computed with
            ("device", pa.string()),
            ("worker", pa.string()),
            ("width", pa.int32()),
            ("height", pa.int32()),
            ("content_sha256", pa.string()),
            ("style_sha256", pa.string()),
            ("weights_sha256", pa.string()),
            ("stand_ins", pa.string()),
            ("image_path", pa.string()),
            ("pixels_sha256", pa.string()),
            ("print_path", pa.string()),  # the file that `print_file` asked for
            ("print_sha256", pa.string()),  # of its contents
            ("kept_steps", pa.list_(pa.int32())),  # the steps of its snapshots
            ("kept_pixels_sha256", pa.list_(pa.string())),  # one for each snapshot
            ("kept_by", pa.string()),  # the trial whose id names them: trials of one optimisation share snapshots
            ("state_sha256", pa.string()),  # of the file with the state in which it stopped, where one is kept
            ("continued_from", pa.string()),  # the trial from whose state it went on
            ("continued_at", pa.int32()),  # the steps that were done then
            ("continued_under", pa.string()),  # circumstances of those steps that were others; empty: none
            ("versions", pa.string()),
            ("committed_at", pa.timestamp("us", tz="UTC")),
        ]
    )


STOPPED_AT_RUNG, EARLIER_RUNGS = "stopped_at_rung", "earlier_rungs"
"""Columns of the plan of a grid with `halving`: the number of steps at which a trial was stopped because others were
better, and the ids of the trials of lower rungs, on whose rows that depends.
"""

CIRCUMSTANCES = ("device", "versions", "arithmetic", "batch_width", "threads", "tiles")
"""Columns that do not follow from settings and can change the last bits of pixels. If they are equal, so are the
pixels.
"""

REPLACES = b"replaces"
"""Where the metadata of a merged shard have the paths of those that it replaces, as a JSON list."""

_NEEDED = ("trial_id", "status", "committed_at")

_CHECKSUM = re.compile(rf"\.([0-9a-f]{{{SHARD_CHECKSUM}}})\.parquet$")


def commit(run: Run, settings: pa.Schema, batch: str, attempt: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the rows of one attempt at a batch as a shard of their own: from then on these trials are done.

    A running sweep commits through `commits.py`.
    """
    write_shard(run, f"{batch}-{attempt}", rows_table(settings, rows))


def rows_table(settings: pa.Schema, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows as a table with the columns of these settings and of outcomes; what a row lacks is null."""
    return pa.Table.from_pylist([dict(row) for row in rows], schema=pa.unify_schemas([settings, outcome_schema()]))


def write_shard(run: Run, name: str, rows: pa.Table) -> str:
    """Write rows as a shard, whose path, which is returned, has the checksum of its contents. Raises RunError."""
    content = to_parquet(rows)
    path = Run.shard_path(name, hashlib.sha256(content).hexdigest())
    run.write(path, content)
    return path


def to_parquet(table: pa.Table) -> bytes:
    """A table as the bytes of a Parquet file, whose pages have checksums that any reader can compare."""
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", write_page_checksum=True)
    return buffer.getvalue()


def from_parquet(content: bytes, columns: Sequence[str] | None = None) -> pa.Table:
    """The table in a Parquet file. Raises ValueError, with a reason in one line, for a file that is damaged."""
    try:
        return pq.ParquetFile(io.BytesIO(content), page_checksum_verification=True).read(columns=columns)
    except Exception as error:  # a damaged file makes Arrow raise nearly anything, UnicodeDecodeError among it
        lines = str(error).strip().splitlines()
        raise ValueError(lines[0][:200] if lines else type(error).__name__) from error


def read_rows(run: Run, columns: Sequence[str] | None = None) -> pa.Table:
    """One row per trial: its latest success, or its latest failure if it never succeeded. Empty for a new run.

    Raises RunError for a shard that cannot be read.
    """
    return merged_rows(run, run.read_all("trials/*.parquet"), columns)


def merged_rows(run: Run, shards: Mapping[str, bytes], columns: Sequence[str] | None = None) -> pa.Table:
    """The rows that count among those of these shards, given as paths and contents.

    Raises RunError for a damaged one.
    """
    wanted = None if columns is None else list(dict.fromkeys([*columns, *_NEEDED]))
    read = read_shards(run, shards, columns)
    gone = _replaced(read)
    tables = [table.replace_schema_metadata() for path, table in read.items() if path not in gone]
    if not tables:
        return _columns_of(wanted)
    rows = pa.concat_tables([*tables, _columns_of(wanted)], promote_options="permissive")
    # Which rows count is found in few columns: sorting all of them would need several times their memory.
    keys = rows.select(["trial_id", "committed_at"])
    keys = keys.append_column("done", pc.equal(rows["status"], "done"))
    keys = keys.append_column("row", pa.array(range(len(rows)), pa.int64()))
    keys = keys.sort_by([("done", "ascending"), ("committed_at", "ascending"), ("row", "ascending")])
    last = keys.select(["trial_id"]).append_column("at", pa.array(range(len(rows)), pa.int64()))
    last = last.group_by("trial_id").aggregate([("at", "max")])["at_max"]
    if len(last) == len(rows):
        return rows
    return rows.take(keys["row"].take(last).sort())


def replaced(run: Run, shards: Mapping[str, bytes]) -> list[str]:
    """Those of these shards that were merged into others of them. Raises RunError for a damaged one."""
    return sorted(_replaced(read_shards(run, shards, _NEEDED)) & shards.keys())


def read_shards(run: Run, shards: Mapping[str, bytes], columns: Sequence[str] | None = None) -> dict[str, pa.Table]:
    """These shards as tables, by path. Raises RunError, with a remedy, for a damaged one."""
    tables = {}
    for path, content in shards.items():
        try:
            tables[path] = read_shard(path, content, columns)
        except ValueError as error:
            remedy = f"`sweep verify {run.location} --repair` sets it aside and computes its trials again"
            raise RunError(f"{path} in {run.location} is damaged ({error}); {remedy}") from error
    return tables


def _replaced(tables: Mapping[str, pa.Table]) -> set[str]:
    """The paths of shards that merged ones among these say they replace."""
    names: set[str] = set()
    for path, table in tables.items():
        if path.rpartition("/")[2].startswith(f"{MERGED}-") and table.schema.metadata:
            with contextlib.suppress(ValueError, TypeError, RecursionError):  # whoever wrote that, it replaces nothing
                names.update(json.loads(table.schema.metadata.get(REPLACES, b"[]")))
    return names


def read_shard(path: str, content: bytes, columns: Sequence[str] | None = None) -> pa.Table:
    """One shard, without columns that were not there yet when it was written; columns that are always needed come too.

    Raises ValueError for a damaged one.
    """
    # The pages' checksums leave out what a file says of its columns: their names, types and units.
    checksum = _CHECKSUM.search(path)
    if checksum and hashlib.sha256(content).hexdigest()[:SHARD_CHECKSUM] != checksum[1]:
        raise ValueError("its contents are not those that were written")
    table = from_parquet(content, None if columns is None else list(dict.fromkeys([*columns, *_NEEDED])))
    for name in _NEEDED:
        if name not in table.column_names:
            raise ValueError(f"it has no column {name}")
    return table


def _columns_of(wanted: Sequence[str] | None) -> pa.Table:
    """No rows, but the columns of outcomes: older shards may all be without some."""
    empty = outcome_schema().empty_table()
    return empty if wanted is None else empty.select([name for name in wanted if name in empty.column_names])


def write_plan(run: Run, plan: pa.Table) -> bytes:
    """Replace the list of the grid's trials, and return the file's contents."""
    content = to_parquet(plan)
    run.write(PLAN, content)
    return content


def read_plan(run: Run) -> pa.Table:
    """The grid's trials in their order: `trial_id`, settings, and a `<axis>_label` for each axis with labels."""
    run.metadata()  # a better message if this is not a run
    return parse_plan(run, run.read(PLAN))


def parse_plan(run: Run, content: bytes) -> pa.Table:
    """The plan in the contents of its file. Raises RunError for a damaged one."""
    try:
        plan = from_parquet(content)
        if "trial_id" not in plan.column_names:
            raise ValueError("it has no column trial_id")
    except ValueError as error:
        remedy = "run the grid again, which writes the plan anew and computes nothing twice"
        raise RunError(f"{PLAN} in {run.location} is damaged ({error}); {remedy}") from error
    return plan
