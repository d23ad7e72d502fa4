"""Draw a comparison sheet like a paper's figure: images in a grid with labelled axes, and what was fixed."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import Any

import pandas as pd
from PIL import Image

from results.errors import RunError, SheetError
from results.sheets.colour_scale import ColourScale
from results.sheets.layout import Axis, Key, Layout, arrange, in_pages
from results.sheets.look import PLAIN, Look
from results.sheets.measure import ACCENT, GREY, PICTURES, Block, Measures
from results.sheets.painter import Box, Painter, PixelPainter
from results.sheets.text import font, line_height, wrap
from results.table.load import image, reference

MOST_PIXELS = 100_000_000
MOST_EDGE = {".png": 30_000, ".jpg": 30_000, ".webp": 16_383, ".svg": 30_000, ".pdf": 14_400}
"""What common viewers still open, and what the formats can hold."""

LARGEST_CELL = 512
"""Pixels: larger images are reduced in the sheet."""

RULE, MISSING, FAILED = "#c9c9c9", "#f0f0f0", "#fbe9e7"


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
    says so. Raises SheetError.
    """
    look = Look(annotate, border, title, caption)
    [measures] = _pages(trials, rows, columns, suffix, look, None)
    painter = PixelPainter(measures.width, measures.height)
    Drawing(measures, painter).draw()
    return painter.canvas


def sheet_files(
    trials: pd.DataFrame,
    name: str,
    rows: str | Sequence[str] | None = None,
    columns: str | Sequence[str] | None = None,
    *,
    look: Look = PLAIN,
    page_rows: int | None = None,
) -> dict[str, bytes]:
    """A sheet as files, by name: .png, .jpg, .webp, .svg or .pdf, as the suffix of `name` says. See `sheet`.

    With `page_rows` a long sheet is divided after at most so many rows, between groups where it can be: a PDF has
    pages, other formats have files whose names end in -1, -2 and so on. Text stays text in SVG and PDF. Raises
    SheetError.
    """
    suffix = PurePath(name).suffix.lower()
    pages = _pages(trials, rows, columns, suffix, look, page_rows)
    if suffix == ".pdf":
        from results.sheets.pdf import PdfPainter

        document = PdfPainter()
        for measures in pages:
            document.begin(measures.width, measures.height)
            Drawing(measures, document).draw()
        return {name: document.content()}
    names = (
        [name] if len(pages) == 1 else [f"{name[: -len(suffix)]}-{page}{suffix}" for page in range(1, len(pages) + 1)]
    )
    return {one: _page_file(measures, suffix) for one, measures in zip(names, pages, strict=True)}


def _page_file(measures: Measures, suffix: str) -> bytes:
    if suffix == ".svg":
        from results.sheets.svg import SvgPainter

        drawn = SvgPainter(measures.width, measures.height, measures.title)
        Drawing(measures, drawn).draw()
        return drawn.content()
    painter = PixelPainter(measures.width, measures.height)
    Drawing(measures, painter).draw()
    buffer = io.BytesIO()
    painter.canvas.save(buffer, {".jpg": "JPEG", ".png": "PNG", ".webp": "WEBP"}[suffix])
    return buffer.getvalue()


def empty_sheet(
    trials: pd.DataFrame, rows: str | Sequence[str] | None, columns: str | Sequence[str] | None, room: tuple[int, int]
) -> tuple[Image.Image, dict[int, Box]]:
    """A sheet of at most `room` pixels (width, height) without the images of trials that are done, for films; and where
    they belong, by their places in the table. Raises SheetError.
    """

    def scale(width: int, height: int) -> float:
        return min(room[0] / width, room[1] / height)

    trials = trials.reset_index(drop=True)
    layout = arrange(trials, _names(rows), _names(columns))
    measures = _measured(trials, layout, PLAIN, scale, f"a film of {room[0]}×{room[1]} pixels")
    painter = PixelPainter(measures.width, measures.height)
    drawing = Drawing(measures, painter, empty=True)
    drawing.draw()
    return painter.canvas, drawing.boxes


