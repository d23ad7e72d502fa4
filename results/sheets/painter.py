"""What a page is painted with, and the painter of pixels. The painters of SVG and PDF are in `svg` and `pdf`."""

from __future__ import annotations

from typing import Protocol

from PIL import Image, ImageDraw

from results.sheets.boxes import Area, Point
from results.sheets.text import Block, font


class Painter(Protocol):
    """Lengths are in pixels from the top left corner; colours are like #1a1a1a."""

    def text(self, at: Point, line: str, block: Block) -> None:
        """One line in the size, weight and colour of its block."""

    def line(self, start: Point, end: Point, colour: str) -> None:
        """A line one pixel wide."""

    def rectangle(self, area: Area, fill: str, outline: str | None) -> None:
        """Filled; an outline is one pixel wide and inside."""

    def picture(self, picture: Image.Image, area: Area) -> None:
        """A picture that fills an area."""


def fitted(picture: Image.Image, area: Area) -> Area:
    """Where a picture is when it is scaled to fit into the middle of an area."""
    scale = min(area.width / picture.width, area.height / picture.height)
    return area.middle_of(max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))


def paste(canvas: Image.Image, picture: Image.Image, area: Area) -> None:
    """Put a picture into the middle of an area, scaled to fit."""
    _fill(canvas, picture, fitted(picture, area))


def _fill(canvas: Image.Image, picture: Image.Image, area: Area) -> None:
    size = area.width, area.height
    drawn = picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS)
    canvas.paste(drawn, (area.left, area.top))


class PixelPainter:
    """Paints on `canvas`."""

    def __init__(self, width: int, height: int) -> None:
        self.canvas = Image.new("RGB", (width, height), "white")
        self._pen = ImageDraw.Draw(self.canvas)

    def text(self, at: Point, line: str, block: Block) -> None:
        self._pen.text(at, line, block.colour, font(block.size, bold=block.bold))

    def line(self, start: Point, end: Point, colour: str) -> None:
        self._pen.line([start, end], colour)

    def rectangle(self, area: Area, fill: str, outline: str | None) -> None:
        left, top, width, height = area
        self._pen.rectangle((left, top, left + width - 1, top + height - 1), fill=fill, outline=outline)

    def picture(self, picture: Image.Image, area: Area) -> None:
        _fill(self.canvas, picture, area)
