"""Painting-like pictures drawn by code: strokes, facets, shapes, hatching, knife patches, clouds, stripes, dots.

Every drawer takes a random generator and returns a canvas (see `strokes`). Nothing here reads a file.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from weights.training.strokes import (
    SIZE,
    Array,
    Generator,
    colour_field,
    colour_ramp,
    flow_angles,
    fractal_noise,
    paint_strokes,
    palette,
    sample,
    smooth_noise,
)


def brush_strokes(random: Generator) -> Array:
    """Strokes of one kind over a soft distribution of colours."""
    colours = colour_field(random, palette(random))
    width = random.uniform(3, 14)
    bristles = int(random.choice([1, 3, 4, 5])) if width > 5 else 1
    return paint_strokes(
        random,
        colours,
        colours,
        flow_angles(random),
        width,
        width * random.uniform(3, 8),
        random.uniform(1.0, 2.5),
        bristles,
        random.uniform(0.03, 0.14),
    )


def painted(random: Generator, photograph: Array) -> Array:
    """A photograph painted over: broad strokes first, then finer ones, along the edges of the photograph."""
    smooth = np.stack([ndimage.gaussian_filter(photograph[..., channel], 3) for channel in range(3)], -1)
    grey = ndimage.gaussian_filter(photograph.mean(-1), 4)
    down, across = np.gradient(grey)
    tensor = [ndimage.gaussian_filter(product, 10) for product in (across * across, across * down, down * down)]
    edges = 0.5 * np.arctan2(2 * tensor[1], tensor[0] - tensor[2]) + np.pi / 2
    strength = np.clip(20 * np.hypot(across, down), 0, 1)
    loose = flow_angles(random)
    angles = np.arctan2(
        strength * np.sin(edges) + 0.4 * np.sin(loose), strength * np.cos(edges) + 0.4 * np.cos(loose)
    ).astype(np.float32)
    jitter, width = random.uniform(0.02, 0.1), random.uniform(7, 18)
    canvas = paint_strokes(random, smooth, smooth, angles, width, 5 * width, 1.5, 3, jitter)
    return paint_strokes(
        random, canvas, photograph, angles, width / 2.5, 1.8 * width, random.uniform(0.4, 1.5), 1, jitter
    )


def facets(random: Generator) -> Array:
    """Planes cut by straight lines, each shaded from one edge, some outlined, as in cubist paintings."""
    colours = palette(random)
    rows, columns = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    bend = random.choice([0.0, 12.0]) * smooth_noise(random, 120)[..., 0]
    code = np.zeros((SIZE, SIZE), np.int64)
    outline = np.full((SIZE, SIZE), np.inf, np.float32)
    for line in range(int(random.integers(9, 22))):
        angle, row, column = random.uniform(0, np.pi), random.uniform(0, SIZE), random.uniform(0, SIZE)
        along = (columns - column) * np.cos(angle) + (rows - row) * np.sin(angle)
        distance = (rows - row) * np.cos(angle) - (columns - column) * np.sin(angle) + bend
        active = np.abs(along) < random.uniform(60, 400)
        code += (((distance > 0) & active).astype(np.int64)) << line
        outline = np.where(active, np.minimum(outline, np.abs(distance)), outline)
    _, cells = np.unique(code, return_inverse=True)
    cells = cells.reshape(SIZE, SIZE)
    count = cells.max() + 1
    tints = colours[random.integers(0, len(colours), count)] + random.normal(0, 0.06, (count, 3))
    direction = random.uniform(0, 2 * np.pi, count)[cells]
    slope = (random.uniform(0.0, 0.5, count) / 100)[cells]
    centre_rows = ndimage.mean(rows, cells, np.arange(count))[cells]
    centre_columns = ndimage.mean(columns, cells, np.arange(count))[cells]
    shade = np.clip(
        slope * ((rows - centre_rows) * np.sin(direction) + (columns - centre_columns) * np.cos(direction)), -0.35, 0.35
    )
    picture = tints[cells] + shade[..., None]
    if random.uniform() < 0.6:
        picture *= 1 - random.uniform(0.2, 0.8) * np.exp(-((outline / random.uniform(0.8, 2.5)) ** 2))[..., None]
    picture += random.uniform(0, 0.05) * smooth_noise(random, random.uniform(2, 8))
    canvas = np.clip(picture, 0, 1).astype(np.float32)
    if random.uniform() < 0.5:
        width = random.uniform(4, 10)
        canvas = paint_strokes(random, canvas, canvas, flow_angles(random), width, 4 * width, 0.7, 3, 0.03)
    return np.asarray(canvas)


def composition(random: Generator) -> Array:
    """Discs, polygons, arcs, curves and dark lines over a colour field: an abstract composition."""
    colours = palette(random)
    if random.uniform() < 0.5:
        colours = np.concatenate([colours, palette(random)])
    surface = Image.fromarray(np.uint8(np.clip(colour_field(random, colours), 0, 1) * 255)).resize((2 * SIZE, 2 * SIZE))
    draw = ImageDraw.Draw(surface)
    for _ in range(int(random.integers(80, 320))):
        tint = tuple(int(value * 255) for value in colours[random.integers(len(colours))])
        if random.uniform() < 0.25:
            tint = (
                tuple(int(value) for value in random.integers(0, 45, 3)) if random.uniform() < 0.7 else (240, 236, 225)
            )
        x, y = random.uniform(0, 2 * SIZE, 2)
        reach = 2 * random.lognormal(3.0, 0.6)
        kind = random.integers(6)
        if kind == 0:
            draw.ellipse([x - reach, y - reach * random.uniform(0.4, 1), x + reach, y + reach], tint)
        elif kind == 1:
            corners = np.sort(random.uniform(0, 2 * np.pi, int(random.integers(3, 6))))
            draw.polygon(
                [(x + reach * np.cos(a) * random.uniform(0.5, 1.6), y + reach * np.sin(a)) for a in corners], tint
            )
        elif kind == 2:
            start = random.uniform(0, 360)
            draw.arc(
                [x - reach, y - reach, x + reach, y + reach],
                start,
                start + random.uniform(60, 300),
                tint,
                int(random.integers(3, 16)),
            )
        elif kind == 3:
            angle, bend = random.uniform(0, np.pi), random.normal(0, 0.02)
            steps = np.linspace(0, 4 * reach, 12)
            points = np.stack(
                [x + steps * np.cos(angle + bend * steps / 2), y + steps * np.sin(angle + bend * steps / 2)], 1
            )
            draw.line(points.ravel().tolist(), tint, int(random.integers(2, 12)))
        else:
            angle = random.uniform(0, np.pi)
            step = np.array([-np.sin(angle), np.cos(angle)]) * random.uniform(8, 20)
            for k in range(int(random.integers(3, 7))):
                a = np.array([x, y]) + k * step
                b = a + reach * np.array([np.cos(angle), np.sin(angle)])
                draw.line([*a, *b], tint, int(random.integers(3, 7)))
    canvas = np.asarray(surface.resize((SIZE, SIZE), Image.Resampling.BOX), np.float32) / 255
    if random.uniform() < 0.6:
        width = random.uniform(3, 8)
        canvas = paint_strokes(
            random,
            canvas,
            canvas,
            flow_angles(random),
            width,
            4 * width,
            random.uniform(0.5, 1.5),
            1,
            random.uniform(0.02, 0.08),
        )
    return canvas


def hatching(random: Generator) -> Array:
    """Two to four layers of nearly parallel pen lines whose density follows a soft shading."""
    colours = palette(random)
    paper, ink = (colours[-1], colours[0]) if random.uniform() < 0.8 else (colours[0], colours[-1])
    canvas = np.ones((SIZE, SIZE, 3), np.float32) * paper
    for _ in range(int(random.integers(2, 5))):
        tone = np.where(fractal_noise(random, 200, 0.4) > random.uniform(-0.5, 0.8), 1.0, 0.0)[..., None]
        angles = np.full((SIZE, SIZE), random.uniform(0, np.pi), np.float32) + 0.15 * smooth_noise(random, 150)[..., 0]
        drawn = paint_strokes(
            random,
            canvas,
            np.broadcast_to(ink, canvas.shape),
            angles,
            random.uniform(1, 2.5),
            random.uniform(20, 70),
            random.uniform(0.2, 0.5),
            1,
            0.05,
        )
        canvas = canvas + tone * (drawn - canvas)
        ink = colours[random.integers(0, len(colours) - 1)] if random.uniform() < 0.5 else ink
    return np.asarray(canvas)


def knife_patches(random: Generator) -> Array:
    """Broad, short, many-bristled strokes in a few directions, as of paint laid on with a knife."""
    colours = colour_field(random, palette(random))
    angles = random.uniform(0, np.pi) + np.pi / 4 * np.round(
        1.2 * smooth_noise(random, random.uniform(30, 120))[..., 0]
    )
    width = random.uniform(14, 40)
    return paint_strokes(
        random,
        colours,
        colours,
        angles.astype(np.float32),
        width,
        width * random.uniform(1.2, 3),
        random.uniform(1.5, 3),
        int(random.integers(5, 10)),
        random.uniform(0.03, 0.1),
    )


def clouds(random: Generator) -> Array:
    """Turbulence through a ramp of the palette, light breaking out of the dark; often stroked over."""
    first, second = fractal_noise(random, 250, 0.5), fractal_noise(random, 250, 0.5)
    rows, columns = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    reach = random.uniform(5, 60)
    field = sample(
        fractal_noise(random, random.uniform(100, 300), random.uniform(0.4, 0.75)),
        rows + reach * first,
        columns + reach * second,
    )
    values = np.clip(0.5 + 0.25 * field, 0, 1) ** random.uniform(0.6, 2.0)
    canvas = colour_ramp(values, palette(random))
    if random.uniform() < 0.6:
        down, across = np.gradient(ndimage.gaussian_filter(field, 4))
        width = random.uniform(3, 10)
        canvas = paint_strokes(
            random,
            canvas,
            canvas,
            np.arctan2(across, -down).astype(np.float32),
            width,
            4 * width,
            random.uniform(0.5, 1.5),
            int(random.choice([1, 3])),
            random.uniform(0.01, 0.07),
        )
    return canvas


def stripes(random: Generator) -> Array:
    """Stripes or rings, bent by a smooth warp."""
    rows, columns = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    rows = rows + random.uniform(0, 40) * smooth_noise(random, random.uniform(50, 200))[..., 0]
    columns = columns + random.uniform(0, 40) * smooth_noise(random, random.uniform(50, 200))[..., 0]
    angle, period = random.uniform(0, np.pi), random.uniform(7, 70)
    phase = (
        rows * np.sin(angle) + columns * np.cos(angle)
        if random.uniform() < 0.6
        else np.hypot(rows - random.uniform(0, SIZE), columns - random.uniform(0, SIZE))
    )
    wave = 0.5 + 0.5 * np.sin(2 * np.pi * phase / period)
    if random.uniform() < 0.4:
        wave = np.clip(4 * (wave - 0.5) + 0.5, 0, 1)
    return np.clip(
        colour_ramp(wave, palette(random)) + random.uniform(0, 0.08) * smooth_noise(random, random.uniform(3, 20), 3),
        0,
        1,
    )


def dots(random: Generator) -> Array:
    """Pointillism: short round touches of strongly varied colour."""
    colours = colour_field(random, palette(random))
    width = random.uniform(4, 11)
    return paint_strokes(
        random,
        colours,
        colours,
        flow_angles(random),
        width,
        1.2 * width,
        random.uniform(1.2, 2.5),
        1,
        random.uniform(0.06, 0.18),
    )


def colour_noise(random: Generator) -> Array:
    """Coloured fractal noise of random roughness, sometimes quantised into flat cells."""
    colours = palette(random)
    field = 0.5 + 0.5 * np.tanh(fractal_noise(random, random.uniform(20, 200), random.uniform(0.3, 0.9)))
    if random.uniform() < 0.5:
        field = np.round(field * 5) / 5
    return np.clip(
        colour_ramp(field, colours) + random.uniform(0, 0.1) * smooth_noise(random, random.uniform(8, 60), 3), 0, 1
    )


DRAWERS: tuple[Callable[[Generator], Array], ...] = (
    brush_strokes,
    facets,
    composition,
    brush_strokes,
    clouds,
    knife_patches,
    composition,
    hatching,
    facets,
    stripes,
    clouds,
    dots,
    colour_noise,
)
