"""The boxes of a sheet: each piece of text, line, rectangle and picture with its place in pixels.

A sheet is placed once, as a `Page` of boxes (`place`), and then painted as pixels, SVG or PDF (`paint`). Nothing here
knows where boxes come from or how they are painted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

from results.sheets.text import Block


class Area(NamedTuple):
    """A rectangle in pixels from the top left corner of the page."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.left + self.width

    @property
    def bottom(self) -> int:
        return self.top + self.height

    def middle_of(self, width: int, height: int) -> Area:
        """An area of this size in the middle of this one."""
        return Area(self.left + (self.width - width) // 2, self.top + (self.height - height) // 2, width, height)

    def grown(self, by: int) -> Area:
        """The area with this many pixels more on each side."""
        return Area(self.left - by, self.top - by, self.width + 2 * by, self.height + 2 * by)


class Point(NamedTuple):
    """Pixels from the left and from the top of the page."""

    x: float
    y: float


@dataclass(frozen=True)
class TextBox:
    """A block of text. `at` is its top left corner, or if it is centred the middle of its upper edge."""

    block: Block
    at: Point
    centred: bool = False

    @property
    def area(self) -> Area:
        left = self.at.x - self.block.width / 2 if self.centred else self.at.x
        return Area(math.floor(left), math.floor(self.at.y), self.block.width, self.block.height)

    def lines(self) -> list[tuple[str, Point]]:
        """Each line with its top left corner."""
        return [
            (
                line,
                Point(
                    self.at.x - self.block.length(line) / 2 if self.centred else self.at.x,
                    self.at.y + number * self.block.line_height,
                ),
            )
            for number, line in enumerate(self.block.lines)
        ]


@dataclass(frozen=True)
class LineBox:
    """A line from left to right, one pixel wide."""

    start: Point
    end: Point
    colour: str

    @property
    def area(self) -> Area:
        width, height = self.end.x - self.start.x, self.end.y - self.start.y
        return Area(round(self.start.x), round(self.start.y), round(width) + 1, round(height) + 1)


@dataclass(frozen=True)
class FillBox:
    """A rectangle of one colour; an outline is one pixel wide and inside."""

    area: Area
    fill: str
    outline: str | None = None


@dataclass(frozen=True)
class ReferenceBox:
    """The small copy of a trial's content or style picture, scaled to fit.

    row: the number of the trial's row. in_corner: whether the picture stands in the lower left corner of its area,
    else in its middle.
    """

    area: Area
    picture: str
    row: int
    in_corner: bool = False


@dataclass(frozen=True)
class ResultBox:
    """The image of a trial, scaled to fit. `row`: the number of the trial's row; `instead`: what is painted where the
    image cannot be read.
    """

    area: Area
    row: int
    instead: tuple[TextBox | FillBox, ...] = ()


Box = TextBox | LineBox | FillBox | ReferenceBox | ResultBox


@dataclass(frozen=True)
class Page:
    """All boxes of a page in the order in which they are painted, and the size of the page in pixels.

    cell_edge: the long edge of the cells that have the images.
    """

    width: int
    height: int
    title: str
    cell_edge: int
    boxes: tuple[Box, ...]

    def without_results(self) -> Page:
        """The page without the images of trials."""
        return replace(self, boxes=tuple(box for box in self.boxes if not isinstance(box, ResultBox)))

    @property
    def results(self) -> dict[int, Area]:
        """Where the images of trials are, by the number of the trial's row."""
        return {box.row: box.area for box in self.boxes if isinstance(box, ResultBox)}
