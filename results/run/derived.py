"""`derived.json`: from which rows a run's sheet and gallery were made, and what its plan and pictures contained.

Everything that a sweep derives from rows can be made again, so this file may be lost at any time. It is removed before
a sweep changes anything, and written after what it describes: where it names the present rows, nothing is out of date.
What makes those files is elsewhere: `orchestrator/finish.py` for sheet and gallery, `compact.py` for merged shards.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from results.errors import MissingFileError
from results.run.rows import parse_plan, read_rows
from results.run.storage import PLAN, Run

DERIVED = "derived.json"

STATE_COLUMNS = ("trial_id", "status", "pixels_sha256", "committed_at")
"""The columns that distinguish one set of rows from another."""


@dataclass(frozen=True)
class Derived:
    """The contents of `derived.json`. `sheet` and `gallery` hold the `state_name` that each was made from, None for a
    file that was not made. `files` has the SHA-256 of files that have no row to check them by.
    """

    sheet: str | None = None
    gallery: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)


def state_name(grid: Mapping[str, Any], plan: bytes, rows: pa.Table) -> str:
    """A hash of everything that a sheet or a gallery shows: the grid's description, its plan, and the rows of its
    trials.

    `rows` has at least STATE_COLUMNS. Neither their order nor the shards they are in make a difference.
    """
    digest = hashlib.sha256(json.dumps(grid, sort_keys=True, default=str).encode())
    digest.update(hashlib.sha256(plan).digest())
    ordered = rows.select(STATE_COLUMNS).sort_by("trial_id")
    columns = [pc.cast(ordered[name], pa.string()).to_pylist() for name in STATE_COLUMNS]
    for values in zip(*columns, strict=True):
        digest.update(f"{values}\n".encode())
    return digest.hexdigest()


def present_state(run: Run) -> str:
    """The `state_name` of the run as it is now. Raises RunError."""
    grid = {name: value for name, value in run.metadata()["grid"].items() if name != "settings"}
    content = run.read(PLAN)
    plan, rows = parse_plan(run, content), read_rows(run, columns=STATE_COLUMNS)
    return state_name(grid, content, rows.filter(pc.is_in(rows["trial_id"], value_set=plan["trial_id"])))


def read_derived(run: Run) -> Derived:
    """The contents of the file; empty if it is missing or damaged."""
    try:
        found = json.loads(run.read(DERIVED))
        sheet, gallery, files = found["sheet"], found["gallery"], dict(found["files"])
    except (MissingFileError, ValueError, KeyError, TypeError, RecursionError):
        return Derived()
    names = (sheet, gallery, *files, *files.values())
    return Derived(sheet, gallery, files) if all(isinstance(one, str | None) for one in names) else Derived()


def write_derived(run: Run, derived: Derived) -> None:
    """Record what was made. Raises RunError."""
    run.write(DERIVED, json.dumps(asdict(derived), indent=1).encode())


def forget_derived(run: Run) -> None:
    """Call this before anything changes: sheet and gallery then count as out of date. Raises RunError."""
    if run.exists(DERIVED):
        run.remove([DERIVED])


def sha256(content: bytes) -> str:
    """The SHA-256 of a file's contents, as `Derived.files` has it."""
    return hashlib.sha256(content).hexdigest()
