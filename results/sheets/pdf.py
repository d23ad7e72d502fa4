"""A sheet as PDF: a page for each part, text stays text, and pictures keep all their pixels."""

from __future__ import annotations

import io

from PIL import Image
from reportlab.lib.colors import HexColor
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from results.printable import printable
from results.sheets.boxes import Area, Point
from results.sheets.text import Block, font, font_file

POINTS = 0.75
"""Of a pixel, at CSS's 96 pixels to the inch."""


class PdfPainter:
    """`begin` starts a page; `content` is the file when all is painted.

    Title and author are in the file's properties.
    """

    def __init__(self, title: str, author: str | None = None) -> None:
        self._buffer = io.BytesIO()
        # Without the time of day in it, equal sheets are equal files.
        self._canvas = Canvas(self._buffer, pageCompression=1, invariant=1)
        self._canvas.setTitle(printable(title))
        self._canvas.setAuthor(printable(author or ""))
        self._canvas.setCreator("style-sweep")
        self._height = 0
        for name, bold in (("Sheet", False), ("Sheet-Bold", True)):
            pdfmetrics.registerFont(TTFont(name, str(font_file(bold=bold))))
        self._begun = False

    def begin(self, width: int, height: int) -> None:
        """A new page with this size in pixels."""
        if self._begun:
            self._canvas.showPage()
        self._begun = True
        self._height = height
        self._canvas.setPageSize((width * POINTS, height * POINTS))
        self._canvas.scale(POINTS, POINTS)

    def text(self, at: Point, line: str, block: Block) -> None:
        self._canvas.setFont("Sheet-Bold" if block.bold else "Sheet", block.size)
        self._canvas.setFillColor(HexColor(block.colour))
        baseline = at.y + font(block.size, bold=block.bold).getmetrics()[0]
        self._canvas.drawString(at.x, self._height - baseline, line)

    def line(self, start: Point, end: Point, colour: str) -> None:
        self._canvas.setStrokeColor(HexColor(colour))
        self._canvas.setLineWidth(1)
        self._canvas.line(start.x, self._height - start.y, end.x, self._height - end.y)

    def rectangle(self, area: Area, fill: str, outline: str | None) -> None:
        left, top, width, height = area
        self._canvas.setFillColor(HexColor(fill))
        if outline:
            self._canvas.setStrokeColor(HexColor(outline))
        self._canvas.rect(left, self._height - top - height, width, height, fill=1, stroke=int(bool(outline)))

    def picture(self, picture: Image.Image, area: Area) -> None:
        left, top, width, height = area
        self._canvas.drawImage(ImageReader(picture), left, self._height - top - height, width, height)

    def content(self) -> bytes:
        """The file."""
        self._canvas.save()
        return self._buffer.getvalue()
