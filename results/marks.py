"""Marks that people give to trials: a star, tags, a note. They are kept in the run as `marks.parquet`, a folder with a
file for each sitting.

A folder for the reason that votes have one (`results/judge/votes.py`): nobody's marks are lost where two people look at
a run at the same time. Of several marks on a trial the latest counts.
"""

from __future__ import annotations

import datetime
import io
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from results.errors import RunError
from results.printable import printable
from results.run.parquet import to_parquet
from results.run.storage import Run

MOST_TAGS, MOST_TAG, MOST_NOTE = 20, 50, 2000
"""Tags of a trial, characters of a tag, characters of a note."""

COLUMNS = ("star", "tags", "note")
"""The columns of a mark in a table of trials."""

SCHEMA = pa.schema(
    [
        ("marked_at", pa.timestamp("us", tz="UTC")),
        ("trial_id", pa.string()),
        ("star", pa.bool_()),
        ("tags", pa.list_(pa.string())),
        ("note", pa.string()),
        ("session", pa.string()),
    ]
)
"""The columns of a mark."""


@dataclass(frozen=True)
class Mark:
    """What somebody thinks of a trial. Without star, tags and note it takes an earlier mark away."""

    trial_id: str
    star: bool = False
    tags: tuple[str, ...] = ()
    note: str = ""

    def __bool__(self) -> bool:
        return self.star or bool(self.tags) or bool(self.note)

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"trial_id": self.trial_id, "star": self.star, "tags": list(self.tags), "note": self.note}


def parse_mark(given: Any) -> Mark:
    """A mark from what a page or an exported file says. Raises ValueError, with the reason, where it is none."""
    if not isinstance(given, Mapping) or not isinstance(given.get("trial_id"), str):
        raise ValueError("a mark is an object with a trial_id")
    star, tags, note = given.get("star", False), given.get("tags", []), given.get("note", "")
    if not isinstance(star, bool):
        raise ValueError("star is true or false")
    if not isinstance(tags, Sequence) or isinstance(tags, str) or not all(isinstance(tag, str) for tag in tags):
        raise ValueError("tags are a list of texts")
    if not isinstance(note, str):
        raise ValueError("note is a text")
    if len(tags) > MOST_TAGS or any(len(tag) > MOST_TAG for tag in tags):
        raise ValueError(f"a trial has at most {MOST_TAGS} tags of at most {MOST_TAG} characters")
    if len(note) > MOST_NOTE:
        raise ValueError(f"a note has at most {MOST_NOTE} characters")
    clean = dict.fromkeys(printable(tag.strip()) for tag in tags)
    lines = "\n".join(printable(line) for line in note.strip().splitlines())
    return Mark(given["trial_id"], star, tuple(tag for tag in clean if tag), lines)


class Marker:
    """The marks of one sitting. When `add` returns, the marks are on storage."""

    def __init__(self, run: Run) -> None:
        self._session = uuid.uuid4().hex[:16]
        self._run = run
        self._rows: dict[str, dict[str, Any]] = {}

    def add(self, *marks: Mark) -> None:
        """Keep marks in place of any earlier ones on their trials. Raises RunError where that fails."""
        now = {"marked_at": datetime.datetime.now(datetime.UTC), "session": self._session}
        rows = {**self._rows, **{mark.trial_id: mark.plain() | now for mark in marks}}
        table = pa.Table.from_pylist(list(rows.values()), schema=SCHEMA)
        self._run.write(f"marks.parquet/{self._session}.parquet", to_parquet(table))
        self._rows = rows


def read_marks(run: Run) -> dict[str, Mark]:
    """The marks on a run's trials, the latest of each. Raises RunError for a file that is damaged or holds no marks."""
    tables = [SCHEMA.empty_table()]
    for path, content in run.read_all("marks.parquet/*.parquet").items():
        try:
            tables.append(pq.read_table(io.BytesIO(content)).select(SCHEMA.names).cast(SCHEMA))
        except (pa.ArrowException, OSError, KeyError) as error:
            raise RunError(f"{path} in {run.location} is damaged; remove it to go on without its marks") from error
    latest = {}
    for row in pa.concat_tables(tables).sort_by("marked_at").to_pylist():
        latest[row["trial_id"]] = Mark(row["trial_id"], bool(row["star"]), tuple(row["tags"] or ()), row["note"] or "")
    return {trial: mark for trial, mark in latest.items() if mark}


def with_marks(trials: pd.DataFrame, marks: Mapping[str, Mark]) -> pd.DataFrame:
    """A table of trials with the columns `star`, `tags` (a tuple) and `note`: False, () and "" without a mark."""
    count = len(trials)
    star, tags, note = np.zeros(count, bool), np.empty(count, object), np.full(count, "", object)
    tags[:] = [()] * count
    for row in np.flatnonzero(trials["trial_id"].isin(list(marks))):
        mark = marks[trials["trial_id"].iloc[row]]
        star[row], tags[row], note[row] = mark.star, mark.tags, mark.note
    texts = {"tags": tags, "note": note}
    return trials.assign(
        star=star, **{name: pd.Series(values, trials.index, dtype=object) for name, values in texts.items()}
    )
