"""The end of a sweep: reads rows back, merges shards, makes sheet and gallery, and records that this was done.

Also decides whether anything is left to do at all. Files that do not depend on the rows are written in `describe.py`;
sheet and gallery are drawn in `results`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from orchestrator.describe import grid_metadata
from orchestrator.errors import EngineError
from results import ResultsError, Run
from results.run.compact import WORTH_MERGING, compact, count_shards
from results.run.derived import STATE_COLUMNS, Derived, present_state, read_derived, state_name, write_derived
from results.run.parquet import to_parquet
from results.run.rows import read_rows
from results.run.storage import GALLERY_PAGE, METADATA, PLAN, SHEET

if TYPE_CHECKING:
    import pyarrow as pa

    from orchestrator.plan.plan import Plan


@dataclass(frozen=True)
class Finished:
    """The paths of the sheet and the gallery; None for one that was not made, and then a note says why."""

    sheet: str | None = None
    gallery: str | None = None
    notes: list[str] = field(default_factory=list)


def is_current(run: Run, plan: Plan) -> bool:
    """Whether sheet and gallery exist and were made from this grid and its present rows, and shards are merged.

    Raises RunError.
    """
    derived = read_derived(run)
    if derived.sheet is None or derived.sheet != derived.gallery:
        return False
    if not all(run.exists(path) for path in (METADATA, PLAN, SHEET, GALLERY_PAGE)):
        return False
    if count_shards(run) >= WORTH_MERGING:
        return False
    return derived.sheet == state_name(grid_metadata(plan.grid), to_parquet(plan.table()), _rows_of(plan, run))


def check_rows(run: Run, plan: Plan) -> None:
    """Read the rows back that a sweep has committed. `plan`: its states are those at the end.

    Raises EngineError if rows or their images are missing.
    """
    rows = _rows_of(plan, run, "image_path")
    expected = plan.count("done") + plan.count("failed")
    again = "Something changed the folder while the sweep ran; run the same command again, which computes what is lost"
    if len(rows) < expected:
        raise EngineError(f"{expected} trials ended, but {run.location} has rows of only {len(rows)} of them. {again}")
    images = set(run.names("images/**"))
    if lost := sum(path is not None and path not in images for path in rows["image_path"].to_pylist()):
        raise EngineError(f"{lost} images of {run.location} are missing. {again} after `sweep verify --repair`")


def finish(run: Run, plan: Plan, derived: Derived, *, interrupted: bool) -> Finished:
    """Merge shards, draw the sheet, write the gallery, and record their rows. An interrupted sweep draws nothing.

    If the sheet or the gallery cannot be made, a note says so; that is not an error. Raises RunError if `derived.json`
    cannot be written.
    """
    compact(run, at_least=WORTH_MERGING)
    notes: list[str] = []
    sheet = None if interrupted else _draw(run, notes)
    gallery = _write_gallery(run, notes, thumbnails=not interrupted)
    if not interrupted:
        name = present_state(run)
        made = replace(derived, sheet=name if sheet else None, gallery=name if gallery else None)
        write_derived(run, made)
    return Finished(sheet, gallery, notes)


def found(run: Run) -> Finished:
    """The sheet and the gallery that an earlier sweep made."""
    sheet, gallery = (run.full_path(path) if run.exists(path) else None for path in (SHEET, GALLERY_PAGE))
    return Finished(sheet, gallery)


def _rows_of(plan: Plan, run: Run, *columns: str) -> pa.Table:
    """The rows of the plan's trials; the run may have others of an earlier version of the grid."""
    rows = read_rows(run, columns=[*STATE_COLUMNS, *columns])
    return rows.filter(pc.is_in(rows["trial_id"], value_set=plan.ids()))


def _draw(run: Run, notes: list[str]) -> str | None:
    import results
    from results.run.image_file import png
    from results.sheets.notes import sheet_notes

    try:
        with sheet_notes() as of_sheet:
            sheet = png(results.sheet(results.load(run.location, missing=True)))
        notes += of_sheet
        run.write(SHEET, sheet)
    except ResultsError as error:
        notes.append(f"no sheet was drawn: {error}")
        return None
    return run.full_path(SHEET)


def _write_gallery(run: Run, notes: list[str], *, thumbnails: bool) -> str | None:
    from results.gallery.write import write_gallery

    try:
        return write_gallery(run, thumbnails=thumbnails)
    except ResultsError as error:
        notes.append(f"no gallery was written: {error}")
        return None
