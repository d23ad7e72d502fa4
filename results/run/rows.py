"""Rows of trials: their columns, how a shard of them is committed, and which of several rows counts."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from results.errors import RunError
from results.run.folder import PLAN, Run
from stylize import registry

_LOSS = pa.float64()
_BY_LAYER = pa.map_(pa.string(), _LOSS)


def outcome_schema() -> pa.Schema:
    """The columns of a trial's row beside its settings; those of losses and metrics follow from `stylize.registry`.

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
            *((name, _BY_LAYER) for name in registry.by_layer_columns()),
            ("history_step", pa.list_(pa.int32())),
            *((f"history_{name}", pa.list_(_LOSS)) for name in registry.curves()),
            ("seconds", pa.float64()),  # the trial's share of its batch's time
            ("iterations_per_second", pa.float64()),
            ("steps", pa.int32()),  # fewer than iterations where a plateau ended the trial
            ("arithmetic", pa.string()),  # of the convolutions: fp32, tf32 or bf16
            ("batch_width", pa.int32()),
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
            ("kept_steps", pa.list_(pa.int32())),  # the steps at which `frames_every` kept the image
            (
                "kept_by",
                pa.string(),
            ),  # the trial under whose id they are: trials that share an optimisation share snapshots
            ("versions", pa.string()),
            ("committed_at", pa.timestamp("us", tz="UTC")),
        ]
    )


_NEEDED = ("trial_id", "status", "committed_at")


def commit(run: Run, settings: pa.Schema, batch: str, attempt: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the rows of one attempt at a batch as a shard of their own: from then on these trials are done."""
    table = pa.Table.from_pylist([dict(row) for row in rows], schema=pa.unify_schemas([settings, outcome_schema()]))
    run.write(Run.shard_path(batch, attempt), to_parquet(table))


def to_parquet(table: pa.Table) -> bytes:
    """A table as the bytes of a Parquet file."""
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def read_rows(run: Run, columns: Sequence[str] | None = None) -> pa.Table:
    """One row per trial: its latest success, or where it never succeeded its latest failure. Empty for a new run.

    Raises RunError for a shard that cannot be read.
    """
    return merged_rows(run, run.read_all("trials/*.parquet"), columns)


def merged_rows(run: Run, shards: Mapping[str, bytes], columns: Sequence[str] | None = None) -> pa.Table:
    """The rows that count among those of these shards, given as paths and contents."""
    tables = []
    wanted = None if columns is None else list(dict.fromkeys([*columns, *_NEEDED]))
    for path, content in shards.items():
        try:
            tables.append(_read_shard(content, wanted))
        except (pa.ArrowException, OSError) as error:
            raise RunError(f"{path} in {run.location} is damaged; remove it and run again: {error}") from error
    if not tables:
        return _columns_of(wanted)
    rows = pa.concat_tables([*tables, _columns_of(wanted)], promote_options="permissive")
    rows = rows.append_column("_done", pc.equal(rows["status"], "done"))
    rows = rows.append_column("_order", pa.array(range(len(rows))))
    rows = rows.sort_by([("_done", "ascending"), ("committed_at", "ascending")])
    last = rows.select(["trial_id"]).append_column("_at", pa.array(range(len(rows))))
    last = last.group_by("trial_id").aggregate([("_at", "max")])["_at_max"]
    return rows.take(last).sort_by("_order").drop_columns(["_done", "_order"])


def _read_shard(content: bytes, wanted: Sequence[str] | None) -> pa.Table:
    """One shard, without columns that were not there yet when it was written."""
    table = pq.ParquetFile(io.BytesIO(content)).read(columns=wanted)
    for name in _NEEDED:
        if name not in table.column_names:
            raise pa.ArrowInvalid(f"it has no column {name}")
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
    run.metadata()  # the better message where this is no run
    try:
        return pq.read_table(io.BytesIO(run.read(PLAN)))
    except pa.ArrowException as error:
        raise RunError(f"plan.parquet in {run.location} is damaged; run the grid again: {error}") from error
