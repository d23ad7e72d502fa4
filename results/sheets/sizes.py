"""The few lengths from which everything on a sheet is placed. They follow from the sizes of the images."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from results.sheets.text import font, line_height

SMALLEST_CELL = 128
"""Pixels of a cell's long edge: smaller images are enlarged, because nobody can judge them otherwise."""


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
        known = trials[["width", "height"]].dropna()
        widest, tallest = (int(known["width"].max()), int(known["height"].max())) if len(known) else (1, 1)
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
