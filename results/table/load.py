"""Results as pandas tables: one row per trial, and one row per recorded step."""

from __future__ import annotations

import glob
import io
import itertools
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from PIL import Image

from results.errors import RunError
from results.marks import read_marks, with_marks
from results.run.image_file import open_image
from results.run.parquet import Columns
from results.run.rows import (
    EARLIER_RUNGS,
    STOPPED_AT_RUNG,
    open_plan,
    open_rows,
    outcome_schema,
    read_plan,
    read_rows,
)
from results.run.storage import Run
from results.table.frame import Assembly, repeated, taken
from stylize import registry


def load(location: str | Path, *, missing: bool = False) -> pd.DataFrame:
    """The trials of one or several runs, one row each, in the grid's order.

    `location` is a run's path or URL, or a pattern such as `runs/*`. Columns: `trial_id`, `run`, every setting,
    `status` (`done` or `failed`; with `missing` also `missing`, for trials that were not run yet), final losses,
    among them one column per term and layer such as `style_loss_conv1_1`, times, provenance, `image_path`.
    `style_layers` and `content_layers` are tuples of names, so that they can be grouped by. An axis
    also has `<axis>_order`, the position of the value along it, and `<axis>_label` where the grid gives labels.
    With `halving`, `stopped_at_rung` is the number of steps at which a trial was stopped, missing for those that went
    on to the end. `star` (True or False), `tags` (a tuple) and `note` (a text) are what people kept in the run, by the
    gallery under `--serve` or by `sweep mark`.

    Raises RunError.
    """
    tables = [_load_one(run, missing) for run in _runs(location)]
    return tables[0] if len(tables) == 1 else pd.concat(tables, ignore_index=True)


def curves(location: str | Path) -> pd.DataFrame:
    """The loss curves of one or several runs, long: `trial_id`, `run`, `step`, and a column for each recorded loss:
    `content_loss`, `style_loss`, `total_variation`, `total_loss`. Step k has the losses before update k; the last one
    those of the final image. A training of the auto-painter has `pixel_loss`, … instead: means of the 10 steps before.
    """
    tables, history = [], _history()
    for run in _runs(location):
        rows = read_rows(run, columns=["trial_id", *history]).to_pandas()
        planned = read_plan(run).select(["trial_id"]).to_pandas().drop_duplicates()
        rows = planned.merge(rows, on="trial_id")  # the grid's trials in the grid's order
        here = {column: name for column, name in history.items() if _is_recorded(rows, column, name)}
        for column in here.keys() - {"history_step"}:  # a training's rows have no curves of transfers, nor the reverse
            empty = rows[column].isna() & rows["history_step"].notna()
            rows.loc[empty, column] = rows.loc[empty, "history_step"].map(lambda steps: [None] * len(steps))
        long = rows[["trial_id", *here]].explode(list(here)).rename(columns=here).dropna(subset=["step"])
        types = {"step": "int64"} | {name: "float64" for name in here.values() if name != "step"}
        tables.append(long.astype(types).assign(run=run.location))
    joined: pd.DataFrame = pd.concat(tables, ignore_index=True)
    return joined


MASKS = ("content_mask", "style_mask")
"""The settings that name label images: each colour is a region with a style of its own."""


def _history() -> dict[str, str]:
    """The columns of curves in a row, with their names in `curves`."""
    names = [*registry.curves(), *registry.TRAINING_LOSSES]
    return {"history_step": "step"} | {f"history_{name}": name for name in names}


def _is_recorded(rows: pd.DataFrame, column: str, name: str) -> bool:
    """Whether a curve is in the result: those of trainings are only where there was one."""
    return name not in registry.TRAINING_LOSSES or bool(rows[column].notna().any())


def image(row: Mapping[str, Any] | pd.Series) -> Image.Image:
    """The image of a row of `load`. Raises RunError where there is none."""
    path = row["image_path"]
    if not isinstance(path, str):
        error = row.get("error")
        raise RunError(f"trial {row['trial_id']} has no image: {error if isinstance(error, str) else row['status']}")
    with open_image(Run(row["run"]).read(path)) as opened:
        return opened.convert("RGB")


def snapshots(row: Mapping[str, Any] | pd.Series) -> Iterator[tuple[int, Image.Image]]:
    """The snapshots of a row of `load`, which the setting `frames_every` asked for, each with its step. The last one is
    the result.

    Raises RunError if there are none, or if one is missing.
    """
    if not isinstance(row.get("kept_steps"), tuple):
        raise RunError(f"trial {row['trial_id']} has no snapshots: it was run without frames_every")
    for step in row["kept_steps"]:
        yield step, snapshot(row, step)
    yield int(row["steps"]), image(row)


frames = snapshots
"""The name that `snapshots` had first."""


def snapshot(row: Mapping[str, Any] | pd.Series, step: int) -> Image.Image:
    """One of the snapshots that `frames_every` asked for. Raises RunError if it is missing or damaged."""
    path = Run.snapshot_path(row["kept_by"], step)
    try:
        with open_image(Run(row["run"]).read(path)) as opened:
            return opened.convert("RGB")
    except (OSError, Image.DecompressionBombError) as error:
        raise RunError(f"{path} in {row['run']} is damaged: {error}") from error


