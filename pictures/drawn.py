"""Five paintings that are drawn by code, as styles for when no real painting can be downloaded.

Each is our own composition in the manner of a painter, not a copy of a work. An array of colours is painted over with
bristly strokes, which follow the contour lines of another array, and lit so that the paint stands in relief. All random
numbers come from a seeded generator, so a painting is the same at every call. A position is a complex number x + iy: x
to the right, y downwards, in picture heights. This module uses neither the network nor any file.
"""

import functools
from typing import Any, TypeAlias

import numpy as np
from numpy.random import PCG64, Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

Array: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.complex128]

FINE = 2  # The canvas is this many times too large, and reduced at the end, which smooths edges.
SEED = 8  # Of a few seeds that we tried, the one with the best-looking paintings.


def _noise(chance: Generator, places: Places, scale: float, octaves: int = 1) -> Array:
    """Smooth noise of about unit size: features at distances of `scale`, then of half of it with half the strength."""
    total = np.zeros(places.shape)
    for octave in range(octaves):
        lattice = chance.standard_normal((64, 64))
        at = np.stack([places.imag, places.real]) * 2**octave / scale
        total += ndimage.map_coordinates(lattice, at, order=2, mode="grid-wrap") / 2**octave
    return total


def _twirl(places: Places, centre: complex, radius: float, turn: float) -> Places:
    """Positions rotated about `centre`: by `turn` radians at the centre, by almost nothing far beyond `radius`."""
    arm = places - centre
    return np.asarray(centre + arm * np.exp(1j * turn * np.exp(-((np.abs(arm) / radius) ** 2))))


def _arc(centre: complex, radii: Array | float, start: float, stop: float) -> Places:
    """24 positions around `centre` at the distances `radii` (24,), from the angle `start` to `stop` in radians."""
    return np.asarray(centre + radii * np.exp(1j * np.linspace(start, stop, 24)))


def _normals(paths: Places) -> Places:
    """Unit vectors, as complex numbers, perpendicular to the `paths` (n, points) at each point."""
    step = np.gradient(paths, axis=1)
    return np.asarray(1j * step / np.maximum(np.abs(step), 1e-9))


def _ramp(value: Array, colours: str) -> Array:
    """The colour at `value` (0 to 1) of a gradient through `colours` (hexadecimal): (..., 3), from 0 to 255."""
    stops = np.array([list(bytes.fromhex(colour)) for colour in colours.split()], dtype=np.float64)
    return np.stack([np.interp(value, np.linspace(0, 1, len(stops)), channel) for channel in stops.T], axis=-1)


def _mix(under: Array, over: Array, share: Array) -> Array:
    return under + (over - under) * np.clip(share, 0, 1)[..., np.newaxis]


def _bytes(values: Array) -> NDArray[np.uint8]:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


