"""The elements of drawn pictures: palettes, smooth fields, flows, and brush strokes that follow them.

A canvas is SIZE×SIZE×3, float32 in [0, 1]; a field is SIZE×SIZE. Random numbers only come from the given generator.
"""

from __future__ import annotations

import colorsys
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

SIZE = 512
Array = NDArray[Any]
Generator = np.random.Generator


def palette(random: Generator) -> Array:
    """K×3 colours that fit together, darkest first: a few hues, with one overall brightness and saturation."""
    count = int(random.integers(3, 8))
    hue, spread = random.uniform(), random.choice([0.06, 0.15, 0.5])
    saturation, brightness = random.uniform(0.05, 1.0), random.uniform(0.25, 0.9)
    drawn = []
    for _ in range(count):
        h = (hue + random.normal(0, spread)) % 1.0
        if random.uniform() < 0.25:
            h = (h + 0.5) % 1.0
        s = float(np.clip(saturation + random.normal(0, 0.2), 0, 1))
        v = float(np.clip(brightness + random.normal(0, 0.28), 0.02, 1))
        drawn.append(colorsys.hsv_to_rgb(h, s, v))
    colours: Array = np.array(drawn, dtype=np.float32)
    return colours[np.argsort(colours.sum(1))]


def smooth_noise(random: Generator, scale: float, channels: int = 1) -> Array:
    """SIZE×SIZE×channels, zero mean, unit deviation, correlated over about `scale` pixels."""
    coarse = max(3, round(SIZE / scale) + 2)
    grid = random.normal(size=(coarse, coarse, channels)).astype(np.float32)
    field = ndimage.zoom(grid, (SIZE / coarse, SIZE / coarse, 1), order=3, mode="nearest")[:SIZE, :SIZE]
    return np.asarray((field - field.mean((0, 1))) / (field.std((0, 1)) + 1e-6))


def fractal_noise(random: Generator, coarsest: float, roughness: float) -> Array:
    """Sum of octaves of smooth noise down to four pixels; amplitude falls by `roughness` per octave."""
    total, amplitude, scale = np.zeros((SIZE, SIZE), np.float32), 1.0, coarsest
    while scale >= 4:
        total += amplitude * smooth_noise(random, scale)[..., 0]
        amplitude, scale = amplitude * roughness, scale / 2
    return np.asarray((total - total.mean()) / total.std())


def sample(field: Array, row: Array, column: Array) -> Array:
    """Bilinear values of a SIZE×SIZE field at fractional positions, mirrored at the edges."""
    return np.asarray(ndimage.map_coordinates(field, [row, column], order=1, mode="mirror"))


def colour_ramp(values: Array, colours: Array) -> Array:
    """Maps values in [0, 1] along the palette by linear interpolation."""
    stops = np.linspace(0, 1, len(colours))
    return np.stack([np.interp(values, stops, colours[:, channel]) for channel in range(3)], -1).astype(np.float32)


def colour_field(random: Generator, colours: Array) -> Array:
    """A canvas on which the colours of the palette blend softly into each other."""
    field = fractal_noise(random, random.uniform(80, 300), random.uniform(0.2, 0.6))
    return colour_ramp(ndimage.gaussian_filter(0.5 + 0.5 * np.tanh(field), 2), colours)


def flow_angles(random: Generator) -> Array:
    """Directions (radians) of a flow: a gentle field plus a few vortices."""
    angles = random.uniform(0, np.pi) + random.uniform(0.2, 1.5) * smooth_noise(random, random.uniform(90, 300))[..., 0]
    east, south = np.cos(angles), np.sin(angles)
    rows, columns = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    for _ in range(int(random.integers(0, 6))):
        row, column, radius = random.uniform(0, SIZE), random.uniform(0, SIZE), random.uniform(25, 130)
        reach = np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / radius**2) * random.choice([-4.0, 4.0])
        east, south = east - reach * (rows - row) / radius, south + reach * (columns - column) / radius
    return np.arctan2(south, east).astype(np.float32)


def paint_strokes(
    random: Generator,
    canvas: Array,
    colours: Array,
    angles: Array,
    width: float,
    length: float,
    density: float,
    bristles: int,
    jitter: float,
) -> Array:
    """Covers a canvas with brush strokes that follow `angles` and take their colour from the picture `colours`.

    Each stroke is a bundle of `bristles` parallel lines of varying brightness, so that it has a grain. Strokes are
    drawn at twice the size and reduced, which smooths their edges.
    """
    surface = Image.fromarray(np.uint8(np.clip(canvas, 0, 1) * 255)).resize(
        (2 * SIZE, 2 * SIZE), Image.Resampling.BILINEAR
    )
    draw = ImageDraw.Draw(surface)
    count = int(density * SIZE * SIZE / (width * length))
    rows, columns = random.uniform(0, SIZE, (2, count))
    tints = (
        colours[rows.astype(int), columns.astype(int)]
        + random.normal(0, jitter, (count, 1))
        + random.normal(0, jitter / 2, (count, 3))
    )
    steps = 5
    lengths = length * random.uniform(0.5, 1.5, count)
    paths = np.empty((count, steps, 2))
    row, column = rows.copy(), columns.copy()
    for step in range(steps):
        paths[:, step] = np.stack([column, row], 1)
        angle = sample(angles, row, column)
        row, column = row + np.sin(angle) * lengths / (steps - 1), column + np.cos(angle) * lengths / (steps - 1)
    first = sample(angles, rows, columns)
    normals = np.stack([-np.sin(first), np.cos(first)], 1)
    offsets = (np.arange(bristles) - (bristles - 1) / 2) * width / bristles
    grain = random.normal(0, jitter if bristles > 1 else 0.0, (count, bristles))
    thickness = max(1, round(2 * width / bristles + 0.5))
    for stroke in range(count):
        for bristle in range(bristles):
            points = 2 * (paths[stroke] + normals[stroke] * offsets[bristle])
            tint = np.clip(tints[stroke] + grain[stroke, bristle], 0, 1) * 255
            draw.line(
                points.ravel().tolist(),
                tuple(int(value) for value in tint),
                thickness,
                joint="curve" if thickness > 5 else None,
            )
    return np.asarray(surface.resize((SIZE, SIZE), Image.Resampling.BOX), np.float32) / 255
