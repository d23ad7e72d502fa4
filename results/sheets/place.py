"""Places a comparison sheet: the position of each image, note and border in pixels, and the size of the page.

Headings and labels are in `headings`, title and footer in `surroundings`. Nothing is painted and no image of a trial is
opened here, so that a sheet too large for its format is found at once.
"""

from __future__ import annotations

import math

import pandas as pd

from results.sheets.additions import NOTHING_ADDED, Additions
from results.sheets.boxes import Area, Box, FillBox, Page, Point, ResultBox, TextBox
from results.sheets.colour_scale import ColourScale
from results.sheets.headings import RULE, Headings, Span
from results.sheets.layout import Key, Layout
from results.sheets.sizes import DrawnSizes, Sizes
from results.sheets.surroundings import footer, header, key_of_borders, page_title
from results.sheets.text import ACCENT, GREY, Block, block
from stylize.settings.value_text import setting_name

MISSING, FAILED, EMPTY = "#f0f0f0", "#fbe9e7", "#ffffff"


def place(trials: pd.DataFrame, layout: Layout, largest_cell: int, additions: Additions = NOTHING_ADDED) -> Page:
    """The page of a layout of these trials, whose rows are numbered from 0. No cell has an edge above `largest_cell`
    pixels.
    """
    sizes = Sizes.of(trials, largest_cell, bordered=additions.border is not None)
    body = _Body(trials, layout, sizes, additions)
    boxes, bottom = header(trials, body.width, sizes, additions)
    for section in (
        body.bands,
        lambda top: key_of_borders(body.colours, setting_name(additions.border or ""), top, sizes),
        lambda top: footer(trials, layout.fixed, body.width, top, sizes, additions),
    ):
        more, bottom = section(bottom)
        boxes += more
    height = bottom + sizes.text + sizes.margin
    return Page(body.width, height, page_title(trials, additions), max(sizes.cell), tuple(boxes))


