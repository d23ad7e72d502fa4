"""Loss curves as films show them: losses against steps on a logarithmic scale, and where a film is on them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from results.sheets.text import GREY, font, line_height
from stylize.settings.value_text import number_text

RULE, AHEAD = "#e3e3e3", "#c4c4c4"
FINER = 3
"""Lines are drawn this many times larger and then reduced, because Pillow draws them with jagged edges."""


@dataclass(frozen=True)
class Curve:
    """A loss at some steps. Values outside 1e-100 to 1e100 are left out, because the scale cannot show them."""

    name: str
    colour: str
    points: tuple[tuple[int, float], ...]

    @staticmethod
    def of(name: str, colour: str, steps: Sequence[int], losses: Sequence[float]) -> Curve:
        """A curve from steps, rising, and the losses at them."""
        pairs = zip(steps, losses, strict=True)
        kept = tuple((int(step), float(loss)) for step, loss in pairs if 1e-100 < loss < 1e100)
        return Curve(name, colour, kept)

    def at(self, step: float) -> float | None:
        """The loss at a step, on the line that is drawn; None outside of it."""
        for (before, high), (after, low) in itertools.pairwise(self.points):
            if before <= step <= after:
                share = (step - before) / (after - before)
                return math.exp((1 - share) * math.log(high) + share * math.log(low))
        return self.points[0][1] if len(self.points) == 1 and self.points[0][0] == step else None


class Chart:
    """Curves in an image of `size` (width, height), text of `text` pixels.

    Curves of one name share an entry of the legend.
    """

    def __init__(self, curves: Sequence[Curve], size: tuple[int, int], text: int) -> None:
        self._curves = [curve for curve in curves if curve.points]
        self._size, self._font, self._text = size, font(text), text
        self._thickness = max(FINER, round(text * FINER / (9 if len(self._curves) < 5 else 15)))
        points = [point for curve in self._curves for point in curve.points]
        self._last = max([step for step, _ in points], default=1) or 1
        losses = [loss for _, loss in points] or [1.0]
        self._lowest, self._highest = _rounded(min(losses), max(losses))
        line = line_height(self._font)
        ticks = _ticks(self._lowest, self._highest, most=max(2, (size[1] - 3 * line) // (2 * line)))
        self._left = math.ceil(max(self._font.getlength(_tick_text(tick)) for tick in ticks)) + text // 2
        self._right, self._bottom = size[0] - text, size[1] - line - text // 4
        self._legend = self._legend_lines()
        self._top = len(self._legend) * line + text // 2
        self._empty = self._frame(ticks)

    def _legend_lines(self) -> list[list[tuple[float, str, str]]]:
        """The entries of the legend, each with its left edge, name and colour, in as many lines as they need."""
        lines: list[list[tuple[float, str, str]]] = [[]]
        left: float = self._left
        for name, colour in {curve.name: curve.colour for curve in self._curves}.items():
            width = 1.4 * self._text + self._font.getlength(name)
            if lines[-1] and left + width > self._size[0]:
                lines.append([])
                left = self._left
            lines[-1].append((left, name, colour))
            left += width + 1.6 * self._text
        return lines

    def at(self, step: int) -> Image.Image:
        """The chart when a film is at a step: what is behind it in colour, what is ahead in grey."""
        large = (self._size[0] * FINER, self._size[1] * FINER)
        lines = Image.new("RGBA", large, (255, 255, 255, 0))
        pen = ImageDraw.Draw(lines)
        for curve in self._curves:
            self._line(pen, curve.points, AHEAD)
        for curve in self._curves:
            loss = curve.at(step)
            behind = tuple(point for point in curve.points if point[0] <= step)
            self._line(pen, behind if loss is None else (*behind, (step, loss)), curve.colour)
        for curve in self._curves:
            loss = curve.at(step)
            if loss is not None:
                x, y = self._point(step, loss)
                radius = 2.5 * self._thickness
                pen.ellipse((x - radius, y - radius, x + radius, y + radius), curve.colour, "white", FINER)
        drawn = self._empty.copy()
        reduced = lines.convert("RGBa").resize(self._size, Image.Resampling.BOX).convert("RGBA")
        drawn.paste(reduced, (0, 0), reduced)
        return drawn

    def _line(self, pen: ImageDraw.ImageDraw, points: Sequence[tuple[float, float]], colour: str) -> None:
        if len(points) > 1:
            drawn = [self._point(step, loss) for step, loss in points]
            pen.line(drawn, colour, self._thickness, joint="curve")

    def _point(self, step: float, loss: float) -> tuple[float, float]:
        """Where a point is in the larger drawing."""
        return self._x(step) * FINER, self._y(loss) * FINER

    def _x(self, step: float) -> float:
        return self._left + (self._right - self._left) * step / self._last

    def _y(self, loss: float) -> float:
        span = math.log(self._highest / self._lowest)
        return self._bottom - (self._bottom - self._top) * math.log(loss / self._lowest) / span

    def _frame(self, ticks: Sequence[float]) -> Image.Image:
        """Axes, their numbers and the legend."""
        drawn = Image.new("RGB", self._size, "white")
        pen = ImageDraw.Draw(drawn)
        for tick in ticks:
            y = round(self._y(tick))
            pen.line([(self._left, y), (self._right, y)], RULE)
            pen.text((self._left - self._text // 2, y), _tick_text(tick), GREY, self._font, anchor="rm")
        for step in _steps(self._last, most=max(2, (self._right - self._left) // (4 * self._text))):
            x = self._x(step)
            pen.line([(round(x), self._bottom), (round(x), self._bottom + self._text // 4)], GREY)
            half = self._font.getlength(str(step)) / 2
            pen.text(
                (min(x, self._size[0] - half), self._bottom + self._text // 3), str(step), GREY, self._font, anchor="ma"
            )
        for number, entries in enumerate(self._legend):
            top = number * line_height(self._font)
            for left, name, colour in entries:
                middle = top + self._text * 0.65
                pen.line([(left, middle), (left + self._text, middle)], colour, max(2, self._text // 6))
                pen.text((left + 1.4 * self._text, top), name, GREY, self._font)
        return drawn


def _rounded(lowest: float, highest: float) -> tuple[float, float]:
    """The range with a little room below and above; equal ends are moved apart."""
    room = max(1.05, (highest / lowest) ** 0.06)
    return lowest / room, highest * room


def _ticks(lowest: float, highest: float, most: int) -> list[float]:
    """At most this many round numbers between two: powers of ten, and if these are few also numbers between them."""
    exponents = range(math.floor(math.log10(lowest)), math.ceil(math.log10(highest)) + 1)
    for digits in ([*range(1, 10)], (1, 2, 5), (1, 3), (1,)):
        found = [digit * 10.0**exponent for exponent in exponents for digit in digits]
        found = [tick for tick in found if lowest <= tick <= highest]
        if len(found) <= most:
            break
    return found[:: math.ceil(len(found) / most)] if found else [math.sqrt(lowest * highest)]


def _tick_text(tick: float) -> str:
    return number_text(tick, plain=(0.01, 1000))


def _steps(last: int, most: int) -> list[int]:
    """Round steps from 0 to the last one: 0 and at most this many others."""
    sizes = (digit * 10**exponent for exponent in itertools.count() for digit in (1, 2, 5))
    size = next(one for one in sizes if last / one <= most)
    return list(range(0, last + 1, size))