def _pages(
    trials: pd.DataFrame,
    rows: str | Sequence[str] | None,
    columns: str | Sequence[str] | None,
    suffix: str,
    look: Look,
    page_rows: int | None,
) -> list[Measures]:
    if suffix not in MOST_EDGE:
        raise SheetError(f"a sheet cannot be saved as {suffix or 'a file without suffix'}; use {', '.join(MOST_EDGE)}")

    def scale(width: int, height: int) -> float:
        return min(MOST_EDGE[suffix] / max(width, height), math.sqrt(MOST_PIXELS / (width * height)))

    trials = trials.reset_index(drop=True)
    look.check(trials)
    parts = in_pages(arrange(trials, _names(rows), _names(columns)), page_rows)
    what = f"one {suffix} sheet"
    if len(parts) == 1:
        return [_measured(trials, parts[0], look, scale, what)]
    numbered = [look.on_page(number, len(parts)) for number in range(1, len(parts) + 1)]
    return [_measured(trials, part, page, scale, what) for part, page in zip(parts, numbered, strict=True)]


def _measured(
    trials: pd.DataFrame, layout: Layout, look: Look, scale: Callable[[int, int], float], what: str
) -> Measures:
    """The measures of the largest sheet that fits: `scale` says by how much one of a width and height is too large."""
    edge = LARGEST_CELL
    while True:
        measures = Measures(trials, layout, edge, look)
        factor = scale(measures.width, measures.height)
        if factor >= 1:
            return measures
        if edge <= 4:
            raise SheetError(f"{len(trials):,} trials are too many for {what}; filter the table, or use --where")
        edge = max(4, min(edge - 1, int(max(measures.cell) * factor)))


def _names(axes: str | Sequence[str] | None) -> list[str] | None:
    return [axes] if isinstance(axes, str) else None if axes is None else list(axes)


