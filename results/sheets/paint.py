"""Paints a page: gives its boxes one by one to a painter, which makes pixels, SVG or PDF of them.

Images are opened here, one at a time. Where boxes stand was decided in `place`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from PIL import Image

from results.errors import RunError
from results.sheets.boxes import Area, Box, FillBox, LineBox, Page, ReferenceBox, ResultBox, TextBox
from results.sheets.painter import Painter, fitted
from results.table.load import image, reference


def paint(page: Page, trials: pd.DataFrame, painter: Painter) -> None:
    """Paint a page of these trials."""
    of_images = [name for name in ("trial_id", "run", "status", "error", "image_path") if name in trials]
    values = trials[of_images].itertuples(index=False, name=None)  # rows of a wide table are slow to get
    rows = [dict(zip(of_images, row, strict=True)) for row in values]
    for box in page.boxes:
        _paint(box, trials, rows, painter)


def _paint(box: Box, trials: pd.DataFrame, rows: Sequence[Mapping[str, Any]], painter: Painter) -> None:
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
                    where = fitted(picture, box.area)
                    corner = where._replace(left=box.area.left, top=box.area.bottom - where.height)
                    painter.picture(picture, corner if box.in_corner else where)
        case ResultBox():
            try:
                picture = image(rows[box.row])
                painter.picture(picture, _filling(picture, box.area))
            except (RunError, OSError):
                for other in box.instead:
                    _paint(other, trials, rows, painter)


def _filling(picture: Image.Image, area: Area) -> Area:
    """Where an image is drawn: in its whole area, which was made for it, but for an image of another shape than its row
    says.
    """
    where = fitted(picture, area)
    return area if abs(where.width - area.width) < 2 and abs(where.height - area.height) < 2 else where
