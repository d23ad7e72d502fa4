"""What stands beside the images of a sheet: headings of columns, headings of groups of rows, and labels of rows.

Each has the small picture of its value where the axis is one of pictures. The images themselves are in `place`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from results.sheets.boxes import Area, Box, LineBox, Point, ReferenceBox, TextBox
from results.sheets.layout import Key, Layout
from results.sheets.sizes import Sizes
from results.sheets.text import GREY, Block, block
from results.table.axes import PICTURES, Axis
from results.table.load import MASKS, reference_sha256

RULE = "#c9c9c9"


@dataclass(frozen=True)
class Span:
    """From the left edge of a column to its right edge, or of several columns."""

    left: int
    right: int

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2


class Headings:
    """The headings of a layout of these trials. What returns boxes also returns where they end."""

    def __init__(self, trials: pd.DataFrame, layout: Layout, sizes: Sizes) -> None:
        self._layout, self._sizes = layout, sizes
        self._pictures = {
            axis.name: _first_pictures(trials, axis)
            for axis in (*layout.row_axes, *layout.column_axes)
            if axis.name in (*PICTURES, *MASKS)
        }
        self._row_axis = layout.row_axes[-1] if layout.row_axes else None
        widest = max(14 * sizes.text, sizes.cell[0] // 2)
        labels = self._row_axis.distinct_labels() if self._row_axis else ()
        self._row_labels = [block(label, sizes.text, widest, most_lines=12) for label in labels]
        self.label_width = self._label_width(widest)

    def _label_width(self, widest: int) -> int:
        """Pixels that the labels of rows take, with the gap to the images; 0 without labels."""
        axis, sizes = self._row_axis, self._sizes
        if axis is None:
            return 0
        width = max(one.width for one in [*self._row_labels, block(axis.title, sizes.text, widest)])
        return max(width, sizes.thumbnail[0] if axis.name in self._pictures else 0) + sizes.text

    def of_columns(self, band: Mapping[Key, Span], top: int, *, first: bool) -> tuple[list[Box], int]:
        """Above the columns of a band: the names of the axes above the first band, and in each the values' labels."""
        sizes, axes = self._sizes, self._layout.column_axes
        boxes: list[Box] = []
        if not axes:
            top += sizes.line if self._row_axis else 0
        else:
            everything = _span(list(band.values()))
            if first:
                titles = block(
                    " / ".join(axis.title for axis in axes), sizes.text, everything.right - sizes.margin, colour=GREY
                )
                boxes.append(TextBox(titles, Point(everything.middle, top), centred=True))
                top += titles.height
            for depth in range(len(axes)):
                more, top = self._column_axis(depth, band, top)
                boxes += more
        top += sizes.text // 2
        if self._row_axis:
            title = Block((self._row_axis.title,), sizes.text, colour=GREY)
            boxes.append(TextBox(title, Point(sizes.margin, top - sizes.line - sizes.text // 2)))
        return boxes, top

    def _column_axis(self, depth: int, band: Mapping[Key, Span], top: int) -> tuple[list[Box], int]:
        """The labels of one column axis with their pictures, each over the columns that it spans."""
        axis, sizes = self._layout.column_axes[depth], self._sizes
        spans: dict[Key, list[Span]] = {}
        for column, span in band.items():
            spans.setdefault(column[: depth + 1], []).append(span)
        over = {key: _span(parts) for key, parts in spans.items()}
        words = axis.distinct_labels()
        labels = {key: block(words[key[-1]], sizes.text, span.right - span.left) for key, span in over.items()}
        bottom = top + max(label.height for label in labels.values())
        boxes: list[Box] = [
            TextBox(label, Point(over[key].middle, bottom - label.height), centred=True)
            for key, label in labels.items()
        ]
        if axis.name in self._pictures:
            for key, span in over.items():
                left = round(span.middle - sizes.thumbnail[0] / 2)
                boxes += self._thumbnail(axis, key[-1], Area(left, bottom, *sizes.thumbnail))
            bottom += sizes.thumbnail[1] + sizes.text // 2
        if depth < len(self._layout.column_axes) - 1:
            boxes += [LineBox(Point(span.left, bottom), Point(span.right, bottom), RULE) for span in over.values()]
        return boxes, bottom

    def of_group(self, row: Key, previous: Key | None, right: int, top: int) -> tuple[list[Box], int]:
        """Above a row that differs from the one before in an outer axis: what the next rows share, with pictures."""
        axes, sizes = self._layout.row_axes[:-1], self._sizes
        if not axes or (previous is not None and previous[:-1] == row[:-1]):
            return [], top
        boxes: list[Box] = [LineBox(Point(sizes.margin, top + 2), Point(right, top + 2), RULE)]
        top += sizes.text // 2
        left, height = sizes.margin, 0
        for axis, code in zip(axes, row, strict=False):
            if pictures := self._thumbnail(axis, code, Area(left, top + 2, *sizes.thumbnail), in_corner=True):
                boxes += pictures
                left += sizes.thumbnail[0] + sizes.text
                height = sizes.thumbnail[1] + sizes.text // 2
        parts = (f"{axis.title}: {axis.distinct_labels()[code]}" for axis, code in zip(axes, row, strict=False))
        words = block(" · ".join(part.replace("\n", " + ") for part in parts), sizes.text, right - left, bold=True)
        boxes.append(TextBox(words, Point(left, top + max(0, height - words.height) // 2)))
        return boxes, top + max(height, words.height) + sizes.text - sizes.text // 2

    def row_label_height(self, row: Key) -> int:
        """Pixels that a row's label takes with its picture; 0 without label."""
        if self._row_axis is None:
            return 0
        picture = self._sizes.thumbnail[1] if self._row_axis.name in self._pictures else 0
        return self._row_labels[row[-1]].height + picture

    def of_row(self, row: Key, top: int, height: int) -> list[Box]:
        """The label of a row in the middle of its height, below its picture."""
        axis, sizes = self._row_axis, self._sizes
        if axis is None:
            return []
        start = top + (height - self.row_label_height(row)) // 2
        boxes: list[Box] = []
        if axis.name in self._pictures:
            area = Area(sizes.margin, start, *sizes.thumbnail)
            boxes += self._thumbnail(axis, row[-1], area, in_corner=True)
            start += sizes.thumbnail[1]
        return [*boxes, TextBox(self._row_labels[row[-1]], Point(sizes.margin, start))]

    def _thumbnail(self, axis: Axis, code: int, area: Area, *, in_corner: bool = False) -> list[Box]:
        """The picture of one value of an axis, if it is one of pictures and any trial used this one."""
        number = self._pictures.get(axis.name, {}).get(code)
        return [] if number is None else [ReferenceBox(area, axis.name, number, in_corner)]


def _span(parts: Sequence[Span]) -> Span:
    """From the first to the last of columns that stand side by side."""
    return Span(parts[0].left, parts[-1].right)


def _first_pictures(trials: pd.DataFrame, axis: Axis) -> dict[int, int]:
    """For each position along an axis of pictures the number of the first row whose trial has the picture."""
    if axis.name in MASKS:
        has_mask = {code: reference_sha256(trials.iloc[row], axis.name) for code, row in enumerate(axis.first_rows)}
        return {code: axis.first_rows[code] for code, sha256 in has_mask.items() if sha256}
    found: dict[int, int] = {}
    for number, (code, known) in enumerate(zip(axis.codes, trials[f"{axis.name}_sha256"].notna(), strict=True)):
        if known:
            found.setdefault(code, number)
    return found
