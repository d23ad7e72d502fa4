"""The canvas on which cartoons are drawn, in layers: ink, the parts, and their colours. What is drawn is in `cartoons`.

Positions are (x, y) in picture heights, x to the right, y downwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Points: TypeAlias = NDArray[np.float64]
Colour: TypeAlias = tuple[float, float, float]

FINE = 2
"""The canvas is this many times too large, and reduced at the end, which smooths edges."""


@dataclass(frozen=True, eq=False)
class Cartoon:
    """A drawing in layers, H×W pixels of the canvas, which is `FINE` times as large as the picture.

    ink: uint8, 255 where there is no ink. labels: uint8, the part that each pixel belongs to. colours: K×3 in 0–255, of
    each part. grades: K, how much brighter a part becomes from its middle to the upper border of the picture, and
    darker to the lower one, as a share.
    """

    ink: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    colours: NDArray[np.float32]
    grades: NDArray[np.float32]

    def picture(self, colours: NDArray[np.float32] | None = None) -> NDArray[np.uint8]:
        """The coloured picture, h×w×3, or with other colours (K×3) of its parts."""
        height = self.labels.shape[0]
        rise = np.linspace(0.5, -0.5, height, dtype=np.float32)[:, None]
        light = (1 + self.grades[self.labels] * rise) * (self.ink / np.float32(255))
        chosen = self.colours if colours is None else colours
        return _reduced(np.clip(chosen[self.labels] * light[..., None], 0, 255).astype(np.float32))

    def sketch(self) -> NDArray[np.uint8]:
        """The ink alone, black on white, h×w."""
        return _reduced(self.ink)

    def mirrored(self) -> Cartoon:
        """The same with left and right exchanged."""
        return Cartoon(
            np.ascontiguousarray(self.ink[:, ::-1]),
            np.ascontiguousarray(self.labels[:, ::-1]),
            self.colours,
            self.grades,
        )


def _reduced(layer: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.uint8]:
    """A layer of the canvas at the size of the picture."""
    height, width = layer.shape[:2]
    parts = layer.reshape(height // FINE, FINE, width // FINE, FINE, *layer.shape[2:])
    return np.asarray(np.rint(parts.mean((1, 3), dtype=np.float32)), np.uint8)


class Canvas:
    """An unfinished cartoon. Whatever is drawn hides what was there."""

    def __init__(self, random: Generator, width: int, height: int) -> None:
        self.random, self.aspect, self._scale = random, width / height, height * FINE
        self._ink = Image.new("L", (width * FINE, height * FINE), 255)
        self._labels = Image.new("L", (width * FINE, height * FINE), 0)
        self._pens = ImageDraw.Draw(self._ink), ImageDraw.Draw(self._labels)
        self._colours: list[Colour] = []
        self._grades: list[float] = []
        self._line = max(2, round(self._scale * random.uniform(0.006, 0.014)))

    def part(self, colour: str, spread: float = 14, grade: float = 0.0) -> int:
        """A new part, whose colour is the hexadecimal one give or take `spread`; its label."""
        red, green, blue = bytes.fromhex(colour)
        light = self.random.normal(0, spread)
        own = [float(np.clip(one + light + self.random.normal(0, spread / 2), 0, 255)) for one in (red, green, blue)]
        self._colours.append((own[0], own[1], own[2]))
        self._grades.append(grade)
        return min(len(self._colours), 255) - 1

    def fill(self, outline: Points, part: int, line: float = 1.0) -> None:
        """Fill an outline (N×2). `line`: the width of its ink, relative to that of the cartoon; 0 for none."""
        ink, labels = self._pens
        points = [tuple(point) for point in (outline * self._scale).tolist()]
        labels.polygon(points, fill=part)
        ink.polygon(points, fill=255)
        if line:
            ink.line([*points, *points[:2]], fill=0, width=max(1, round(self._line * line)), joint="curve")

    def stroke(self, path: Points, line: float = 1.0) -> None:
        """Draw a line of ink along a path (N×2)."""
        points = [tuple(point) for point in (path * self._scale).tolist()]
        self._pens[0].line(points, fill=0, width=max(1, round(self._line * line)), joint="curve")

    def done(self) -> Cartoon:
        """The finished cartoon."""
        return Cartoon(
            np.asarray(self._ink).copy(),
            np.asarray(self._labels).copy(),
            np.array(self._colours[:255], np.float32),
            np.array(self._grades[:255], np.float32),
        )

    def one_of(self, *colours: str) -> str:
        """One of some colours, each as probable as the others."""
        return colours[int(self.random.integers(len(colours)))]

    def across(self, low: float = 0.05, high: float = 0.95) -> float:
        """A random x, as a share of the width."""
        return float(self.random.uniform(low, high)) * self.aspect


def oval(x: float, y: float, across: float, down: float, start: float = 0, stop: float = 2 * np.pi) -> Points:
    """A part of an ellipse around (x, y), from one angle to another."""
    angles = np.linspace(start, stop, 33)
    return np.stack([x + across * np.cos(angles), y + down * np.sin(angles)], 1)


def blob(random: Generator, x: float, y: float, across: float, down: float, bumps: int, depth: float) -> Points:
    """An ellipse whose outline has `bumps` round bumps, such as a cloud or the crown of a tree."""
    angles = np.linspace(0, 2 * np.pi, 73)
    far = 1 - depth + depth * np.abs(np.sin(angles * bumps / 2 + random.uniform(0, np.pi)))
    return np.stack([x + across * far * np.cos(angles), y + down * far * np.sin(angles)], 1)


def box(x: float, y: float, across: float, down: float) -> Points:
    """A rectangle, from its upper left corner."""
    return np.array([(x, y), (x + across, y), (x + across, y + down), (x, y + down)])


def ridge(random: Generator, aspect: float, level: float, height: float) -> Points:
    """Everything below a wavy line at about y = `level`."""
    x = np.linspace(-0.02, aspect + 0.02, 40)
    waves = sum(
        height / count * np.sin(x * count * random.uniform(2, 4) + random.uniform(0, 2 * np.pi)) for count in (1, 2, 3)
    )
    return np.concatenate([np.stack([x, level + waves], 1), [(aspect + 0.02, 1.02), (-0.02, 1.02)]])
