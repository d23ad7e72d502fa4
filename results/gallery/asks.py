"""What a served page may ask of its server: keep a mark in the run, and draw a view as a sheet."""

from __future__ import annotations

import io
import json
import threading
from typing import Any

import pandas as pd

from results.marks import Marker, parse_mark, read_marks
from results.run.rows import read_plan
from results.run.storage import Run
from results.sheets.drawing import sheet
from results.table.axes import setting_columns
from results.table.load import load


class Asks:
    """Answers one question at a time: each of them may take a while.

    Every method takes what the page sent, read as JSON. It raises ValueError, with the reason, where that is not as it
    should be, KeyError for a trial that the run does not have, and ResultsError where the run cannot be read or
    written.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._marker = Marker(run)
        self._lock = threading.Lock()

    def marks(self) -> bytes:
        """All marks on the run's trials, as JSON."""
        return json.dumps({"marks": [mark.plain() for mark in read_marks(self._run).values()]}).encode()

    def mark(self, given: Any) -> bytes:
        """Keep a mark."""
        mark = parse_mark(given)
        with self._lock:
            if mark.trial_id not in set(read_plan(self._run)["trial_id"].to_pylist()):
                raise KeyError(mark.trial_id)
            self._marker.add(mark)
        return b"{}"

    def sheet(self, given: Any) -> bytes:
        """The sheet of some trials, as PNG: `ids`, the settings in `rows` and `columns`, and a column as `caption`."""
        wanted = {name: _texts(given, name) for name in ("ids", "rows", "columns", "caption")}
        with self._lock:
            trials = load(self._run.location, missing=True)
            chosen = trials[trials["trial_id"].isin(set(wanted["ids"]))]
            if unknown := set(wanted["ids"]) - set(chosen["trial_id"]):
                raise KeyError(min(unknown))
            settings = set(setting_columns(trials))
            for name in wanted["rows"] + wanted["columns"]:
                if name not in settings:
                    raise ValueError(f"{name} is no setting")
            buffer = io.BytesIO()
            drawn = sheet(chosen, wanted["rows"], wanted["columns"], annotate=_template(chosen, wanted["caption"]))
            drawn.save(buffer, "PNG")
        return buffer.getvalue()


def _texts(given: Any, name: str) -> list[str]:
    found = given.get(name) if isinstance(given, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise ValueError(f"{name} is a list of texts")
    return found


def _template(trials: pd.DataFrame, caption: list[str]) -> str | None:
    """What stands below each image: a column of numbers with four digits, any other as it is."""
    if not caption:
        return None
    [name] = caption[:1]
    if name not in trials.columns or not name.isidentifier():
        raise ValueError(f"{name} is no column")
    return f"{{{name}:.4g}}" if pd.api.types.is_float_dtype(trials[name]) else f"{{{name}}}"
