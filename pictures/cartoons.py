"""Draws cartoons: land, sea, life under water, and faces, with ink outlines and colours that follow from the things.

They are what auto-painters learn from and are measured on: a narrow world in which lines give colours away (roofs are
red, trees green, the sky blue, and at dusk orange), as in the cartoons of Liu et al. 2017. Each has its ink apart from
its colours, so there is a true sketch of it, and any of its parts can be given another colour. Nothing is read from a
file.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pictures.cartoon_canvas import Canvas, Cartoon, blob, box, oval, ridge

SIZE = 512, 384
"""Width and height of the cartoons that grids can name."""

__all__ = ["SCENES", "SIZE", "Cartoon", "cartoon"]


def _sky(canvas: Canvas, *, dusk: bool, horizon: float) -> None:
    random = canvas.random
    canvas.fill(box(-0.1, -0.1, canvas.aspect + 0.2, 1.2), canvas.part("f0a070" if dusk else "8fc8ee", grade=0.2), 0)
    if random.random() < 0.6:
        sun = oval(canvas.across(), random.uniform(0.08, 0.5 * horizon), *[random.uniform(0.05, 0.09)] * 2)
        canvas.fill(sun, canvas.part("e8603c" if dusk else "fadc4b"))
    for _ in range(int(random.integers(0, 4))):
        wide = random.uniform(0.08, 0.17)
        x, y, bumps = canvas.across(), random.uniform(0.06, 0.7 * horizon), int(random.integers(6, 10))
        cloud = blob(random, x, y, wide, 0.45 * wide, bumps, 0.25)
        canvas.fill(cloud, canvas.part("f2c4c0" if dusk else "f7f8fa", 6))
    if random.random() < 0.4:
        for _ in range(int(random.integers(1, 5))):
            x, y, wide = canvas.across(), random.uniform(0.08, 0.8 * horizon), random.uniform(0.015, 0.03)
            canvas.stroke(oval(x - wide, y, wide, 0.6 * wide, np.pi, 2 * np.pi), 0.7)
            canvas.stroke(oval(x + wide, y, wide, 0.6 * wide, np.pi, 2 * np.pi), 0.7)


def _tree(canvas: Canvas, x: float, foot: float, tall: float) -> None:
    random = canvas.random
    canvas.fill(box(x - 0.06 * tall, foot - 0.5 * tall, 0.12 * tall, 0.5 * tall), canvas.part("8a5a34"))
    if random.random() < 0.5:
        bumps = int(random.integers(7, 12))
        crown = blob(random, x, foot - 0.68 * tall, 0.33 * tall, 0.36 * tall, bumps, random.uniform(0.1, 0.25))
        canvas.fill(crown, canvas.part("3f9a45"))
    else:
        green = canvas.part("2e7d4a")
        for rank in range(3):
            top, wide = foot - tall + 0.2 * rank * tall, (0.18 + 0.07 * rank) * tall
            canvas.fill(np.array([(x, top), (x + wide, top + 0.38 * tall), (x - wide, top + 0.38 * tall)]), green)


def _house(canvas: Canvas, x: float, foot: float, tall: float) -> None:
    random = canvas.random
    wide, eaves = tall * random.uniform(0.9, 1.5), foot - 0.6 * tall
    if random.random() < 0.5:
        chimney = box(x + wide * random.uniform(0.15, 0.7), foot - 1.12 * tall, 0.12 * tall, 0.5 * tall)
        canvas.fill(chimney, canvas.part("9a4a3c"))
    canvas.fill(box(x, eaves, wide, 0.6 * tall), canvas.part("f2e3bc", 10))
    slope, over = random.uniform(0, 0.45) * wide, 0.07 * wide
    roof = [(x - over, eaves), (x + slope, foot - tall), (x + wide - slope, foot - tall), (x + wide + over, eaves)]
    canvas.fill(np.array(roof), canvas.part("cc4434"))
    panes, count = canvas.part("a8d8ee"), int(random.integers(1, 4))
    side = min(0.22 * tall, 0.55 * wide / (count + 1))
    for number in range(count):
        left = x + wide * (number + 0.35) / (count + 1)
        canvas.fill(box(left, eaves + 0.13 * tall, side, side), panes, 0.8)
        if random.random() < 0.6:
            middle = left + side / 2
            canvas.stroke(np.array([(middle, eaves + 0.13 * tall), (middle, eaves + 0.13 * tall + side)]), 0.6)
    door = box(x + wide * random.uniform(0.1, 0.75), foot - 0.34 * tall, 0.17 * tall, 0.34 * tall)
    canvas.fill(door, canvas.part("7c4a28"))


def land(canvas: Canvas) -> None:
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
        canvas.fill(ridge(random, canvas.aspect, level, 0.04), canvas.part("7cb858" if not dusk else "6a8c48", 16))
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
        canvas.fill(blob(random, x, y, petal, petal, 5, 0.35), bloom, 0.7)


def _boat(canvas: Canvas, x: float, water: float, long: float) -> None:
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


def sea(canvas: Canvas) -> None:
    """Sea with boats, waves, an island, and a beach with a parasol and a ball."""
    random, dusk = canvas.random, canvas.random.random() < 0.2
    horizon = random.uniform(0.35, 0.55)
    _sky(canvas, dusk=dusk, horizon=horizon)
    if random.random() < 0.4:
        x, wide = canvas.across(), random.uniform(0.15, 0.3)
        canvas.fill(oval(x, horizon, wide, 0.3 * wide, np.pi, 2 * np.pi), canvas.part("6aa860"))
    water = canvas.part("4a6aa0" if dusk else "3478c4", grade=0.3)
    canvas.fill(box(-0.1, horizon, canvas.aspect + 0.2, 1), water)
    for _ in range(int(random.integers(3, 10))):
        x, y, wide = canvas.across(), random.uniform(horizon + 0.05, 0.95), random.uniform(0.02, 0.05)
        for side in (-wide, wide):
            canvas.stroke(oval(x + side, y, wide, 0.4 * wide, np.pi, 2 * np.pi), 0.6)
    for _ in range(int(random.integers(1, 4))):
        _boat(canvas, canvas.across(0.1, 0.9), random.uniform(horizon + 0.05, 0.7), random.uniform(0.15, 0.4))
    if random.random() < 0.6:
        beach = random.uniform(0.72, 0.85)
        canvas.fill(ridge(random, canvas.aspect, beach, 0.03), canvas.part("ecd49a", 10))
        if random.random() < 0.6:
            x, y, wide = canvas.across(0.15, 0.85), random.uniform(0.68, 0.8), random.uniform(0.1, 0.18)
            canvas.stroke(np.array([(x, y - wide), (x + 0.02, y + 0.15)]), 1.2)
            canvas.fill(oval(x, y, wide, wide, np.pi, 2 * np.pi), canvas.part("d8443c"))
            canvas.fill(oval(x, y, 0.4 * wide, wide, np.pi, 2 * np.pi), canvas.part("f6f2e6", 8))
        if random.random() < 0.5:
            x, y, wide = canvas.across(), random.uniform(0.88, 0.94), random.uniform(0.03, 0.05)
            canvas.fill(oval(x, y, wide, wide), canvas.part("f2c23c"))
            canvas.stroke(oval(x - 0.5 * wide, y, wide, wide, -1.0, 1.0), 0.7)


def _fish(canvas: Canvas, x: float, y: float, long: float, way: float) -> None:
    body = canvas.part(canvas.one_of("f08a2c", "f08a2c", "e8503c", "f2c83c"))
    tail = [
        (x - 0.4 * long * way, y),
        (x - 0.75 * long * way, y - 0.25 * long),
        (x - 0.75 * long * way, y + 0.25 * long),
    ]
    canvas.fill(np.array(tail), body)
    canvas.fill(oval(x, y, 0.5 * long, 0.3 * long), body)
    if canvas.random.random() < 0.5:
        canvas.fill(oval(x - 0.05 * long * way, y, 0.08 * long, 0.28 * long), canvas.part("f4f4f0", 5), 0.7)
    canvas.fill(oval(x + 0.28 * long * way, y - 0.08 * long, 0.07 * long, 0.07 * long), canvas.part("f8f8f8", 3), 0.7)
    canvas.fill(oval(x + 0.3 * long * way, y - 0.08 * long, 0.03 * long, 0.03 * long), canvas.part("101010", 3), 0.3)


def under_water(canvas: Canvas) -> None:
    """Fish, seaweed, corals, bubbles and a starfish over sand."""
    random = canvas.random
    canvas.fill(box(-0.1, -0.1, canvas.aspect + 0.2, 1.2), canvas.part("2f8fb8", grade=0.5), 0)
    floor = random.uniform(0.75, 0.88)
    canvas.fill(ridge(random, canvas.aspect, floor, 0.03), canvas.part("dcc48c", 10))
    for _ in range(int(random.integers(2, 7))):
        x, tall, y = canvas.across(), random.uniform(0.2, 0.5), np.linspace(0, 1, 20)
        bend = x + 0.03 * np.sin(9 * y + random.uniform(0, 6))
        thick = 0.03 * (1 - y) + 0.004
        sides = [np.stack([bend + side * thick, floor + 0.06 - tall * y], 1) for side in (-1, 1)]
        canvas.fill(np.concatenate([sides[0], sides[1][::-1]]), canvas.part("2f8a4c"))
    for _ in range(int(random.integers(0, 3))):
        wide = random.uniform(0.07, 0.14)
        coral = blob(random, canvas.across(), floor + 0.02, wide, wide, int(random.integers(5, 9)), 0.5)
        canvas.fill(coral, canvas.part("e0587c"))
    for _ in range(int(random.integers(2, 6))):
        way = random.choice([-1.0, 1.0])
        _fish(canvas, canvas.across(0.1, 0.9), random.uniform(0.1, floor - 0.1), random.uniform(0.12, 0.32), way)
    for _ in range(int(random.integers(0, 9))):
        wide = random.uniform(0.008, 0.025)
        canvas.fill(oval(canvas.across(), random.uniform(0.05, 0.7), wide, wide), canvas.part("c8ecf4", 6), 0.7)
    if random.random() < 0.5:
        angles, far = np.linspace(0, 2 * np.pi, 11)[:-1], np.where(np.arange(10) % 2, 0.03, 0.07)
        star = np.stack([canvas.across() + far * np.cos(angles), 0.93 + far * np.sin(angles)], 1)
        canvas.fill(star, canvas.part("e8743c"))


def face(canvas: Canvas) -> None:
    """A person: hair, face, eyes, mouth, shirt; sometimes a hat or glasses. Backgrounds and shirts have any colour."""
    random = canvas.random
    x, y, wide = canvas.across(0.42, 0.58), random.uniform(0.42, 0.52), random.uniform(0.2, 0.27)
    tall, hair = wide * random.uniform(1.15, 1.35), canvas.one_of("5a3a22", "5a3a22", "2a2220", "d8b050", "b0582c")
    backdrop = canvas.part(canvas.one_of("b8d8e8", "b8d8e8", "e8dcc0", "c8e0c0"), 12)
    canvas.fill(box(-0.1, -0.1, canvas.aspect + 0.2, 1.2), backdrop, 0)
    hair_part, skin = canvas.part(hair), canvas.part(canvas.one_of("f4cca8", "f4cca8", "e0a880", "a87450"), 8)
    if random.random() < 0.5:
        canvas.fill(box(x - 1.15 * wide, y - 0.2 * tall, 2.3 * wide, random.uniform(1.0, 1.5) * tall), hair_part)
    canvas.fill(oval(x, y - 0.2 * tall, 1.18 * wide, 1.05 * tall), hair_part)
    shirt = canvas.part(canvas.one_of("c8443c", "3c64b4", "4a9a5a", "e0b83c", "7c5a9a"))
    canvas.fill(box(x - 0.32 * wide, y + 0.7 * tall, 0.64 * wide, 0.6 * tall), skin)
    canvas.fill(oval(x, 1.12, 1.8 * wide, 1.12 - y - 0.95 * tall), shirt)
    for side in (-1, 1):
        canvas.fill(oval(x + side * wide, y, 0.16 * wide, 0.22 * tall), skin)
    canvas.fill(oval(x, y, wide, tall), skin)
    fringe = oval(x, y - 0.35 * tall, 0.98 * wide, 0.68 * tall, np.pi, 2 * np.pi)
    canvas.fill(
        np.concatenate([fringe, [(x + 0.3 * wide, y - 0.5 * tall), (x - 0.2 * wide, y - 0.42 * tall)]]), hair_part
    )
    iris, white = canvas.part(canvas.one_of("5a3a22", "4a7ab0", "4a8a5a")), canvas.part("fafafa", 3)
    for side in (-1, 1):
        eye = x + side * 0.4 * wide
        canvas.fill(oval(eye, y - 0.05 * tall, 0.2 * wide, 0.13 * wide), white, 0.8)
        canvas.fill(oval(eye, y - 0.05 * tall, 0.1 * wide, 0.11 * wide), iris, 0.7)
        canvas.stroke(oval(eye, y - 0.15 * tall, 0.24 * wide, 0.12 * wide, 1.1 * np.pi, 1.9 * np.pi), 1.3)
        if wide > 0.25:
            canvas.stroke(oval(eye, y - 0.05 * tall, 0.3 * wide, 0.28 * wide), 0.9)
    canvas.stroke(np.array([(x, y), (x + 0.1 * wide, y + 0.25 * tall), (x - 0.04 * wide, y + 0.25 * tall)]), 0.8)
    canvas.fill(oval(x, y + 0.42 * tall, 0.32 * wide, 0.2 * wide, 0, np.pi), canvas.part("cc4a50"), 0.8)
    if random.random() < 0.35:
        hat = canvas.part(canvas.one_of("c8443c", "3c64b4", "e0b83c", "4a9a5a"))
        canvas.fill(oval(x, y - 0.55 * tall, 1.05 * wide, 0.75 * tall, np.pi, 2 * np.pi), hat)
        canvas.fill(oval(x, y - 0.55 * tall, 1.5 * wide, 0.12 * tall), hat)


SCENES: dict[str, Callable[[Canvas], None]] = {"land": land, "sea": sea, "under_water": under_water, "face": face}
"""What a cartoon may show, by name."""


def cartoon(number: int, size: tuple[int, int] = (256, 256), scene: str | None = None) -> Cartoon:
    """Cartoon `number`, with a picture of `size` (width, height) in pixels; scenes take turns unless one is named.

    Each has its own random stream, so that the same number is the same cartoon, whatever was drawn before.
    """
    random = np.random.default_rng([1705, number])
    canvas = Canvas(random, *size)
    names = list(SCENES)
    SCENES[scene or names[number % len(names)]](canvas)
    return canvas.done()