class Canvas:
    """An unfinished picture: red, green, blue and, in the alpha channel, the thickness of the paint, from 0 to 255."""

    def __init__(self, chance: Generator, size: tuple[int, int]) -> None:
        """Begin with an ochre ground of `size`, width and height in pixels. `chance` is the random generator."""
        self.chance, (self.width, self.height) = chance, size
        self.image = Image.new("RGBA", (self.width * FINE, self.height * FINE), (164, 122, 62, 90))
        self.pen = ImageDraw.Draw(self.image)

    def fill(self, outlines: Places, paint: Array) -> None:
        """Fill the `outlines` (n, corners) with the `paint` (n or 1, 4), each over the ones before."""
        corners = np.stack([outlines.real, outlines.imag], axis=-1) * (self.height * FINE)
        inks = _bytes(np.broadcast_to(paint, (len(outlines), 4)))
        for points, ink in zip(corners.reshape(len(outlines), -1).tolist(), inks.tolist(), strict=True):
            self.pen.polygon(points, fill=tuple(ink))

    def line(self, paths: Places, widths: Array, paint: Array) -> None:
        """Draw the `paths` (n, points) with `widths` (n,), tapered at the ends, in `paint` (n or 1, 4)."""
        taper = np.sin(np.linspace(0.25, np.pi - 0.25, paths.shape[1])) ** 0.6
        side = _normals(paths) * np.outer(widths / 2, taper)
        self.fill(np.concatenate([paths + side, (paths - side)[:, ::-1]], axis=1), paint)

    def brush(
        self, study: Array, levels: Array, *, length: float, width: float, bristles: int, jitter: float,
        stray: float = 0.12, share: Array | float = 1.0,
    ) -> None:  # fmt: skip
        """Cover the picture twice with strokes that take their colours from `study` and follow the contours of
        `levels`.

        Each stroke has a streak for each of its `bristles`. Their lightness varies by `jitter`, their direction by
        `stray` radians. `share`: the fraction of all strokes that is made, one number or (height, width).
        """
        chance, aspect = self.chance, self.width / self.height
        down, across = np.gradient(levels)
        heading = np.exp(1j * np.arctan2(across, -down))
        count = int(2.5 * aspect / (length * width))
        # The fractional parts of multiples of these two numbers fill a square more evenly than random numbers.
        spread = (np.outer(np.arange(count), (0.7548776662466927, 0.5698402909980532)) + chance.random(2)) % 1
        points = (spread[:, 0] * (aspect + 0.06) - 0.03) + 1j * (spread[:, 1] * 1.06 - 0.03)
        points = points[chance.random(count) < self._at(np.broadcast_to(share, levels.shape), points)]
        count = len(points)
        stride = length * chance.uniform(0.08, 0.22, count) * np.exp(1j * chance.normal(0, stray, count))
        paths = np.empty((count, 7), dtype=np.complex128)
        paths[:, 3] = points
        for index, way in ((3, 1), (4, 1), (5, 1), (3, -1), (2, -1), (1, -1)):
            paths[:, index + way] = paths[:, index] + way * stride * self._at(heading, paths[:, index])
        streaks = paths[:, np.newaxis] + _normals(paths)[:, np.newaxis] * np.linspace([-0.4], [0.4], bristles) * width
        # The bristles touch and leave the canvas one after another, which makes the ends ragged.
        streaks += (paths[:, -1:] - paths[:, :1])[:, np.newaxis] * chance.normal(0, 0.1, (count, bristles, 1))
        light = chance.normal(0, 1, (count, 1, 1)) + chance.normal(0, 0.6, (count, bristles, 1))
        stroke = np.insert(self._at(study, points), 3, 170, axis=1) + chance.normal(0, jitter / 2.5, (count, 4))
        paint = stroke[:, np.newaxis] + light * np.array([jitter, jitter, jitter, 35])
        widths = chance.uniform(0.9, 1.9, count * bristles) * width / bristles
        self.line(streaks.reshape(-1, 7), widths, paint.reshape(-1, 4))

    def soften(self, levels: Array, length: float, width: float) -> None:
        """Brush over the painting, along its edges or, if there are none, along the contour lines of `levels`."""
        painted = np.asarray(self.image.reduce(FINE), dtype=np.float64)[..., :3]
        levels = levels + ndimage.gaussian_filter(painted.mean(axis=2), 0.01 * self.height)
        self.brush(painted, levels, length=length, width=width, bristles=3, jitter=9, share=0.6)

    def _at(self, field: NDArray[Any], places: Places) -> NDArray[Any]:
        """The values of `field` (height, width, ...) at the positions `places`; beyond the edge, those at the edge."""
        row, column = (places.imag * self.height).astype(int), (places.real * self.height).astype(int)
        return np.asarray(field[row.clip(0, self.height - 1), column.clip(0, self.width - 1)])

    def lit(self) -> Image.Image:
        """The picture, with light from the upper left on its paint and on the weave of the canvas."""
        pixels = np.asarray(self.image.reduce(FINE), dtype=np.float64)
        weave = 14 * ndimage.gaussian_filter(self.chance.standard_normal((self.height, self.width)), 0.7)
        down, across = np.gradient(ndimage.gaussian_filter(pixels[..., 3], 0.6) + weave)
        return Image.fromarray(_bytes(pixels[..., :3] * (1 + 0.5 * np.tanh((down + across) / 90))[..., np.newaxis]))