def reference(row: Mapping[str, Any] | pd.Series, picture: str) -> Image.Image | None:
    """The small copy of a row's `content` or `style` picture, or of a mask; None if the trial used none."""
    sha256 = reference_sha256(row, picture)
    if sha256 is None:
        return None
    with Image.open(io.BytesIO(Run(row["run"]).read(Run.reference_path(sha256)))) as opened:
        return opened.convert("RGB")


def reference_sha256(row: Mapping[str, Any] | pd.Series, picture: str) -> str | None:
    """The hash of a row's picture or mask, or None if the trial used none."""
    sha256 = row.get(f"{picture}_sha256")
    if picture in MASKS and isinstance(row.get(picture), str):
        # Rows have no hashes of masks, but run.json has those of all pictures.
        sha256 = Run(row["run"]).metadata().get("pictures", {}).get(row[picture], {}).get("sha256")
    return sha256 if isinstance(sha256, str) else None


def _runs(location: str | Path) -> list[Run]:
    text = str(location)
    if not glob.has_magic(text) or Run(text).exists():
        return [Run(text)]
    found = [Run(path) for path in sorted(glob.glob(text)) if Run(path).exists()]
    if not found:
        raise RunError(f"no run matches {text}")
    return found


def _load_one(run: Run, missing: bool) -> pd.DataFrame:
    # Settings come from the plan, which says what the grid asks for now; a row repeats them for who reads shards
    # directly. Columns are read bit by bit: all of them as Arrow has them would take as much memory as the table.
    plan, rows = open_plan(run), open_rows(run)
    row_of = pc.index_in(plan["trial_id"].combine_chunks(), value_set=rows["trial_id"])
    shown = None
    if row_of.null_count and not missing:
        shown, row_of = pa.array(np.flatnonzero(row_of.is_valid())), row_of.drop_null()
    pa.default_memory_pool().release_unused()  # which Arrow would keep
    table = Assembly(len(row_of))
    for columns in itertools.chain(_settings(plan, shown), _outcomes(rows, row_of, _of_plugins(run, plan.names))):
        table.add(columns)
    table.add(taken(pa.table({"run": repeated(run.location, len(row_of))}), None))
    if STOPPED_AT_RUNG in plan.names:
        table.add({name: column.astype("Int64") for name, column in taken(plan.read([STOPPED_AT_RUNG]), shown).items()})
    pa.default_memory_pool().release_unused()
    return with_marks(table.table(), read_marks(run))


def _settings(plan: Columns, shown: pa.Array | None) -> Iterator[dict[str, pd.Series]]:
    """What the plan says of these of its trials, or of all, some columns at a time."""
    for read in plan.parts([name for name in plan.names if name not in (STOPPED_AT_RUNG, EARLIER_RUNGS)]):
        columns = taken(read, shown)
        for field in read.schema:
            # Whole numbers stay whole where some are missing, as `frame` is for a still: pandas would make floats.
            if pa.types.is_integer(field.type) and (gaps := read[field.name].null_count):
                columns[field.name] = columns[field.name].astype("Int64" if gaps < len(read) else "float64")
        yield columns


def _outcomes(rows: Columns, row_of: pa.Array, of_plugins: Collection[str]) -> Iterator[dict[str, pd.Series]]:
    """What these rows say, some columns at a time, without settings and curves. There is a column for each term and
    layer in place of those of mappings.
    """
    wanted = {*outcome_schema().names, *of_plugins} - {*_history(), *registry.by_layer_columns(), "trial_id"}
    for read in rows.parts([name for name in rows.names if name in wanted]):
        columns = taken(read, row_of)
        yield columns | ({"status": columns["status"].fillna("missing")} if "status" in columns else {})
    for name in registry.by_layer_columns():
        losses = _by_layer(rows[name])
        term = name.removesuffix("_by_layer")
        yield taken(pa.table({f"{term}_{layer}": of_layer for layer, of_layer in losses.items()}), row_of)


def _of_plugins(run: Run, settings: Collection[str]) -> list[str]:
    """The columns of metrics from plugins, which this process need not have loaded."""
    columns = [name for plugin in run.metadata().get("plugins", []) for name in plugin["columns"]]
    return [name for name in columns if name.isidentifier() and name not in settings and name not in _history()]


def _by_layer(column: pa.ChunkedArray) -> dict[str, pa.Array]:
    """The losses of each layer, for a column of mappings from layers to losses. A loss that a row lacks is NaN."""
    found: dict[str, np.ndarray] = {}
    start = 0
    for mappings in column.chunks:
        there = np.asarray(mappings.is_valid())
        lengths = np.diff(mappings.offsets)
        kept = pa.array(np.repeat(there, lengths))
        layers, losses = (np.asarray(part.filter(kept)) for part in (mappings.keys, mappings.items))
        of_row = start + np.repeat(np.arange(len(mappings)), np.where(there, lengths, 0))
        for layer in set(layers):
            spread = found.setdefault(layer, np.full(len(column), np.nan))
            spread[of_row[layers == layer]] = losses[layers == layer]
        start += len(mappings)
    return {layer: pa.array(found[layer]) for layer in sorted(found)}
