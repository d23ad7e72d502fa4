"""Text on pictures: the font, and text wrapped by its measured width. Where it stands is for others to say."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from PIL import ImageFont

from results.printable import printable

INK, GREY, ACCENT = "#1a1a1a", "#6b6b6b", "#b3261e"
"""Colours of text: usual, less important, and what a reader must not miss."""


@dataclass(frozen=True)
class Block:
    """Text that was wrapped to a width: its lines, their size in pixels, and how they look."""

    lines: tuple[str, ...]
    size: int
    bold: bool = False
    colour: str = INK

    @property
    def line_height(self) -> int:
        """Pixels from one line to the next."""
        return line_height(font(self.size, bold=self.bold))

    @property
    def height(self) -> int:
        return len(self.lines) * self.line_height

    @property
    def width(self) -> int:
        """Of the widest line."""
        return math.ceil(max((self.length(line) for line in self.lines), default=0))

    def length(self, line: str) -> float:
        """How wide one line is."""
        return font(self.size, bold=self.bold).getlength(line)


@functools.lru_cache(maxsize=4096)  # notices and labels repeat, and wrapping is slow
def block(
    text: str, size: int, width: float = math.inf, *, bold: bool = False, colour: str = INK, most_lines: int = 100
) -> Block:
    """`text` wrapped to a width in pixels; see `wrap`."""
    return Block(tuple(wrap(text, font(size, bold=bold), width, most_lines)), size, bold, colour)


@functools.cache
def font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, `size` in pixels, from matplotlib's wheel: Pillow's own lacks Greek, accents and superscripts."""
    return ImageFont.truetype(font_file(bold=bold), size)


def font_file(*, bold: bool = False) -> Path:
    """Where the font is."""
    matplotlib = find_spec("matplotlib")  # found, not imported: that takes a while
    assert matplotlib is not None
    assert matplotlib.origin is not None
    folder = Path(matplotlib.origin).parent / "mpl-data/fonts/ttf"
    return folder / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")


def line_height(typeface: ImageFont.FreeTypeFont) -> int:
    """Pixels from one line to the next."""
    ascent, descent = typeface.getmetrics()
    return round((ascent + descent) * 1.1)


def wrap(text: str, typeface: ImageFont.FreeTypeFont, width: float, most_lines: int = 100) -> list[str]:
    """`text` in lines of at most `width` pixels, broken at spaces. A word that is wider than a line is broken
    after / _ - or +, else wherever it must be.

    Line breaks in it are kept. Of more than `most_lines` lines the last ends in “…”.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines += _wrap_paragraph(printable(paragraph), typeface, width)
    if len(lines) > most_lines:
        lines = lines[:most_lines]
        while lines[-1] and typeface.getlength(lines[-1] + "…") > width:
            lines[-1] = lines[-1][:-1]
        lines[-1] += "…"
    return lines


def _wrap_paragraph(text: str, typeface: ImageFont.FreeTypeFont, width: float) -> list[str]:
    lines, line = [], ""
    for piece in _pieces(text, typeface, width):
        if line and typeface.getlength((line + piece).rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line = line + piece if line else piece.lstrip()
        while typeface.getlength(line.rstrip()) > width and len(line) > 1:
            fitting = _fitting(line, typeface, width)
            lines.append(line[:fitting])
            line = line[fitting:]
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _pieces(text: str, typeface: ImageFont.FreeTypeFont, width: float) -> Iterator[str]:
    """Words and the spaces between them. Only a word that is wider than a line is broken, after / _ - or +: a layer
    such as conv4_1 and a name stay whole.
    """
    for word in re.findall(r"\s+|\S+", text):
        if typeface.getlength(word) <= width:
            yield word
        else:
            yield from re.findall(r"[^/_+-]*[/_+-]+|[^/_+-]+", word)


def _fitting(line: str, typeface: ImageFont.FreeTypeFont, width: float) -> int:
    """How many characters of `line` fit, at least one."""
    low, high = 1, len(line)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if typeface.getlength(line[:middle]) <= width else (low, middle - 1)
    return low
