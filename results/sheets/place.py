"""Placing a comparison sheet: where each heading, label, image and note stands, in pixels.

What surrounds the images (title, reference pictures, footer) is in `surroundings`. Nothing is painted and no image of a
trial is opened here, so that a sheet too large for its format is found at once.
"""

from __future__ import annotations

import math

import pandas as pd

from results.sheets.additions import NOTHING_ADDED, Additions, filled_in
from results.sheets.boxes import Area, Box, FillBox, LineBox, Page, Point, ReferenceBox, ResultBox, TextBox
from results.sheets.colour_scale import ColourScale
from results.sheets.layout import Key, Layout
from results.sheets.sizes import Sizes
from results.sheets.surroundings import footer, header, key_of_borders, page_title
from results.sheets.text import ACCENT, GREY, Block, block
from results.table.axes import PICTURES, Axis
from results.table.labels import setting_name

RULE, MISSING, FAILED, EMPTY = "#c9c9c9", "#f0f0f0", "#fbe9e7", "#ffffff"


def place(trials: pd.DataFrame, layout: Layout, largest_cell: int, additions: Additions = NOTHING_ADDED) -> Page:
    """The page of a layout of these trials, whose rows are numbered from 0. No cell has an edge above `largest_cell`
    pixels.
    """
    sizes = Sizes.of(trials, largest_cell, bordered=additions.border is not None)
    body = _Body(trials, layout, sizes, additions)
    boxes, bottom = header(trials, body.width, sizes, additions)
    for section in (
        body.headings,
        body.rows,
        lambda top: key_of_borders(body.colours, setting_name(additions.border or ""), top, sizes),
        lambda top: footer(trials, layout.fixed, body.width, top, sizes, additions),
    ):
        more, bottom = section(bottom)
        boxes += more
    height = bottom + sizes.text + sizes.margin
    return Page(body.width, height, page_title(trials, additions), max(sizes.cell), tuple(boxes))