class Drawing:
    """What is where on a sheet, given to a painter. `empty`: images of trials are left out, and `boxes` has where they
    belong.
    """

    def __init__(self, measures: Measures, painter: Painter, *, empty: bool = False) -> None:
        self._m = measures
        self._painter = painter
        self._empty = empty
        self.boxes: dict[int, Box] = {}
        self._scale = ColourScale.of(measures.border_values) if measures.look.border else None

    def draw(self) -> None:
        """Paint it all."""
        m = self._m
        self._header()
        top = m.margin + m.header_height
        self._headings(top)
        top += m.headings_height
        axis = m.layout.row_axes[-1] if m.layout.row_axes else None
        if axis:
            self._text(Block([axis.title], m.text, colour=GREY), m.margin, top - m.line - m.text // 2)
        for row, group, height in zip(m.layout.rows, m.groups, m.row_heights, strict=True):
            if group:
                self._painter.line((m.margin, top + 2), (m.width - m.margin, top + 2), RULE)
                self._text(group, m.margin, top + m.text // 2)
                top += group.height + m.text
            if axis:
                self._row_label(axis, row, top, height - m.gap)
            for left, column in zip(m.lefts, m.layout.columns, strict=True):
                place = m.layout.cells.get((row, column))
                cell_top = top + (height - m.gap - m.cell[1] - m.note_height) // 2
                self._cell(place, left, cell_top)
                if place in m.notes:
                    self._text(m.notes[place], left + m.cell[0] / 2, cell_top + m.cell[1] + m.note_gap, centred=True)
            top += height
        top += m.text
        if self._scale:
            top = self._key_of_borders(self._scale, top)
        for block in m.footer:
            self._text(block, m.margin, top)
            top += block.height

    def _header(self) -> None:
        m = self._m
        top = m.margin
        for block in m.header:
            self._text(block, m.margin, top)
            top += block.height
        right = m.width - m.margin
        for caption, thumbnail in reversed(m.references):
            right -= m.thumbnail[0]
            self._paste(thumbnail, right, m.margin, m.thumbnail)
            lines = wrap(caption, font(m.text), m.thumbnail[0] + m.gap, most_lines=2)
            self._text(Block(lines, m.text, colour=GREY), right, m.margin + m.thumbnail[1])
            right -= 2 * m.gap

    def _headings(self, top: int) -> None:
        m = self._m
        if not m.layout.column_axes:
            return
        titles = " / ".join(axis.title for axis in m.layout.column_axes)
        self._text(Block([titles], m.text, colour=GREY), self._middle(0, len(m.lefts) - 1), top, centred=True)
        top += m.line
        for depth, (axis, blocks) in enumerate(zip(m.layout.column_axes, m.headings, strict=True)):
            keys = [key[: depth + 1] for key in m.layout.columns]
            height = max(block.height for block in blocks.values())
            innermost = depth == len(m.layout.column_axes) - 1
            for key, block in blocks.items():
                first, last = keys.index(key), keys.index(key) + keys.count(key) - 1
                middle = self._middle(first, last)
                self._text(block, middle, top + height - block.height, centred=True)
                if not innermost:
                    self._painter.line((m.lefts[first], top + height), (m.lefts[last] + m.cell[0], top + height), RULE)
                elif axis.setting in PICTURES:
                    self._thumbnail(axis.setting, key[-1], round(middle - m.thumbnail[0] / 2), top + height)
            top += height

    def _middle(self, first: int, last: int) -> float:
        """The middle of a range of columns."""
        return (self._m.lefts[first] + self._m.lefts[last] + self._m.cell[0]) / 2

    def _row_label(self, axis: Axis, row: Key, top: int, height: int) -> None:
        m = self._m
        block = m.row_labels[row[-1]]
        pictured = axis.setting in PICTURES
        start = top + (height - block.height - (m.thumbnail[1] if pictured else 0)) // 2
        if pictured:
            self._thumbnail(axis.setting, row[-1], m.margin, start)
            start += m.thumbnail[1]
        self._text(block, m.margin, start)

    def _thumbnail(self, picture: str, value: Any, left: int, top: int) -> None:
        """The reference picture of one value of a content or style axis, if any trial used it."""
        trials = self._m.trials
        rows = trials[(trials[picture] == value) & trials[f"{picture}_sha256"].notna()]
        found = reference(rows.iloc[0], picture) if len(rows) else None
        if found:
            self._paste(found, left, top, self._m.thumbnail)

    def _key_of_borders(self, scale: ColourScale, top: int) -> int:
        """Which colour is which value, from the least to the largest; where it ends."""
        m = self._m
        texts = [f"{m.border_title}: {scale.low_text}", scale.high_text]
        left: float = m.margin
        self._text(Block([texts[0]], m.text), left, top)
        left += font(m.text).getlength(texts[0]) + m.text // 2
        steps, step = 24, max(2, m.text // 2)
        for place in range(steps):
            box = (round(left) + place * step, top + m.line // 4, step, m.line // 2)
            self._painter.rectangle(box, scale.at(place / (steps - 1)), None)
        self._text(Block([texts[1]], m.text), left + steps * step + m.text // 2, top)
        return top + m.line + m.text // 2

    def _border(self, place: int, left: int, top: int) -> None:
        m = self._m
        if self._scale is None:
            return
        value = m.border_values.get(place)
        colour = MISSING if value is None else self._scale.colour(value)
        wide = m.border_width
        self._painter.rectangle((left - wide, top - wide, m.cell[0] + 2 * wide, m.cell[1] + 2 * wide), colour, None)

    def _cell(self, place: int | None, left: int, top: int) -> None:
        """One trial's image, or why there is none."""
        width, height = self._m.cell
        if place is not None:
            self._border(place, left, top)
        box = (left, top, left + width - 1, top + height - 1)
        if place is None:
            self._notice("not in the grid", box, GREY, "#ffffff", RULE)
            return
        row = self._m.trials.iloc[place]
        if row["status"] == "missing":
            self._notice("not run yet", box, GREY, MISSING, RULE)
        elif row["status"] == "failed":
            self._notice(f"failed: {row['error']}", box, ACCENT, FAILED, ACCENT)
        elif self._empty:
            self.boxes[place] = (left, top, width, height)
        else:
            try:
                self._paste(image(row), left, top, self._m.cell)
            except (RunError, OSError):
                self._notice("its image is missing or damaged", box, ACCENT, FAILED, ACCENT)

    def _notice(self, text: str, box: tuple[int, int, int, int], colour: str, fill: str, outline: str) -> None:
        left, top, right, bottom = box
        self._painter.rectangle((left, top, right - left + 1, bottom - top + 1), fill, outline)
        size = max(8, min(self._m.text, max(self._m.cell) // 12))
        room = (right - left - size // 2, bottom - top - size // 2)
        if room[0] < 4 * size or room[1] < line_height(font(size)):
            return  # no place for words: the colours must do
        block = Block(wrap(text, font(size), room[0], max(1, room[1] // line_height(font(size)))), size, colour=colour)
        self._text(block, (left + right) / 2, (top + bottom - block.height) / 2, centred=True)

    def _text(self, block: Block, left: float, top: float, *, centred: bool = False) -> None:
        typeface = font(block.size, bold=block.bold)
        for line in block.lines:
            shift = typeface.getlength(line) / 2 if centred else 0
            self._painter.text(left - shift, top, line, block)
            top += line_height(typeface)

    def _paste(self, picture: Image.Image, left: int, top: int, box: tuple[int, int]) -> None:
        self._painter.picture(picture, (left, top, *box))
