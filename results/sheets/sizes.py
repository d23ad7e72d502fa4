"""Lengths on a sheet: the few from which everything is placed, and how large each image, row and column is drawn."""

from __future__ import annotations

from collections.abc import Iterable
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

    images: (width, height) of each image, by the number of the trial's row. widths, heights: of columns and rows, each
    as large as its largest image.
    """

    images: dict[int, tuple[int, int]]
    widths: dict[Key, int]
    heights: dict[Key, int]

    @classmethod
    def of(cls, trials: pd.DataFrame, layout: Layout, cell: tuple[int, int]) -> DrawnSizes:
        """Each image fills a cell as far as its shape allows, so that images of several sizes can be compared."""
        images = {}
        for number, (width, height) in enumerate(zip(trials["width"], trials["height"], strict=True)):
            if pd.notna(width) and pd.notna(height):
                scale = min(cell[0] / width, cell[1] / height)
                images[number] = max(1, round(width * scale)), max(1, round(height * scale))
        cells = [(*at, images[number]) for at, number in layout.cells.items() if number in images]
        return cls(
            images,
            _largest(layout.columns, ((column, size[0]) for _, column, size in cells), cell[0]),
            _largest(layout.rows, ((row, size[1]) for row, _, size in cells), cell[1]),
        )


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
