"""What a sheet is painted with. The same drawing becomes pixels, SVG or PDF by its painter."""

from __future__ import annotations

from typing import Protocol

from PIL import Image, ImageDraw

from results.sheets.measure import Block
from results.sheets.text import font

Box = tuple[int, int, int, int]
"""Left, top, width and height in pixels."""

Place = tuple[float, float]


class Painter(Protocol):
    """Lengths are in pixels from the top left corner; colours are like #1a1a1a."""

    def text(self, left: float, top: float, line: str, block: Block) -> None:
        """One line in the size, weight and colour of its block."""

    def line(self, start: Place, end: Place, colour: str) -> None:
        """A line one pixel wide."""

    def rectangle(self, box: Box, fill: str, outline: str | None) -> None:
        """Filled; an outline is one pixel wide and inside."""

    def picture(self, picture: Image.Image, box: Box) -> None:
        """A picture in the middle of a box, scaled to fit."""


def fitted(picture: Image.Image, box: Box) -> Box:
    """Where a picture is when it is scaled to fit into the middle of a box."""
    left, top, width, height = box
    scale = min(width / picture.width, height / picture.height)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return left + (width - size[0]) // 2, top + (height - size[1]) // 2, *size


def paste(canvas: Image.Image, picture: Image.Image, box: Box) -> None:
    """Put a picture into the middle of a box, scaled to fit."""
    left, top, width, height = fitted(picture, box)
    size = width, height
    canvas.paste(picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS), (left, top))


class PixelPainter:
    """Paints on `canvas`."""

    def __init__(self, width: int, height: int) -> None:
        self.canvas = Image.new("RGB", (width, height), "white")
        self._pen = ImageDraw.Draw(self.canvas)

    def text(self, left: float, top: float, line: str, block: Block) -> None:
        self._pen.text((left, top), line, block.colour, font(block.size, bold=block.bold))

    def line(self, start: Place, end: Place, colour: str) -> None:
        self._pen.line([start, end], colour)

    def rectangle(self, box: Box, fill: str, outline: str | None) -> None:
        left, top, width, height = box
        self._pen.rectangle((left, top, left + width - 1, top + height - 1), fill=fill, outline=outline)

    def picture(self, picture: Image.Image, box: Box) -> None:
        paste(self.canvas, picture, box)
