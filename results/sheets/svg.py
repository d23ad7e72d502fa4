"""A sheet as SVG: text stays text, and pictures keep all their pixels."""

from __future__ import annotations

import base64
from xml.etree import ElementTree

from PIL import Image

from results.printable import printable
from results.run.image_file import png
from results.sheets.boxes import Area, Point
from results.sheets.text import Block, font

_FONTS = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif"


class SvgPainter:
    """`content` is the file when all is painted; `title` is for those who cannot see it."""

    def __init__(self, width: int, height: int, title: str) -> None:
        size = {"width": str(width), "height": str(height), "viewBox": f"0 0 {width} {height}"}
        self._root = ElementTree.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "font-family": _FONTS} | size)
        ElementTree.SubElement(self._root, "title").text = printable(title)
        self.rectangle(Area(0, 0, width, height), "#ffffff", None)

    def text(self, at: Point, line: str, block: Block) -> None:
        typeface = font(block.size, bold=block.bold)
        attributes = {
            "x": f"{at.x:g}",
            "y": f"{at.y + typeface.getmetrics()[0]:g}",  # of the baseline
            "font-size": str(block.size),
            "fill": block.colour,
            "textLength": f"{typeface.getlength(line):.1f}",  # where the viewer has another font
            "lengthAdjust": "spacingAndGlyphs",
        }
        weight = {"font-weight": "bold"} if block.bold else {}
        if line.strip():
            ElementTree.SubElement(self._root, "text", attributes | weight).text = line

    def line(self, start: Point, end: Point, colour: str) -> None:
        names = {"x1": start.x, "y1": start.y, "x2": end.x, "y2": end.y}
        numbers = {name: f"{value:g}" for name, value in names.items()}
        ElementTree.SubElement(self._root, "line", numbers | {"stroke": colour})

    def rectangle(self, area: Area, fill: str, outline: str | None) -> None:
        inset = 0.5 if outline else 0
        left, top, width, height = area
        names = {"x": left + inset, "y": top + inset, "width": width - 2 * inset, "height": height - 2 * inset}
        numbers = {name: f"{value:g}" for name, value in names.items()}
        stroke = {"stroke": outline} if outline else {}
        ElementTree.SubElement(self._root, "rect", numbers | {"fill": fill} | stroke)

    def picture(self, picture: Image.Image, area: Area) -> None:
        data = base64.b64encode(png(picture)).decode()
        names = dict(zip(("x", "y", "width", "height"), map(str, area), strict=True))
        ElementTree.SubElement(self._root, "image", names | {"href": f"data:image/png;base64,{data}"})

    def content(self) -> bytes:
        """The file."""
        ElementTree.indent(self._root)
        content: bytes = ElementTree.tostring(self._root, encoding="utf-8", xml_declaration=True)
        return content