def _swirls(canvas: Canvas, chance: Generator, places: Places) -> None:
    """A night of whirling blue with burning discs over dark hills."""
    x, y, aspect = places.real, places.imag, places.real.max()
    wind = places + 0.02 * _noise(chance, places, 0.3) + 0.03j * _noise(chance, places, 0.35)
    for across, down, radius, turn in ((0.38, 0.42, 0.24, 4.2), (0.72, 0.35, 0.17, -4.2), (0.93, 0.56, 0.13, 4.0)):
        wind = _twirl(wind, complex(across * aspect, down), radius, turn)
    levels = wind.imag + 0.05 * np.sin(5 * wind.real)
    bands = 0.46 + 0.28 * np.sin(46 * levels) + 0.2 * _noise(chance, wind.real + 4.5j * wind.imag, 0.25, 2)
    study = _ramp(bands, "0a1036 1b2f7a 2c55a8 4c86c6 8fb9d2 dfdfae")
    discs = ((0.86, 0.17, 0.13), (0.08, 0.16, 0.075), (0.3, 0.09, 0.055), (0.12, 0.5, 0.05), (0.55, 0.14, 0.045))
    for across, down, radius in (*discs, (0.62, 0.62, 0.04)):
        distance = np.abs(places - complex(across * aspect, down)) / radius
        rings = distance / 1.7 + 0.1 * np.sin(13 * distance) + 0.05 * _noise(chance, places, 0.03)
        halo = 1 / (1 + np.exp((distance - 1.45) * 7))
        study = _mix(study, _ramp(rings, "e0701a f7b52a f9e07a f6f1bf d9dd9a 8dbbb4 3c6cb2"), halo)
        levels = levels * (1 - halo) + distance * radius * halo
    for crest, colours in (
        (0.74 + 0.05 * np.sin(4.2 * x + 0.6) + 0.02 * np.sin(9 * x), "05081e 1a2a78 2f54a0 6a94c4"),
        (0.87 - 0.07 * np.sin(3.4 * x + 0.2), "060d14 10304a 1f5a50 4f8a4a c4bc52"),
    ):
        depth = y - crest
        furrows = depth + 0.03 * np.sin(9 * x + 12 * depth)
        slope = 0.5 + 0.4 * np.sin(70 * furrows) + 0.15 * _noise(chance, places, 0.05)
        study = _mix(study, _ramp(slope - np.exp(-((depth / 0.02) ** 2)), colours), depth * 480)
        levels = np.where(depth > 0, furrows, levels)
    canvas.brush(study, levels, length=0.08, width=0.02, bristles=4, jitter=14)
    canvas.brush(study, levels, length=0.05, width=0.011, bristles=3, jitter=22, share=0.5)


def _facets(canvas: Canvas, chance: Generator, places: Places) -> None:
    """A seated figure, broken into planes of grey and ochre that slide into each other."""
    aspect, scale = places.real.max(), len(places) * FINE
    gloom = _noise(chance, places, 0.3, 3)
    canvas.brush(_ramp(0.4 + 0.2 * gloom, "0f1214 5a5347"), gloom, length=0.05, width=0.02, bristles=4, jitter=6)
    grain = 8 * ndimage.gaussian_filter(chance.standard_normal((512, 512)), (1.5, 11), mode="wrap")
    for rank in range(190):
        if rank == 100:  # The brush softens the planes painted so far; the small ones that follow stay crisp.
            canvas.soften(250 * (places.real - places.imag), length=0.025, width=0.007)
        reach = 0.36 * 0.984**rank + 0.07
        seated = complex(chance.normal(0.5 * aspect, 0.13), chance.normal(0.52, 0.26))
        strewn = complex(chance.uniform(0, aspect), chance.uniform())
        spot = seated if chance.random() < rank / 160 else strewn
        turn = np.exp(1j * (chance.choice((0.3, 1.2, -0.65, 2.1, 1.57)) + chance.normal(0, 0.12)))
        frame = chance.uniform(0.1, 1, 4) * (-1, 1, 1, -1) + 0.5j * chance.uniform(0.1, 1, 4) * (-1, -1, 1, 1)
        corners = spot + reach * turn * frame
        stencil = Image.new("L", canvas.image.size)
        ImageDraw.Draw(stencil).polygon((corners * scale).view(np.float64).tolist(), fill=1)
        left, top, right, bottom = box = stencil.getbbox() or (0, 0, 1, 1)  # Some planes lie completely outside.
        inside = (np.arange(left, right) + 1j * np.arange(top, bottom)[:, np.newaxis] - spot * scale) / turn
        streak = grain[inside.imag.astype(int) % 512, inside.real.astype(int) % 512]
        along, across = inside.real / (reach * scale), inside.imag / (reach * scale)
        # A plane is bright at one edge, and dark and transparent at the other, so that it slides into the next.
        glow = np.exp(-(((spot.real / aspect - 0.5) / 0.2) ** 2) - ((spot.imag - 0.5) / 0.4) ** 2)
        cool, warm = "0b0d10 1c242a 374249 666c6b 9c9c92 dcd8c8", "0e0c0a 2b2119 574534 87704f b59c74 e6d8b8"
        tone = chance.uniform(0.2, 0.55) + glow * chance.uniform(0, 0.6) - 0.6 * across + 0.15 * along + 0.03 * streak
        plane = _ramp(tone, warm if chance.random() < 0.4 else cool)
        layer = Image.fromarray(_bytes(np.dstack([plane, 140 + 40 * streak])))
        share = np.asarray(stencil.crop(box)) * (190 - 280 * across + 25 * streak)
        canvas.image.paste(layer, (left, top), Image.fromarray(_bytes(share)))
        dark = np.array([(13.0, 13, 15, 90)])
        canvas.line(np.linspace(corners[[0, 0]], corners[[1, 3]], 8, axis=1), chance.uniform(0.002, 0.009, 2), dark)
        if chance.random() < 0.35:
            roots = np.linspace(corners[0], corners[1], int(130 * reach))
            tips = roots + (corners[3] - corners[0]) * chance.uniform(0.3, 0.8, len(roots))
            canvas.line(np.linspace(roots, tips, 6, axis=1), np.full(len(roots), 0.0016), dark)


