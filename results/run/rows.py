"""Rows of trials: their columns, how a shard of them is committed, and which of several rows counts."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from results.errors import RunError
from results.run.parquet import Columns, damage, opened, to_parquet
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


def read_rows(run: Run, columns: Sequence[str] | None = None) -> pa.Table:
    """One row per trial: its latest success, or its latest failure if it never succeeded. Empty for a new run.

    Raises RunError for a shard that cannot be read.
    """
    return merged_rows(run, run.read_all("trials/*.parquet"), columns)


def open_rows(run: Run) -> Columns:
    """The rows of `read_rows`. Opening and reading raise RunError for a shard that cannot be read."""
    return _opened_shards(run, run.read_all("trials/*.parquet"))


def merged_rows(run: Run, shards: Mapping[str, bytes], columns: Sequence[str] | None = None) -> pa.Table:
    """The rows that count among those of these shards, given as paths and contents.

    Raises RunError for a damaged one.
    """
    return _opened_shards(run, shards).read(None if columns is None else list(dict.fromkeys([*columns, *_NEEDED])))


def _opened_shards(run: Run, shards: Mapping[str, bytes]) -> Columns:
    files, schemas = {}, {}
    for path, content in shards.items():
        with _named(run, path):
            files[path] = _opened_shard(path, content)
            schemas[path] = files[path].schema_arrow
    gone = _replaced({path: schema.metadata for path, schema in schemas.items()})
    counted = {path: file for path, file in files.items() if path not in gone}
    names = dict.fromkeys(name for path in counted for name in schemas[path].names)
    names |= dict.fromkeys(outcome_schema().names)

    def read_all(columns: Sequence[str] | None) -> pa.Table:
        tables = []
        known = None if columns is None else [name for name in columns if name in names]
        for path, file in counted.items():
            with _named(run, path), damage():
                table = file.read(columns=known).replace_schema_metadata()
            if known and not table.num_columns:  # an older shard has none of them, but it has rows
                table = pa.table({known[0]: pa.nulls(file.metadata.num_rows)})
            tables.append(table)
        return pa.concat_tables([*tables, _columns_of(columns)], promote_options="permissive")

    needed = read_all(_NEEDED)
    latest = _latest(needed)
    count = len(needed) if latest is None else len(latest)

    def read(columns: Sequence[str] | None) -> pa.Table:
        rows = read_all(columns)
        return rows if latest is None else rows.take(latest)

    return Columns(list(names), count, read)


def _latest(rows: pa.Table) -> pa.ChunkedArray | None:
    """Which rows count, as their positions in ascending order; None if all do."""
    if pc.count_distinct(rows["trial_id"], mode="all").as_py() == len(rows):
        return None
    keys = rows.select(["trial_id", "committed_at"])
    keys = keys.append_column("done", pc.equal(rows["status"], "done"))
    keys = keys.append_column("row", pa.array(np.arange(len(rows))))
    keys = keys.sort_by([("done", "ascending"), ("committed_at", "ascending"), ("row", "ascending")])
    last = keys.select(["trial_id"]).append_column("at", pa.array(np.arange(len(rows))))
    last = last.group_by("trial_id").aggregate([("at", "max")])["at_max"]
    return keys["row"].take(last).sort()


def replaced(run: Run, shards: Mapping[str, bytes]) -> list[str]:
    """Those of these shards that were merged into others of them. Raises RunError for a damaged one."""
    tables = read_shards(run, shards, _NEEDED)
    return sorted(_replaced({path: table.schema.metadata for path, table in tables.items()}) & shards.keys())


def read_shards(run: Run, shards: Mapping[str, bytes], columns: Sequence[str] | None = None) -> dict[str, pa.Table]:
    """These shards as tables, by path. Raises RunError, with a remedy, for a damaged one."""
    tables = {}
    for path, content in shards.items():
        with _named(run, path):
            tables[path] = read_shard(path, content, columns)
    return tables


@contextlib.contextmanager
def _named(run: Run, path: str, remedy: str = "") -> Iterator[None]:
    """Turn the ValueError for a damaged file into a RunError that names it, with a remedy, which shards share."""
    try:
        yield
    except ValueError as error:
        remedy = remedy or f"`sweep verify {run.location} --repair` sets it aside and computes its trials again"
        raise RunError(f"{path} in {run.location} is damaged ({error}); {remedy}") from error


def _replaced(shards: Mapping[str, Mapping[bytes, bytes] | None]) -> set[str]:
    """The paths of shards that merged ones among these say they replace. Shards are given with their metadata."""
    names: set[str] = set()
    for path, metadata in shards.items():
        if path.rpartition("/")[2].startswith(f"{MERGED}-") and metadata:
            with contextlib.suppress(ValueError, TypeError, RecursionError):  # whoever wrote that, it replaces nothing
                names.update(json.loads(metadata.get(REPLACES, b"[]")))
    return names


def read_shard(path: str, content: bytes, columns: Sequence[str] | None = None) -> pa.Table:
    """One shard, without columns that were not there yet when it was written; columns that are always needed come too.

    Raises ValueError for a damaged one.
    """
    file = _opened_shard(path, content)
    with damage():
        return file.read(columns=None if columns is None else list(dict.fromkeys([*columns, *_NEEDED])))


def _opened_shard(path: str, content: bytes) -> pq.ParquetFile:
    """A shard whose contents are those that were written, with the columns that each has."""
    # The pages' checksums leave out what a file says of its columns: their names, types and units.
    checksum = _CHECKSUM.search(path)
    if checksum and hashlib.sha256(content).hexdigest()[:SHARD_CHECKSUM] != checksum[1]:
        raise ValueError("its contents are not those that were written")
    file = opened(content)
    known = file.schema_arrow.names
    for name in _NEEDED:
        if name not in known:
            raise ValueError(f"it has no column {name}")
    return file


def _columns_of(wanted: Sequence[str] | None) -> pa.Table:
    """No rows, but the columns of outcomes: older shards may all be without some."""
    known = outcome_schema()
    schema = known if wanted is None else pa.schema([field for field in known if field.name in wanted])
    return pa.Table.from_batches([], schema)  # `empty_table` imports pandas, which takes a plan 0.3 s


def write_plan(run: Run, plan: pa.Table) -> bytes:
    """Replace the list of the grid's trials, and return the file's contents."""
    content = to_parquet(plan)
    run.write(PLAN, content)
    return content


def read_plan(run: Run) -> pa.Table:
    """The grid's trials in their order: `trial_id`, settings, and a `<axis>_label` for each axis with labels."""
    return open_plan(run).read(None)


def open_plan(run: Run) -> Columns:
    """The table of `read_plan`. Opening and reading raise RunError for a plan that cannot be read."""
    run.metadata()  # a better message if this is not a run
    return _opened_plan(run, run.read(PLAN))


def parse_plan(run: Run, content: bytes) -> pa.Table:
    """The plan in the contents of its file. Raises RunError for a damaged one."""
    return _opened_plan(run, content).read(None)


def _opened_plan(run: Run, content: bytes) -> Columns:
    remedy = "run the grid again, which writes the plan anew and computes nothing twice"
    with _named(run, PLAN, remedy):
        file = opened(content)
        names = file.schema_arrow.names
        if "trial_id" not in names:
            raise ValueError("it has no column trial_id")

    def read(columns: Sequence[str] | None) -> pa.Table:
        with _named(run, PLAN, remedy), damage():
            return file.read(columns=columns)

    return Columns(names, file.metadata.num_rows, read)
