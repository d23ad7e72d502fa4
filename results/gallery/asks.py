"""The requests that a served page may send to its server: store a mark in a run, and draw a view as a sheet."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from results.gallery.describe import run_names
from results.marks import Marker, parse_mark, read_marks
from results.run.image_file import png
from results.run.rows import read_plan
from results.run.storage import Run
from results.sheets.drawing import sheet
from results.table.axes import setting_columns
from results.table.load import load


class Asks:
    """Answers one request at a time, because each may take a while.

    The page names a trial by its id or, where it shows several runs, by `<trial_id>@<name of the run>`.

    Every method takes the request as JSON data. It raises ValueError, with the reason, for an invalid request, KeyError
    for a trial that the runs do not have, and ResultsError if a run cannot be read or written.
    """

    def __init__(self, runs: Sequence[Run]) -> None:
        self._runs = dict(zip([f"@{name}" for name in run_names(runs)] if len(runs) > 1 else [""], runs, strict=True))
        self._markers = {name: Marker(run) for name, run in self._runs.items()}
        self._lock = threading.Lock()

    def marks(self) -> bytes:
        """All marks on the runs' trials, as JSON."""
        marks = [
            mark.plain() | {"trial_id": mark.trial_id + name}
            for name, run in self._runs.items()
            for mark in read_marks(run).values()
        ]
        return json.dumps({"marks": marks}).encode()

    def mark(self, given: Any) -> bytes:
        """Store a mark."""
        mark = parse_mark(given)
        trial, at, name = mark.trial_id.partition("@")
        with self._lock:
            if at + name not in self._runs or trial not in _planned(self._runs[at + name]):
                raise KeyError(mark.trial_id)
            self._markers[at + name].add(replace(mark, trial_id=trial))
        return b"{}"

    def sheet(self, given: Any) -> bytes:
        """The sheet of some trials, as PNG: `ids`, the settings in `rows` and `columns`, and a column as `caption`."""
        wanted = {name: _texts(given, name) for name in ("ids", "rows", "columns", "caption")}
        with self._lock:
            tables = {name: load(run.location, missing=True) for name, run in self._runs.items()}
            trials = pd.concat(tables.values(), ignore_index=True)
            keys = pd.Series([trial + name for name, table in tables.items() for trial in table["trial_id"]])
            chosen = trials[keys.isin(set(wanted["ids"]))]
            if unknown := set(wanted["ids"]) - set(keys):
                raise KeyError(min(unknown))
            axes = {*setting_columns(trials), *(["run"] if len(tables) > 1 else [])}
            for name in wanted["rows"] + wanted["columns"]:
                if name not in axes:
                    raise ValueError(f"{name} is not a setting")
            drawn = sheet(chosen, wanted["rows"], wanted["columns"], annotate=_template(chosen, wanted["caption"]))
        return png(drawn)


def _planned(run: Run) -> set[str]:
    return set(read_plan(run)["trial_id"].to_pylist())


def _texts(given: Any, name: str) -> list[str]:
    found = given.get(name) if isinstance(given, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise ValueError(f"{name} must be a list of texts")
    return found


def _template(trials: pd.DataFrame, caption: list[str]) -> str | None:
    """The template of the text below each image: numbers with four digits, other columns as they are."""
    if not caption:
        return None
    [name] = caption[:1]
    if name not in trials.columns or not name.isidentifier():
        raise ValueError(f"{name} is not a column")
    return f"{{{name}:.4g}}" if pd.api.types.is_float_dtype(trials[name]) else f"{{{name}}}"