def _tempest(canvas: Canvas, chance: Generator, places: Places) -> None:
    """Light bursting through storm clouds over a heaving, foaming sea."""
    aspect = places.real.max()
    wind = places + 0.09 * _noise(chance, places, 0.4, 3) + 0.06j * _noise(chance, places, 0.4, 3)
    glare = 0.3 * places + 0.7 * wind - complex(0.56 * aspect, 0.4)
    burst = np.exp(-((glare.real / 0.3) ** 2) - (glare.imag / 0.2) ** 2)
    for across, down, radius, turn in ((0.14, 0.78, 0.26, 1.7), (0.58, 0.86, 0.22, -1.5), (0.94, 0.74, 0.24, 2.0)):
        wind = _twirl(wind, complex(across * aspect, down), radius, turn)
    billows = _noise(chance, wind.real + 1.6j * wind.imag, 0.25, 4)
    air = _ramp(0.45 + 0.2 * billows, "10160f 2b342e 4b5548 7b7f68 a89a68")
    blaze = _ramp(0.85 * burst + 0.24 * billows, "4a3c1c 94702c cf8f2c efc35c fcf2c0")
    swell = wind.imag + 0.05 * np.sin(6 * wind.real)
    crest = np.sin(38 * swell + 0.7 * billows)
    heave = 0.36 + 0.26 * crest + 0.12 * _noise(chance, wind.real + 3j * wind.imag, 0.2, 4) + 0.3 * burst
    sea = _ramp(heave, "080d0a 18231a 33432f 64693f a8955a e2d29a")
    study = _mix(_mix(air, blaze, 1.5 * burst + 0.35 * billows), sea, (wind.imag - 0.57) * 16)
    canvas.brush(study, swell, length=0.15, width=0.045, bristles=8, jitter=9, stray=0.15)
    canvas.brush(study, swell, length=0.07, width=0.016, bristles=5, jitter=11, stray=0.25, share=0.7)
    crest += 0.8 * _noise(chance, wind.real + 2j * wind.imag, 0.15, 4)
    foam = np.clip((crest - 0.8) * 0.5, 0, 0.5) * (wind.imag > 0.55) + 0.2 * burst**2
    spray = _mix(study, np.full_like(study, (236, 226, 190)), 0.1 + 0.3 * crest)
    canvas.brush(spray, swell, length=0.04, width=0.006, bristles=3, jitter=22, stray=0.2, share=foam)
    canvas.brush(spray + 25, swell, length=0.009, width=0.003, bristles=1, jitter=25, stray=0.8, share=0.15 * foam)


def _waves(canvas: Canvas, chance: Generator, places: Places) -> None:
    """A burning evening sky in long waves, over a dark fjord, a winding shore and a path of planks."""
    x, y, aspect = places.real, places.imag, places.real.max()
    levels = y + 0.035 * np.sin(5.2 * x + 5 * y) + 0.02 * np.sin(11 * x - 4 * y) + 0.012 * _noise(chance, places, 0.3)
    streak = 0.3 * _noise(chance, x + 14j * levels, 0.6, 2)
    fire = 0.5 + 0.45 * np.sin(44 * levels + 1.5 * np.sin(3 * x)) + 0.6 * streak
    study = _ramp(fire, "5b7fa3 a8321c cf4a1a e8761e f2a93a f4d476")
    eddy = _twirl(places, complex(0.6 * aspect, 0.72), 0.15, 2.8)
    shore = x - 1.02 * aspect + 0.45 * (y - 0.42) + 0.05 * np.sin(12 * y + 0.4)
    path = (y - 0.56 - 0.6 * x) / (0.3 + x)
    for inside, lines, stripes, colours in (
        (levels - 0.44, eddy.imag + 0.03 * np.sin(7 * eddy.real), 52, "0c1626 17304f 28557a 4d7f8e c39a4a"),
        (np.minimum(shore, levels - 0.42), shore, 60, "10180f 22402a 3f6a3c 8a8a3a b8622a"),
        (path, path, 70, "2b1512 6b2a1a a34f25 c98a4a 6d7f86"),
    ):
        study = _mix(study, _ramp(0.45 + 0.4 * np.sin(stripes * lines) + streak, colours), inside * 80)
        levels = np.where(inside > 0, lines, levels)
    canvas.brush(study, levels, length=0.18, width=0.022, bristles=6, jitter=13, stray=0.05)
    canvas.brush(study, levels, length=0.12, width=0.008, bristles=2, jitter=26, stray=0.05, share=0.6)