def _notice(text: str, area: Area, sizes: Sizes, colour: str, fill: str, outline: str) -> list[TextBox | FillBox]:
    """A cell that says why it has no image. If there is no room for words, only its colours say it."""
    size = max(8, min(sizes.text, max(sizes.cell) // 12))
    boxes: list[TextBox | FillBox] = [FillBox(area, fill, outline)]
    width, height = area.width - 1 - size // 2, area.height - 1 - size // 2
    line = Block((), size).line_height
    if width >= 4 * size and height >= line:
        words = block(text, size, width, colour=colour, most_lines=max(1, height // line))
        middle = area.left + (area.width - 1) / 2, area.top + (area.height - 1) / 2
        boxes.append(TextBox(words, Point(middle[0], middle[1] - words.height / 2), centred=True))
    return boxes


class _Body:
    """The images with all that stands between header and footer."""

    def __init__(self, trials: pd.DataFrame, layout: Layout, sizes: Sizes, additions: Additions) -> None:
        self._trials, self._layout, self._sizes, self._additions = trials, layout, sizes, additions
        self._statuses = trials["status"].tolist()  # rows of a wide table are slow to get
        self._headings = Headings(trials, layout, sizes)
        self._drawn = DrawnSizes.of(trials, layout, sizes.cell)
        self._bands = self._column_spans(sizes.margin + self._headings.label_width)
        self._notes = self._note_blocks()
        tallest = max((note.height for note in self._notes.values()), default=0)
        self._note_height = tallest + sizes.border + 1 if self._notes else 0
        self._values = self._border_values()
        self.colours = ColourScale.of(self._values)
        right = max(span.right for band in self._bands for span in band.values())
        self.width = max(right, 30 * sizes.text) + sizes.margin

    def bands(self, top: int) -> tuple[list[Box], int]:
        """All bands of columns one below the other, and where they end."""
        boxes: list[Box] = []
        for number, band in enumerate(self._bands):
            top += self._sizes.text if number else 0
            more, top = self._headings.of_columns(band, top, first=number == 0)
            boxes += more
            more, top = self._rows(band, top)
            boxes += more
        return boxes, top + self._sizes.text

    def _rows(self, band: dict[Key, Span], top: int) -> tuple[list[Box], int]:
        """The rows of a band: headings of groups, labels, images."""
        boxes: list[Box] = []
        previous: Key | None = None
        for row in self._layout.rows:
            more, top = self._headings.of_group(row, previous, self.width - self._sizes.margin, top)
            boxes += more
            previous = row
            image_height = self._drawn.heights[row]
            height = max(image_height + self._note_height, self._headings.row_label_height(row))
            boxes += self._headings.of_row(row, top, height)
            cell_top = top + (height - image_height - self._note_height) // 2
            for column, span in band.items():
                cell = Area(span.left, cell_top, span.right - span.left, image_height)
                area = cell.middle_of(*self._drawn.images[row, column])
                boxes += self._cell(self._layout.cells.get((row, column)), area)
            top += height + self._sizes.gap
        return boxes, top

    def _column_spans(self, left: int) -> list[dict[Key, Span]]:
        """The columns of each band. Those that are one below the other are equally wide. Groups of columns that differ
        in an outer axis stand apart.
        """
        bands = self._layout.column_bands
        widths = [
            max(self._drawn.widths[band[number]] for band in bands if number < len(band))
            for number in range(max(map(len, bands)))
        ]
        placed = []
        for band in bands:
            spans: dict[Key, Span] = {}
            at, previous = left, None
            for key, width in zip(band, widths, strict=False):
                if previous is not None and key[:-1] != previous[:-1]:
                    at += 3 * self._sizes.gap
                spans[key] = Span(at, at + width)
                at, previous = at + width + self._sizes.gap, key
            placed.append(spans)
        return placed

    def _note_blocks(self) -> dict[int, Block]:
        """What stands below each trial's image, by the number of its row."""
        additions, sizes = self._additions, self._sizes
        if additions.annotate is None:
            return {}
        size = max(8, round(sizes.text * 0.85))
        found = {}
        for (_, column), number in self._layout.cells.items():
            row = self._trials.iloc[number]
            text = additions.note(row) if row["status"] == "done" else ""
            found[number] = block(text, size, self._drawn.widths[column], colour=GREY)
        return found

    def _border_values(self) -> dict[int, float]:
        """The value that each border shows, by the number of the trial's row."""
        column = self._additions.border
        if column is None:
            return {}
        done = self._trials[self._trials["status"] == "done"]
        values = dict(zip(done.index.tolist(), done[column].astype(float).tolist(), strict=True))
        return {number: value for number, value in values.items() if math.isfinite(value)}

    def _cell(self, number: int | None, area: Area) -> list[Box]:
        """One trial's image with its border and its note, or why there is no image."""
        sizes = self._sizes
        if number is None and self._layout.ragged:
            return []
        if number is None:
            return [*_notice("not in the grid", area, sizes, GREY, EMPTY, RULE)]
        status = self._statuses[number]
        boxes: list[Box] = []
        if self.colours:
            value = self._values.get(number)
            colour = MISSING if value is None else self.colours.colour(value)
            boxes.append(FillBox(area.grown(sizes.border), colour))
        if status == "missing":
            boxes += _notice("not run yet", area, sizes, GREY, MISSING, RULE)
        elif status == "failed":
            boxes += _notice(f"failed: {self._trials['error'].iloc[number]}", area, sizes, ACCENT, FAILED, ACCENT)
        else:
            instead = _notice("its image is missing or damaged", area, sizes, ACCENT, FAILED, ACCENT)
            boxes.append(ResultBox(area, number, tuple(instead)))
        if number in self._notes:
            below = Point(area.left + area.width / 2, area.bottom + sizes.border + 1)
            boxes.append(TextBox(self._notes[number], below, centred=True))
        return boxes
