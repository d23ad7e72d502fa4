"""Results as pandas tables: one row per trial, and one row per recorded step."""

from __future__ import annotations

import glob
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from PIL import Image

from results.errors import RunError
from results.marks import read_marks, with_marks
from results.run.image_file import open_image
from results.run.rows import EARLIER_RUNGS, STOPPED_AT_RUNG, outcome_schema, read_plan, read_rows
from results.run.storage import Run
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
    loaded: pd.DataFrame = pd.concat([_load_one(run, missing) for run in _runs(location)], ignore_index=True)
    return loaded


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
    # directly.
    settings, stopped = _planned(run)
    table = settings.merge(_outcomes(run, settings.columns), on="trial_id", how="left" if missing else "inner")
    table["status"] = table["status"].fillna("missing")
    table["run"] = run.location
    if stopped:
        table[STOPPED_AT_RUNG] = pd.array([stopped[trial] for trial in table["trial_id"]], dtype="Int64")
    return with_marks(table, read_marks(run))


def _planned(run: Run) -> tuple[pd.DataFrame, dict[str, int | None]]:
    """The settings of the plan's trials, and where trials are halved, the rung at which each of them stopped.

    The plan's Arrow table is given up before the rows are read: both together would decide how much memory is needed.
    """
    plan = read_plan(run)
    stopped = {}
    if STOPPED_AT_RUNG in plan.column_names:
        stopped = dict(zip(plan["trial_id"].to_pylist(), plan[STOPPED_AT_RUNG].to_pylist(), strict=True))
    own = plan.select([name for name in plan.column_names if name not in (STOPPED_AT_RUNG, EARLIER_RUNGS)])
    return _with_whole_numbers(_to_pandas(own), own.schema), stopped


def _outcomes(run: Run, settings: Iterable[str]) -> pd.DataFrame:
    """The rows, without settings and curves."""
    known = [name for name in outcome_schema().names if name not in _history()]
    others = [name for name in _of_plugins(run, set(settings)) if name not in known]
    return _to_pandas(_spread_layers(read_rows(run, columns=[*known, *others])))


def _of_plugins(run: Run, settings: set[str]) -> list[str]:
    """The columns of metrics from plugins, which this process need not have loaded."""
    columns = [name for plugin in run.metadata().get("plugins", []) for name in plugin["columns"]]
    return [name for name in columns if name.isidentifier() and name not in settings and name not in _history()]


def _to_pandas(rows: pa.Table) -> pd.DataFrame:
    """Lists become tuples, which pandas can group by."""
    lists = {field.name for field in rows.schema if pa.types.is_list(field.type)}
    others = [name for name in rows.column_names if name not in lists]
    table: pd.DataFrame = rows.select(others).to_pandas(maps_as_pydicts="strict", split_blocks=True)
    for position, name in enumerate(rows.column_names):
        if name in lists:
            table.insert(position, name, pd.Series(_tuples(rows[name]), index=table.index, dtype=object))
    return table


def _tuples(column: pa.ChunkedArray) -> list[tuple[Any, ...] | None]:
    """A column of lists as tuples. Equal ones are one object: most trials of a grid share their layers."""
    array = pa.concat_arrays(column.chunks) if column.chunks else pa.array([], column.type)
    starts, values, missing = array.offsets.to_pylist(), array.values.to_pylist(), array.is_null().to_pylist()
    known: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    found: list[tuple[Any, ...] | None] = []
    for start, end, is_missing in zip(starts[:-1], starts[1:], missing, strict=True):
        value = tuple(values[start:end])
        found.append(None if is_missing else known.setdefault(value, value))
    return found


def _with_whole_numbers(settings: pd.DataFrame, schema: pa.Schema) -> pd.DataFrame:
    """Whole numbers stay whole where some are missing, as `frame` is for a still: pandas would make floats of them."""
    gaps = [
        field.name
        for field in schema
        if pa.types.is_integer(field.type) and settings[field.name].isna().any() and settings[field.name].notna().any()
    ]
    return settings.astype(dict.fromkeys(gaps, "Int64"))


def _spread_layers(rows: pa.Table) -> pa.Table:
    """One column for each term and layer in place of the columns of mappings. A loss that a row lacks is NaN."""
    for column in registry.by_layer_columns():
        mappings = pa.concat_arrays(rows[column].chunks) if len(rows) else pa.array([], rows.schema.field(column).type)
        lengths = np.where(mappings.is_valid(), np.diff(mappings.offsets), 0)
        kept = np.repeat(np.asarray(mappings.is_valid()), np.diff(mappings.offsets))
        layers, losses = (np.asarray(part.filter(pa.array(kept))) for part in (mappings.keys, mappings.items))
        of_row = np.repeat(np.arange(len(rows)), lengths)
        rows = rows.drop_columns(column)
        for layer in sorted(set(layers)):
            spread = np.full(len(rows), np.nan)
            spread[of_row[layers == layer]] = losses[layers == layer]
            rows = rows.append_column(f"{column.removesuffix('_by_layer')}_{layer}", pa.array(spread))
    return rows