def _improvisation(canvas: Canvas, chance: Generator, places: Places) -> None:
    """Bright patches, rings, crescents, wedges and black lines that cross each other on a light ground."""
    aspect, tau = places.real.max(), 2 * np.pi
    ground = _ramp(0.5 + 0.3 * _noise(chance, places, 0.25, 3), "4f86c0 b9cad8 f6ead0 f3bfa4 efb23c d9702a")
    flow = _noise(chance, places, 0.4)
    canvas.brush(ground, flow, length=0.06, width=0.02, bristles=5, jitter=12)
    inks = _ramp(np.linspace(0, 1, 10), "d8231f f2b90f 1f3f9e 2e7d4a e8731a 6d2a63 f7ecd2 3f93c4 16161c b3244a")
    shares = np.linspace(1, 1 / 7, 7)[:, np.newaxis]
    for rank in range(360):
        if rank == 260:  # The brush softens the patches painted so far; the small ones that follow stay crisp.
            canvas.soften(25 * flow, length=0.035, width=0.009)
        centre = complex(chance.normal(0.5, 0.34) * aspect, chance.normal(0.5, 0.3))
        reach = (0.16 * 0.986**rank + 0.025) * chance.uniform(0.6, 1.4)
        start = chance.uniform(0, tau)
        outline = (
            _arc(centre, 0.6 * reach, 0, tau),
            _arc(centre, reach, start, start + 4.2)[::11],
            _arc(centre, reach * (0.8 + 0.3 * np.sin(np.linspace(0, 2 * tau, 24) + start)), 0, tau),
            np.append(_arc(centre, reach, start, start + 2.6), _arc(centre, 0.6 * reach, start + 2.6, start)),
            np.append(_arc(centre, 2 * reach, start, start + 0.35), centre),
        )[chance.integers(5)]
        first, second = inks[chance.choice(len(inks), 2, replace=False)]
        colour = first + (second - first) * (1 - shares) * chance.choice((0.3, 1)) + chance.normal(0, 8, (7, 3))
        heart = outline.mean() + 0.15 * reach * complex(*chance.normal(0, 1, 2))
        canvas.fill(heart + (outline - heart) * shares, np.insert(colour, 3, chance.uniform(100, 220, 7), axis=1))
    lines: list[Places] = []
    for _ in range(45):
        centre, start = complex(chance.uniform(0, aspect), chance.uniform()), chance.uniform(0, tau)
        lines.append(_arc(centre, chance.uniform(0.04, 0.25), start, start + chance.uniform(0.6, 3)))
    for _ in range(14):
        centre, ahead = complex(chance.uniform(0, aspect), chance.uniform()), np.exp(1j * chance.uniform(0, tau))
        lines.append(np.linspace(centre - 0.1 * ahead, centre + 0.3 * ahead, 24))
        teeth = centre + 0.018 * np.arange(5) * ahead
        lines.extend(np.linspace(teeth, teeth + 0.045j * ahead, 24, axis=1))
    canvas.line(np.array(lines), chance.uniform(0.003, 0.009, len(lines)), np.array([(14.0, 12, 18, 250)]))


_MANNERS = {"swirls": _swirls, "facets": _facets, "tempest": _tempest, "waves": _waves, "improvisation": _improvisation}

PAINTINGS: tuple[str, ...] = tuple(_MANNERS)
"""The names of the paintings."""


def draw(name: str, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """The painting `name` as an RGB picture of `size`, width and height in pixels; `KeyError` if there is none."""
    return _drawn(name, size).copy()


@functools.lru_cache(maxsize=len(PAINTINGS))  # painting takes a while
def _drawn(name: str, size: tuple[int, int]) -> Image.Image:
    places = np.asarray(np.arange(size[0]) + 1j * np.arange(size[1])[:, np.newaxis], dtype=np.complex128) / size[1]
    canvas = Canvas(Generator(PCG64(SEED)), size)
    _MANNERS[name](canvas, canvas.chance, places)
    return canvas.lit()