def _notice(text: str, area: Area, sizes: Sizes, colour: str, fill: str, outline: str) -> list[TextBox | FillBox]:
    """A cell that says why it has no image. Where it has no room for words, its colours have to do."""
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
    """The images with what stands beside, above and below them. Each section returns its boxes and where it ends."""

    def __init__(self, trials: pd.DataFrame, layout: Layout, sizes: Sizes, additions: Additions) -> None:
        self._trials, self._layout, self._sizes, self._additions = trials, layout, sizes, additions
        self._row_axis = layout.row_axes[-1] if layout.row_axes else None
        self._row_labels, label_width = self._labels()
        self._lefts = self._column_lefts(sizes.margin + label_width)
        self._notes = self._note_blocks()
        tallest = max((note.height for note in self._notes.values()), default=0)
        self._note_height = tallest + sizes.border + 1 if self._notes else 0
        self._values = self._border_values()
        self.colours = ColourScale.of(self._values)
        self.width = max(self._lefts[-1] + sizes.cell[0], 30 * sizes.text) + sizes.margin

    def headings(self, top: int) -> tuple[list[Box], int]:
        """Above the columns: the names of their axes, their labels, and the small pictures below these."""
        sizes, axes = self._sizes, self._layout.column_axes
        below = sizes.text // 2
        boxes: list[Box] = []
        if not axes:
            top += (sizes.line if self._row_axis else 0) + below
        else:
            titles = Block((" / ".join(axis.title for axis in axes),), sizes.text, colour=GREY)
            boxes.append(TextBox(titles, Point(self._middle(0, len(self._lefts) - 1), top), centred=True))
            top += sizes.line
            for depth in range(len(axes)):
                more, top = self._headings_of(depth, top)
                boxes += more
            if axes[-1].name in PICTURES:
                top += sizes.thumbnail[1] + below
            top += below
        if self._row_axis:
            title = Block((self._row_axis.title,), sizes.text, colour=GREY)
            boxes.append(TextBox(title, Point(sizes.margin, top - sizes.line - sizes.text // 2)))
        return boxes, top

    def rows(self, top: int) -> tuple[list[Box], int]:
        """The images row by row, with the row's label, and a heading above each group of rows."""
        sizes = self._sizes
        boxes: list[Box] = []
        previous: Key | None = None
        for row in self._layout.rows:
            group = self._group_heading(row, previous)
            previous = row
            if group:
                boxes.append(LineBox(Point(sizes.margin, top + 2), Point(self.width - sizes.margin, top + 2), RULE))
                boxes.append(TextBox(group, Point(sizes.margin, top + sizes.text // 2)))
                top += group.height + sizes.text
            height = max(sizes.cell[1] + self._note_height, self._label_height(row))
            if self._row_axis:
                boxes += self._row_label(self._row_axis, row, top, height)
            cell_top = top + (height - sizes.cell[1] - self._note_height) // 2
            for left, column in zip(self._lefts, self._layout.columns, strict=True):
                boxes += self._cell(self._layout.cells.get((row, column)), Area(left, cell_top, *sizes.cell))
            top += height + sizes.gap
        return boxes, top + sizes.text

    def _labels(self) -> tuple[list[Block], int]:
        """The labels of the innermost row axis, and the width of the column that they stand in."""
        axis, sizes = self._row_axis, self._sizes
        if axis is None:
            return [], 0
        widest = max(14 * sizes.text, sizes.cell[0] // 2)
        labels = [block(label, sizes.text, widest, most_lines=12) for label in axis.distinct_labels()]
        width = max(one.width for one in [*labels, block(axis.title, sizes.text, widest)])
        if axis.name in PICTURES:
            width = max(width, sizes.thumbnail[0])
        return labels, width + sizes.text

    def _column_lefts(self, left: int) -> list[int]:
        """The left edge of each column; groups that differ in an outer axis stand apart."""
        columns = self._layout.columns
        lefts = []
        for number, key in enumerate(columns):
            if number and key[:-1] != columns[number - 1][:-1]:
                left += 3 * self._sizes.gap
            lefts.append(left)
            left += self._sizes.cell[0] + self._sizes.gap
        return lefts

    def _note_blocks(self) -> dict[int, Block]:
        """What stands below each trial's image, by the number of its row."""
        template, sizes = self._additions.annotate, self._sizes
        if template is None:
            return {}
        size = max(8, round(sizes.text * 0.85))
        found = {}
        for number in self._layout.cells.values():
            row = self._trials.iloc[number]
            text = filled_in(template, row) if row["status"] == "done" else ""
            found[number] = block(text, size, sizes.cell[0], colour=GREY)
        return found

    def _border_values(self) -> dict[int, float]:
        """The value that each border shows, by the number of the trial's row."""
        column = self._additions.border
        if column is None:
            return {}
        done = self._trials[self._trials["status"] == "done"]
        values = dict(zip(done.index.tolist(), done[column].astype(float).tolist(), strict=True))
        return {number: value for number, value in values.items() if math.isfinite(value)}

    def _headings_of(self, depth: int, top: int) -> tuple[list[Box], int]:
        """The labels of one column axis, each over the columns that it spans."""
        axis, sizes = self._layout.column_axes[depth], self._sizes
        innermost = depth == len(self._layout.column_axes) - 1
        keys = [key[: depth + 1] for key in self._layout.columns]
        labels = {
            key: block(
                axis.distinct_labels()[key[-1]],
                sizes.text,
                keys.count(key) * (sizes.cell[0] + sizes.gap) - sizes.gap,
            )
            for key in dict.fromkeys(keys)
        }
        bottom = top + max(one.height for one in labels.values())
        boxes: list[Box] = []
        for key, label in labels.items():
            first = keys.index(key)
            last = first + keys.count(key) - 1
            middle = self._middle(first, last)
            boxes.append(TextBox(label, Point(middle, bottom - label.height), centred=True))
            if not innermost:
                right = self._lefts[last] + sizes.cell[0]
                boxes.append(LineBox(Point(self._lefts[first], bottom), Point(right, bottom), RULE))
            elif axis.name in PICTURES:
                boxes += self._thumbnail(axis, key[-1], round(middle - sizes.thumbnail[0] / 2), bottom)
        return boxes, bottom

    def _middle(self, first: int, last: int) -> float:
        """The middle of a range of columns."""
        return (self._lefts[first] + self._lefts[last] + self._sizes.cell[0]) / 2

    def _group_heading(self, key: Key, previous: Key | None) -> Block | None:
        """The heading above a row that differs from the one before in an outer axis."""
        axes = self._layout.row_axes[:-1]
        if not axes or (previous is not None and previous[:-1] == key[:-1]):
            return None
        parts = (f"{axis.title}: {axis.distinct_labels()[code]}" for axis, code in zip(axes, key, strict=False))
        text = " · ".join(part.replace("\n", " + ") for part in parts)
        return block(text, self._sizes.text, self.width - 2 * self._sizes.margin, bold=True)

    def _label_height(self, row: Key) -> int:
        if self._row_axis is None:
            return 0
        pictured = self._row_axis.name in PICTURES
        return self._row_labels[row[-1]].height + (self._sizes.thumbnail[1] if pictured else 0)

    def _row_label(self, axis: Axis, row: Key, top: int, height: int) -> list[Box]:
        """The label of a row in the middle of its height, below its small picture where it has one."""
        start = top + (height - self._label_height(row)) // 2
        boxes: list[Box] = []
        if axis.name in PICTURES:
            boxes += self._thumbnail(axis, row[-1], self._sizes.margin, start)
            start += self._sizes.thumbnail[1]
        return [*boxes, TextBox(self._row_labels[row[-1]], Point(self._sizes.margin, start))]

    def _thumbnail(self, axis: Axis, code: int, left: int, top: int) -> list[Box]:
        """The picture of one value of a content or style axis, if any trial used it."""
        has_picture = self._trials[f"{axis.name}_sha256"].notna().tolist()
        row = next((row for row, one in enumerate(axis.codes) if one == code and has_picture[row]), None)
        return [] if row is None else [ReferenceBox(Area(left, top, *self._sizes.thumbnail), axis.name, row)]

    def _cell(self, number: int | None, area: Area) -> list[Box]:
        """One trial's image with its border and its note, or why there is none."""
        sizes = self._sizes
        if number is None:
            return [*_notice("not in the grid", area, sizes, GREY, EMPTY, RULE)]
        boxes: list[Box] = []
        if self.colours:
            value = self._values.get(number)
            colour = MISSING if value is None else self.colours.colour(value)
            boxes.append(FillBox(area.grown(sizes.border), colour))
        row = self._trials.iloc[number]
        if row["status"] == "missing":
            boxes += _notice("not run yet", area, sizes, GREY, MISSING, RULE)
        elif row["status"] == "failed":
            boxes += _notice(f"failed: {row['error']}", area, sizes, ACCENT, FAILED, ACCENT)
        else:
            instead = _notice("its image is missing or damaged", area, sizes, ACCENT, FAILED, ACCENT)
            boxes.append(ResultBox(area, number, tuple(instead)))
        if number in self._notes:
            below = Point(area.left + area.width / 2, area.bottom + sizes.border + 1)
            boxes.append(TextBox(self._notes[number], below, centred=True))
        return boxes
