"""Comparison sheets as pictures and files: `results.sheet`, and what `sweep sheet` saves.

The limits on the size of a sheet are here. Trials are assigned to cells in `layout`, placed in `place`, and painted in
`paint`.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import PurePath

import pandas as pd
from PIL import Image

from results.errors import SheetError, ThinnedWarning
from results.run.image_file import png
from results.sheets.additions import NOTHING_ADDED, Additions
from results.sheets.boxes import Area, Page
from results.sheets.glyphs import warn_of_missing_glyphs
from results.sheets.layout import Layout, arrange, in_pages, wrapped
from results.sheets.paint import paint
from results.sheets.painter import PixelPainter
from results.sheets.place import place
from results.sheets.sizes import LARGEST_CELL, largest_image
from results.sheets.thinned import thinned

MOST_PIXELS = 50_000_000
"""Pillow takes four bytes for each, beside the table of all trials that a driver has in memory."""

MOST_EDGE = {".png": 30_000, ".jpg": 30_000, ".webp": 16_383, ".svg": 30_000, ".pdf": 14_400}
"""What common viewers still open, and what the formats can hold."""


def sheet(
    trials: pd.DataFrame,
    rows: str | Sequence[str] | None = None,
    columns: str | Sequence[str] | None = None,
    *,
    suffix: str = ".png",
    annotate: str | None = None,
    border: str | None = None,
    title: str | None = None,
    caption: str | None = None,
) -> Image.Image:
    """A comparison sheet of a table of `results.load`, or of a part of it.

    `rows` and `columns` name settings, outermost first; without both, the grid's own `sheet` entry decides. Axes that
    are in neither become outer rows. Failed, missing and skipped cells are drawn apart. `annotate` is a template for
    what stands below each image, such as "{total_loss:.2e}"; `border` a column whose values colour the cells' borders;
    `title` and `caption` are text above and below. A sheet too large for the format of `suffix` is drawn smaller and
    says so, and of more than 5,000 trials it shows some (ThinnedWarning). Raises SheetError.
    """
    additions = Additions(annotate, border, title, caption)
    trials, additions = _bounded(trials, additions)
    [page] = _pages(trials, rows, columns, suffix, additions, None)
    warn_of_missing_glyphs([page])
    return _pixels(page, trials)


def sheet_files(
    trials: pd.DataFrame,
    name: str,
    rows: str | Sequence[str] | None = None,
    columns: str | Sequence[str] | None = None,
    *,
    additions: Additions = NOTHING_ADDED,
    page_rows: int | None = None,
) -> dict[str, bytes]:
    """A sheet as files, by name: .png, .jpg, .webp, .svg or .pdf, as the suffix of `name` says. See `sheet`.

    With `page_rows` a long sheet is divided after at most this many rows, between groups where it can be: a PDF has
    pages, other formats have files whose names end in -1, -2 and so on. Text stays text in SVG and PDF. Raises
    SheetError.
    """
    suffix = PurePath(name).suffix.lower()
    trials, additions = _bounded(trials, additions) if page_rows is None else (trials.reset_index(drop=True), additions)
    pages = _pages(trials, rows, columns, suffix, additions, page_rows)
    if suffix != ".svg":
        warn_of_missing_glyphs(pages)
    if suffix == ".pdf":
        from results.sheets.pdf import PdfPainter

        document = PdfPainter(pages[0].title, additions.author)
        for page in pages:
            document.begin(page.width, page.height)
            paint(page, trials, document)
        return {name: document.content()}
    stem = name.removesuffix(PurePath(name).suffix)
    names = [name] if len(pages) == 1 else [f"{stem}-{number}{suffix}" for number in range(1, len(pages) + 1)]
    return {one: _page_file(page, trials, suffix) for one, page in zip(names, pages, strict=True)}


def _bounded(trials: pd.DataFrame, additions: Additions) -> tuple[pd.DataFrame, Additions]:
    """The trials that fit on one sheet, and a caption that says which these are if they are not all."""
    shown, which = thinned(trials)
    if which:
        message = f"the sheet shows {which}. `sweep sheet` draws others with --where, or all with --page-rows"
        warnings.warn(message, ThinnedWarning, stacklevel=3)
        additions = replace(additions, caption="\n".join(filter(None, [additions.caption, f"Shown: {which}"])))
    return shown.reset_index(drop=True), additions


def _page_file(page: Page, trials: pd.DataFrame, suffix: str) -> bytes:
    if suffix == ".svg":
        from results.sheets.svg import SvgPainter

        painter = SvgPainter(page.width, page.height, page.title)
        paint(page, trials, painter)
        return painter.content()
    if suffix == ".png":
        return png(_pixels(page, trials))
    buffer = io.BytesIO()
    _pixels(page, trials).save(buffer, {".jpg": "JPEG", ".webp": "WEBP"}[suffix])
    return buffer.getvalue()


def _pixels(page: Page, trials: pd.DataFrame) -> Image.Image:
    painter = PixelPainter(page.width, page.height)
    paint(page, trials, painter)
    return painter.canvas


def empty_sheet(
    trials: pd.DataFrame, rows: str | Sequence[str] | None, columns: str | Sequence[str] | None, room: tuple[int, int]
) -> tuple[Image.Image, dict[int, Area]]:
    """A sheet of at most `room` pixels (width, height) without the images of trials that are done, for films; and where
    each of these images belongs, by the number of its row in the table. Raises SheetError.
    """

    def share_that_fits(width: int, height: int) -> float:
        return min(room[0] / width, room[1] / height)

    trials = trials.reset_index(drop=True)
    layout = _arranged(trials, rows, columns)
    page = _fitted(trials, layout, NOTHING_ADDED, share_that_fits, f"a film of {room[0]}×{room[1]} pixels")
    warn_of_missing_glyphs([page])
    return _pixels(page.without_results(), trials), page.results


def _pages(
    trials: pd.DataFrame,
    rows: str | Sequence[str] | None,
    columns: str | Sequence[str] | None,
    suffix: str,
    additions: Additions,
    page_rows: int | None,
) -> list[Page]:
    if suffix not in MOST_EDGE:
        raise SheetError(f"a sheet cannot be saved as {suffix or 'a file without suffix'}; use {', '.join(MOST_EDGE)}")

    def share_that_fits(width: int, height: int) -> float:
        return min(MOST_EDGE[suffix] / max(width, height), math.sqrt(MOST_PIXELS / (width * height)))

    additions.check(trials)
    parts = in_pages(_arranged(trials, rows, columns), page_rows)
    what = f"one {suffix} sheet"
    if len(parts) == 1:
        return [_fitted(trials, parts[0], additions, share_that_fits, what)]
    numbered = [additions.on_page(number, len(parts)) for number in range(1, len(parts) + 1)]
    return [_fitted(trials, part, page, share_that_fits, what) for part, page in zip(parts, numbered, strict=True)]


def _arranged(trials: pd.DataFrame, rows: str | Sequence[str] | None, columns: str | Sequence[str] | None) -> Layout:
    """The layout of these trials, wrapped if it would be a long strip."""
    width, height = largest_image(trials)
    return wrapped(arrange(trials, _names(rows), _names(columns)), width / height)


def _fitted(
    trials: pd.DataFrame,
    layout: Layout,
    additions: Additions,
    share_that_fits: Callable[[int, int], float],
    what: str,
) -> Page:
    """The page with the largest cells that fits. Of a page that is too large, `share_that_fits` is below 1."""
    edge = LARGEST_CELL
    while True:
        page = place(trials, layout, edge, additions)
        share = share_that_fits(page.width, page.height)
        if share >= 1:
            return page
        if edge <= 4:
            raise SheetError(f"{len(trials):,} trials are too many for {what}; filter the table, or use --where")
        edge = max(4, min(edge - 1, int(page.cell_edge * share)))


def _names(axes: str | Sequence[str] | None) -> list[str] | None:
    return [axes] if isinstance(axes, str) else None if axes is None else list(axes)
