"""Draws cartoons: land, sea, life under water, and faces, with ink outlines and colours that follow from the things.

They are what auto-painters learn from and are measured on: a narrow world in which lines give colours away (roofs are
red, trees green, the sky blue, and at dusk orange), as in the cartoons of Liu et al. 2017. Each has its ink apart from
its colours, so there is a true sketch of it, and any of its parts can be given another colour. Nothing is read from a
file. Positions are (x, y) in picture heights, x to the right, y downwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Points: TypeAlias = NDArray[np.float64]
Colour: TypeAlias = tuple[float, float, float]

SIZE = 512, 384
"""Width and height of the cartoons that grids can name."""

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


class _Canvas:
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


def _oval(x: float, y: float, across: float, down: float, start: float = 0, stop: float = 2 * np.pi) -> Points:
    """A part of an ellipse around (x, y), from one angle to another."""
    angles = np.linspace(start, stop, 33)
    return np.stack([x + across * np.cos(angles), y + down * np.sin(angles)], 1)


def _blob(random: Generator, x: float, y: float, across: float, down: float, bumps: int, depth: float) -> Points:
    """An ellipse whose outline has `bumps` round bumps, such as a cloud or the crown of a tree."""
    angles = np.linspace(0, 2 * np.pi, 73)
    far = 1 - depth + depth * np.abs(np.sin(angles * bumps / 2 + random.uniform(0, np.pi)))
    return np.stack([x + across * far * np.cos(angles), y + down * far * np.sin(angles)], 1)


def _box(x: float, y: float, across: float, down: float) -> Points:
    """A rectangle, from its upper left corner."""
    return np.array([(x, y), (x + across, y), (x + across, y + down), (x, y + down)])


def _ridge(random: Generator, aspect: float, level: float, height: float) -> Points:
    """Everything below a wavy line at about y = `level`."""
    x = np.linspace(-0.02, aspect + 0.02, 40)
    waves = sum(
        height / count * np.sin(x * count * random.uniform(2, 4) + random.uniform(0, 2 * np.pi)) for count in (1, 2, 3)
    )
    return np.concatenate([np.stack([x, level + waves], 1), [(aspect + 0.02, 1.02), (-0.02, 1.02)]])


def _sky(canvas: _Canvas, *, dusk: bool, horizon: float) -> None:
    random = canvas.random
    canvas.fill(_box(-0.1, -0.1, canvas.aspect + 0.2, 1.2), canvas.part("f0a070" if dusk else "8fc8ee", grade=0.2), 0)
    if random.random() < 0.6:
        sun = _oval(canvas.across(), random.uniform(0.08, 0.5 * horizon), *[random.uniform(0.05, 0.09)] * 2)
        canvas.fill(sun, canvas.part("e8603c" if dusk else "fadc4b"))
    for _ in range(int(random.integers(0, 4))):
        wide = random.uniform(0.08, 0.17)
        x, y, bumps = canvas.across(), random.uniform(0.06, 0.7 * horizon), int(random.integers(6, 10))
        cloud = _blob(random, x, y, wide, 0.45 * wide, bumps, 0.25)
        canvas.fill(cloud, canvas.part("f2c4c0" if dusk else "f7f8fa", 6))
    if random.random() < 0.4:
        for _ in range(int(random.integers(1, 5))):
            x, y, wide = canvas.across(), random.uniform(0.08, 0.8 * horizon), random.uniform(0.015, 0.03)
            canvas.stroke(_oval(x - wide, y, wide, 0.6 * wide, np.pi, 2 * np.pi), 0.7)
            canvas.stroke(_oval(x + wide, y, wide, 0.6 * wide, np.pi, 2 * np.pi), 0.7)


def _tree(canvas: _Canvas, x: float, foot: float, tall: float) -> None:
    random = canvas.random
    canvas.fill(_box(x - 0.06 * tall, foot - 0.5 * tall, 0.12 * tall, 0.5 * tall), canvas.part("8a5a34"))
    if random.random() < 0.5:
        bumps = int(random.integers(7, 12))
        crown = _blob(random, x, foot - 0.68 * tall, 0.33 * tall, 0.36 * tall, bumps, random.uniform(0.1, 0.25))
        canvas.fill(crown, canvas.part("3f9a45"))
    else:
        green = canvas.part("2e7d4a")
        for rank in range(3):
            top, wide = foot - tall + 0.2 * rank * tall, (0.18 + 0.07 * rank) * tall
            canvas.fill(np.array([(x, top), (x + wide, top + 0.38 * tall), (x - wide, top + 0.38 * tall)]), green)


def _house(canvas: _Canvas, x: float, foot: float, tall: float) -> None:
    random = canvas.random
    wide, eaves = tall * random.uniform(0.9, 1.5), foot - 0.6 * tall
    if random.random() < 0.5:
        chimney = _box(x + wide * random.uniform(0.15, 0.7), foot - 1.12 * tall, 0.12 * tall, 0.5 * tall)
        canvas.fill(chimney, canvas.part("9a4a3c"))
    canvas.fill(_box(x, eaves, wide, 0.6 * tall), canvas.part("f2e3bc", 10))
    slope, over = random.uniform(0, 0.45) * wide, 0.07 * wide
    roof = [(x - over, eaves), (x + slope, foot - tall), (x + wide - slope, foot - tall), (x + wide + over, eaves)]
    canvas.fill(np.array(roof), canvas.part("cc4434"))
    panes, count = canvas.part("a8d8ee"), int(random.integers(1, 4))
    side = min(0.22 * tall, 0.55 * wide / (count + 1))
    for number in range(count):
        left = x + wide * (number + 0.35) / (count + 1)
        canvas.fill(_box(left, eaves + 0.13 * tall, side, side), panes, 0.8)
        if random.random() < 0.6:
            middle = left + side / 2
            canvas.stroke(np.array([(middle, eaves + 0.13 * tall), (middle, eaves + 0.13 * tall + side)]), 0.6)
    door = _box(x + wide * random.uniform(0.1, 0.75), foot - 0.34 * tall, 0.17 * tall, 0.34 * tall)
    canvas.fill(door, canvas.part("7c4a28"))


def land(canvas: _Canvas) -> None:
    """Hills, houses, trees, a path, flowers."""
    random, dusk = canvas.random, canvas.random.random() < 0.2
    horizon = random.uniform(0.4, 0.65)
    _sky(canvas, dusk=dusk, horizon=horizon)
    if random.random() < 0.5:
        peaks = np.arange(-0.1, canvas.aspect + 0.4, random.uniform(0.15, 0.3))
        heights = horizon - np.where(np.arange(len(peaks)) % 2, 0.02, random.uniform(0.12, 0.3, len(peaks)))
        outline = np.concatenate([np.stack([peaks, heights], 1), [(canvas.aspect + 0.4, 1.1), (-0.1, 1.1)]])
        canvas.fill(outline, canvas.part("8a86a8"))
    for rank in range(int(random.integers(1, 4))):
        level = horizon + rank * random.uniform(0.08, 0.16)
        canvas.fill(_ridge(random, canvas.aspect, level, 0.04), canvas.part("7cb858" if not dusk else "6a8c48", 16))
    foot = 0.72
    things: list[Callable[[float, float, float], None]] = [
        lambda x, y, tall: _house(canvas, x, y, tall),
        lambda x, y, tall: _tree(canvas, x, y, tall),
    ]
    for _ in range(int(random.integers(2, 7))):
        foot = min(0.97, foot + random.uniform(0.0, 0.07))
        things[int(random.random() < 0.6)](canvas.across(-0.05, 0.9), foot, random.uniform(0.18, 0.42))
    if random.random() < 0.4:
        x, wide = canvas.across(0.2, 0.8), random.uniform(0.1, 0.2)
        path = [(x, foot), (x + 0.05, foot), (x + wide + 0.1, 1.05), (x - wide + 0.1, 1.05)]
        canvas.fill(np.array(path), canvas.part("d8b884"))
    for _ in range(int(random.integers(0, 7))):
        x, y, petal = canvas.across(), random.uniform(0.86, 0.96), random.uniform(0.018, 0.03)
        canvas.stroke(np.array([(x, y), (x, y + 0.05)]), 0.7)
        bloom = canvas.part(canvas.one_of("e8503c", "f2c83c", "e884b4", "f4f4f0"))
        canvas.fill(_blob(random, x, y, petal, petal, 5, 0.35), bloom, 0.7)


def _boat(canvas: _Canvas, x: float, water: float, long: float) -> None:
    random, mast = canvas.random, water - 0.9 * long
    canvas.stroke(np.array([(x, water), (x, mast - 0.05 * long)]), 1.2)
    sail = canvas.part("f6f2e6", 8)
    canvas.fill(
        np.array([(x + 0.03, mast), (x + 0.45 * long, water - 0.18 * long), (x + 0.03, water - 0.18 * long)]), sail
    )
    if random.random() < 0.6:
        jib = [(x - 0.02, mast + 0.1 * long), (x - 0.35 * long, water - 0.18 * long), (x - 0.02, water - 0.18 * long)]
        canvas.fill(np.array(jib), sail)
    hull = [(-0.5, -0.12), (0.55, -0.12), (0.4, 0.1), (-0.38, 0.1)]
    canvas.fill(np.array(hull) * long + (x, water), canvas.part("c83c34"))


def sea(canvas: _Canvas) -> None:
    """Sea with boats, waves, an island, and a beach with a parasol and a ball."""
    random, dusk = canvas.random, canvas.random.random() < 0.2
    horizon = random.uniform(0.35, 0.55)
    _sky(canvas, dusk=dusk, horizon=horizon)
    if random.random() < 0.4:
        x, wide = canvas.across(), random.uniform(0.15, 0.3)
        canvas.fill(_oval(x, horizon, wide, 0.3 * wide, np.pi, 2 * np.pi), canvas.part("6aa860"))
    water = canvas.part("4a6aa0" if dusk else "3478c4", grade=0.3)
    canvas.fill(_box(-0.1, horizon, canvas.aspect + 0.2, 1), water)
    for _ in range(int(random.integers(3, 10))):
        x, y, wide = canvas.across(), random.uniform(horizon + 0.05, 0.95), random.uniform(0.02, 0.05)
        for side in (-wide, wide):
            canvas.stroke(_oval(x + side, y, wide, 0.4 * wide, np.pi, 2 * np.pi), 0.6)
    for _ in range(int(random.integers(1, 4))):
        _boat(canvas, canvas.across(0.1, 0.9), random.uniform(horizon + 0.05, 0.7), random.uniform(0.15, 0.4))
    if random.random() < 0.6:
        beach = random.uniform(0.72, 0.85)
        canvas.fill(_ridge(random, canvas.aspect, beach, 0.03), canvas.part("ecd49a", 10))
        if random.random() < 0.6:
            x, y, wide = canvas.across(0.15, 0.85), random.uniform(0.68, 0.8), random.uniform(0.1, 0.18)
            canvas.stroke(np.array([(x, y - wide), (x + 0.02, y + 0.15)]), 1.2)
            canvas.fill(_oval(x, y, wide, wide, np.pi, 2 * np.pi), canvas.part("d8443c"))
            canvas.fill(_oval(x, y, 0.4 * wide, wide, np.pi, 2 * np.pi), canvas.part("f6f2e6", 8))
        if random.random() < 0.5:
            x, y, wide = canvas.across(), random.uniform(0.88, 0.94), random.uniform(0.03, 0.05)
            canvas.fill(_oval(x, y, wide, wide), canvas.part("f2c23c"))
            canvas.stroke(_oval(x - 0.5 * wide, y, wide, wide, -1.0, 1.0), 0.7)


def _fish(canvas: _Canvas, x: float, y: float, long: float, way: float) -> None:
    body = canvas.part(canvas.one_of("f08a2c", "f08a2c", "e8503c", "f2c83c"))
    tail = [
        (x - 0.4 * long * way, y),
        (x - 0.75 * long * way, y - 0.25 * long),
        (x - 0.75 * long * way, y + 0.25 * long),
    ]
    canvas.fill(np.array(tail), body)
    canvas.fill(_oval(x, y, 0.5 * long, 0.3 * long), body)
    if canvas.random.random() < 0.5:
        canvas.fill(_oval(x - 0.05 * long * way, y, 0.08 * long, 0.28 * long), canvas.part("f4f4f0", 5), 0.7)
    canvas.fill(_oval(x + 0.28 * long * way, y - 0.08 * long, 0.07 * long, 0.07 * long), canvas.part("f8f8f8", 3), 0.7)
    canvas.fill(_oval(x + 0.3 * long * way, y - 0.08 * long, 0.03 * long, 0.03 * long), canvas.part("101010", 3), 0.3)


def under_water(canvas: _Canvas) -> None:
    """Fish, seaweed, corals, bubbles and a starfish over sand."""
    random = canvas.random
    canvas.fill(_box(-0.1, -0.1, canvas.aspect + 0.2, 1.2), canvas.part("2f8fb8", grade=0.5), 0)
    floor = random.uniform(0.75, 0.88)
    canvas.fill(_ridge(random, canvas.aspect, floor, 0.03), canvas.part("dcc48c", 10))
    for _ in range(int(random.integers(2, 7))):
        x, tall, y = canvas.across(), random.uniform(0.2, 0.5), np.linspace(0, 1, 20)
        bend = x + 0.03 * np.sin(9 * y + random.uniform(0, 6))
        thick = 0.03 * (1 - y) + 0.004
        sides = [np.stack([bend + side * thick, floor + 0.06 - tall * y], 1) for side in (-1, 1)]
        canvas.fill(np.concatenate([sides[0], sides[1][::-1]]), canvas.part("2f8a4c"))
    for _ in range(int(random.integers(0, 3))):
        wide = random.uniform(0.07, 0.14)
        coral = _blob(random, canvas.across(), floor + 0.02, wide, wide, int(random.integers(5, 9)), 0.5)
        canvas.fill(coral, canvas.part("e0587c"))
    for _ in range(int(random.integers(2, 6))):
        way = random.choice([-1.0, 1.0])
        _fish(canvas, canvas.across(0.1, 0.9), random.uniform(0.1, floor - 0.1), random.uniform(0.12, 0.32), way)
    for _ in range(int(random.integers(0, 9))):
        wide = random.uniform(0.008, 0.025)
        canvas.fill(_oval(canvas.across(), random.uniform(0.05, 0.7), wide, wide), canvas.part("c8ecf4", 6), 0.7)
    if random.random() < 0.5:
        angles, far = np.linspace(0, 2 * np.pi, 11)[:-1], np.where(np.arange(10) % 2, 0.03, 0.07)
        star = np.stack([canvas.across() + far * np.cos(angles), 0.93 + far * np.sin(angles)], 1)
        canvas.fill(star, canvas.part("e8743c"))


def face(canvas: _Canvas) -> None:
    """A person: hair, face, eyes, mouth, shirt; sometimes a hat or glasses. Backgrounds and shirts have any colour."""
    random = canvas.random
    x, y, wide = canvas.across(0.42, 0.58), random.uniform(0.42, 0.52), random.uniform(0.2, 0.27)
    tall, hair = wide * random.uniform(1.15, 1.35), canvas.one_of("5a3a22", "5a3a22", "2a2220", "d8b050", "b0582c")
    backdrop = canvas.part(canvas.one_of("b8d8e8", "b8d8e8", "e8dcc0", "c8e0c0"), 12)
    canvas.fill(_box(-0.1, -0.1, canvas.aspect + 0.2, 1.2), backdrop, 0)
    hair_part, skin = canvas.part(hair), canvas.part(canvas.one_of("f4cca8", "f4cca8", "e0a880", "a87450"), 8)
    if random.random() < 0.5:
        canvas.fill(_box(x - 1.15 * wide, y - 0.2 * tall, 2.3 * wide, random.uniform(1.0, 1.5) * tall), hair_part)
    canvas.fill(_oval(x, y - 0.2 * tall, 1.18 * wide, 1.05 * tall), hair_part)
    shirt = canvas.part(canvas.one_of("c8443c", "3c64b4", "4a9a5a", "e0b83c", "7c5a9a"))
    canvas.fill(_box(x - 0.32 * wide, y + 0.7 * tall, 0.64 * wide, 0.6 * tall), skin)
    canvas.fill(_oval(x, 1.12, 1.8 * wide, 1.12 - y - 0.95 * tall), shirt)
    for side in (-1, 1):
        canvas.fill(_oval(x + side * wide, y, 0.16 * wide, 0.22 * tall), skin)
    canvas.fill(_oval(x, y, wide, tall), skin)
    fringe = _oval(x, y - 0.35 * tall, 0.98 * wide, 0.68 * tall, np.pi, 2 * np.pi)
    canvas.fill(
        np.concatenate([fringe, [(x + 0.3 * wide, y - 0.5 * tall), (x - 0.2 * wide, y - 0.42 * tall)]]), hair_part
    )
    iris, white = canvas.part(canvas.one_of("5a3a22", "4a7ab0", "4a8a5a")), canvas.part("fafafa", 3)
    for side in (-1, 1):
        eye = x + side * 0.4 * wide
        canvas.fill(_oval(eye, y - 0.05 * tall, 0.2 * wide, 0.13 * wide), white, 0.8)
        canvas.fill(_oval(eye, y - 0.05 * tall, 0.1 * wide, 0.11 * wide), iris, 0.7)
        canvas.stroke(_oval(eye, y - 0.15 * tall, 0.24 * wide, 0.12 * wide, 1.1 * np.pi, 1.9 * np.pi), 1.3)
        if wide > 0.25:
            canvas.stroke(_oval(eye, y - 0.05 * tall, 0.3 * wide, 0.28 * wide), 0.9)
    canvas.stroke(np.array([(x, y), (x + 0.1 * wide, y + 0.25 * tall), (x - 0.04 * wide, y + 0.25 * tall)]), 0.8)
    canvas.fill(_oval(x, y + 0.42 * tall, 0.32 * wide, 0.2 * wide, 0, np.pi), canvas.part("cc4a50"), 0.8)
    if random.random() < 0.35:
        hat = canvas.part(canvas.one_of("c8443c", "3c64b4", "e0b83c", "4a9a5a"))
        canvas.fill(_oval(x, y - 0.55 * tall, 1.05 * wide, 0.75 * tall, np.pi, 2 * np.pi), hat)
        canvas.fill(_oval(x, y - 0.55 * tall, 1.5 * wide, 0.12 * tall), hat)


SCENES: dict[str, Callable[[_Canvas], None]] = {"land": land, "sea": sea, "under_water": under_water, "face": face}
"""What a cartoon may show, by name."""


def cartoon(number: int, size: tuple[int, int] = (256, 256), scene: str | None = None) -> Cartoon:
    """Cartoon `number`, with a picture of `size` (width, height) in pixels; scenes take turns unless one is named.

    Each has its own random stream, so that the same number is the same cartoon, whatever was drawn before.
    """
    random = np.random.default_rng([1705, number])
    canvas = _Canvas(random, *size)
    names = list(SCENES)
    SCENES[scene or names[number % len(names)]](canvas)
    return canvas.done()
