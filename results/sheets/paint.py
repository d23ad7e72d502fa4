"""Painting a page: its boxes are given one by one to a painter, which makes pixels, SVG or PDF of them.

Images are opened here, one at a time. Where boxes stand was decided in `place`.
"""

from __future__ import annotations

import contextlib

import pandas as pd

from results.errors import RunError
from results.sheets.boxes import Box, FillBox, LineBox, Page, ReferenceBox, ResultBox, TextBox
from results.sheets.painter import Painter
from results.table.load import image, reference


def paint(page: Page, trials: pd.DataFrame, painter: Painter) -> None:
    """Paint a page of these trials."""
    for box in page.boxes:
        _paint(box, trials, painter)


def _paint(box: Box, trials: pd.DataFrame, painter: Painter) -> None:
    match box:
        case TextBox():
            for line, at in box.lines():
                painter.text(at, line, box.block)
        case LineBox():
            painter.line(box.start, box.end, box.colour)
        case FillBox():
            painter.rectangle(box.area, box.fill, box.outline)
        case ReferenceBox():
            with contextlib.suppress(RunError, OSError):  # a sheet can be read without it
                if picture := reference(trials.iloc[box.row], box.picture):
                    painter.picture(picture, box.area)
        case ResultBox():
            try:
                painter.picture(image(trials.iloc[box.row]), box.area)
            except (RunError, OSError):
                for other in box.instead:
                    _paint(other, trials, painter)
