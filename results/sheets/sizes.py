"""Lengths on a sheet: the few from which everything is placed, and how large each image, row and column is drawn."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from results.sheets.layout import Key, Layout
from results.sheets.text import font, line_height

SMALLEST_CELL, LARGEST_CELL = 128, 512
"""Pixels of a cell's long edge. Smaller images are enlarged, because nobody could judge them otherwise; larger ones are
reduced.
"""


@dataclass(frozen=True)
class Sizes:
    """Lengths in pixels; `cell` and `thumbnail` are (width, height).

    scale: how much larger or smaller images are than they were. text: the size of usual text. line: from one of its
    lines to the next. gap: between cells. border: the width of coloured borders, 0 without.
    """

    scale: float
    cell: tuple[int, int]
    thumbnail: tuple[int, int]
    text: int
    line: int
    gap: int
    border: int
    margin: int

    @classmethod
    def of(cls, trials: pd.DataFrame, largest_cell: int, *, bordered: bool) -> Sizes:
        """The sizes for these images; no cell has an edge larger than `largest_cell`."""
        widest, tallest = largest_image(trials)
        edge = max(widest, tallest)
        scale = min(largest_cell, max(edge, SMALLEST_CELL)) / edge
        cell = max(1, round(widest * scale)), max(1, round(tallest * scale))
        text = max(9, min(20, max(cell) // 14))
        border = max(2, max(cell) // 50) if bordered else 0
        return cls(
            scale=scale,
            cell=cell,
            thumbnail=(max(1, cell[0] // 2), max(1, cell[1] // 2)),
            text=text,
            line=line_height(font(text)),
            gap=3 * border if bordered else max(2, max(cell) // 40),
            border=border,
            margin=2 * text,
        )


@dataclass(frozen=True)
class DrawnSizes:
    """How large images are drawn, in pixels.

    images: (width, height) of each image, by row and column; a cell without image is as large as the images beside it,
    if these are all of one size. widths, heights: of columns and rows, each as large as its largest image.
    """

    images: dict[tuple[Key, Key], tuple[int, int]]
    widths: dict[Key, int]
    heights: dict[Key, int]

    @classmethod
    def of(cls, trials: pd.DataFrame, layout: Layout, cell: tuple[int, int]) -> DrawnSizes:
        """Each image fills a cell as far as its shape allows, so that images of several sizes can be compared."""
        known = list(zip(trials["width"], trials["height"], trials["status"], strict=True))
        images = {}
        for at, number in layout.cells.items():
            width, height, status = known[number]
            if status == "done" and pd.notna(width) and pd.notna(height):
                scale = min(cell[0] / width, cell[1] / height)
                images[at] = max(1, round(width * scale)), max(1, round(height * scale))
        widths = _largest(layout.columns, ((column, size[0]) for (_, column), size in images.items()), cell[0])
        heights = _largest(layout.rows, ((row, size[1]) for (row, _), size in images.items()), cell[1])
        in_row, in_column = _only_sizes(images, 0), _only_sizes(images, 1)
        for row, column in itertools.product(layout.rows, layout.columns):
            if (row, column) not in images:
                beside = in_row.get(row) or in_column.get(column) or (widths[column], heights[row])
                images[row, column] = min(beside[0], widths[column]), min(beside[1], heights[row])
        return cls(images, widths, heights)


def _only_sizes(images: Mapping[tuple[Key, Key], tuple[int, int]], which: int) -> dict[Key, tuple[int, int]]:
    """The size of all images of a row (`which` is 0) or column (1), for those whose images are all of one size."""
    found: dict[Key, set[tuple[int, int]]] = {}
    for at, size in images.items():
        found.setdefault(at[which], set()).add(size)
    return {key: next(iter(sizes)) for key, sizes in found.items() if len(sizes) == 1}


def _largest(keys: Iterable[Key], lengths: Iterable[tuple[Key, int]], usual: int) -> dict[Key, int]:
    """The largest length of each row or column; the usual one if it has none."""
    found: dict[Key, int] = {}
    for key, length in lengths:
        found[key] = max(length, found.get(key, 0))
    return {key: found.get(key, usual) for key in keys}


def largest_image(trials: pd.DataFrame) -> tuple[int, int]:
    """The largest width and the largest height of any image, in its own pixels; (1, 1) if none is there yet."""
    known = trials[["width", "height"]].dropna()
    return (int(known["width"].max()), int(known["height"].max())) if len(known) else (1, 1)
