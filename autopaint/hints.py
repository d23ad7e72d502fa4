"""Colour hints: dots of colour that a user, or a program that knows the truth, lays on a sketch.

Here hints are made, and spread over the sketch up to its lines. Colours run from 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

BLUR = 5 / 512
"""The truth is blurred by this share of its longer edge before colours are taken from it (the authors: 5 pixels)."""

STEADY = 30
"""The largest change of R+G+B from pixel to pixel along the diagonal of a square that becomes a hint (the authors')."""

WHITE = 250
"""A square that is as bright as this in each channel becomes no hint: it would be paper (the authors')."""

TRIES = 40
"""Places that are tried for each hint, until one is steady in colour and not white."""

REACH = 0.1
"""The share of the longer edge over which a hint's nearness falls to 1/e."""

LEVELS = 8
"""Steps of darkness that are told apart where colours flow: paper that is not quite white is no line."""


@dataclass(frozen=True, eq=False)
class Hints:
    """Hints on a sketch of H×W pixels. colours: H×W×3 in 0–1, 0 where there is none. painted: H×W, where one is."""

    colours: NDArray[np.float32]
    painted: NDArray[np.bool_]

    @property
    def any(self) -> bool:
        """Whether there is a hint at all."""
        return bool(self.painted.any())


def no_hints(height: int, width: int) -> Hints:
    """Hints of a sketch that has none."""
    return Hints(np.zeros((height, width, 3), np.float32), np.zeros((height, width), bool))


def hints_of_picture(picture: NDArray[np.uint8], height: int, width: int) -> Hints:
    """The opaque pixels of a picture with transparency (h×w×4), brought to H×W without mixing colours."""
    rows = (np.arange(height) + 0.5) * picture.shape[0] / height
    columns = (np.arange(width) + 0.5) * picture.shape[1] / width
    chosen = picture[rows.astype(int)[:, None], columns.astype(int)[None]]
    painted = chosen[..., 3] >= 128
    return Hints(np.where(painted[..., None], chosen[..., :3] / np.float32(255), np.float32(0)), painted)


def hints_of_truth(truth: NDArray[np.uint8], count: int, edge: int, seed: int) -> Hints:
    """At most `count` squares of `edge` pixels with the colours of the true picture (H×W×3), as the authors place them.

    A square is taken where the colour is steady along its diagonal and not white, so that none lies on a line. With the
    same seed, the first 8 of 40 are the 8.
    """
    height, width = truth.shape[:2]
    deviation = BLUR * max(height, width)
    blurred = ndimage.gaussian_filter(truth.astype(np.float32), (deviation, deviation, 0))
    found = no_hints(height, width)
    random = np.random.default_rng(seed)
    edge = min(edge, height, width)
    for _ in range(count):
        places = random.integers((0, 0), (height - edge + 1, width - edge + 1), (TRIES, 2))
        for top, left in places:
            diagonal = truth[top + np.arange(edge), left + np.arange(edge)].astype(int).sum(1)
            square = blurred[top : top + edge, left : left + edge].reshape(-1, 3)
            if np.abs(np.diff(diagonal)).max(initial=0) < STEADY and square.min() < WHITE:
                found.colours[top : top + edge, left : left + edge] = square.mean(0) / 255
                found.painted[top : top + edge, left : left + edge] = True
                break
    return found


@dataclass(frozen=True, eq=False)
class Flood:
    """Hints spread over the whole sketch.

    colours: H×W×3; that of the hint from which colour flows to a pixel, over lines only where it has to. inside: H×W;
    1 where a hint is in the same area between lines. nearness: H×W; 1 at a hint, 1/e at a tenth of the longer edge.
    """

    colours: NDArray[np.float32]
    inside: NDArray[np.float32]
    nearness: NDArray[np.float32]


def flood(sketch: NDArray[np.float32], hints: Hints) -> Flood:
    """Spread hints over a sketch (H×W, 0 is ink). Without hints everything is 0.

    Colours flow as water does (a watershed of the ink): evenly over paper, and over a line after all paper is wet.
    """
    from skimage.segmentation import watershed  # takes a while to import

    height, width = sketch.shape
    if not hints.any:
        empty = np.zeros((height, width), np.float32)
        return Flood(hints.colours, empty, empty)
    levels = (hints.colours[hints.painted] * 255).round().astype(np.int64)
    _, first, numbers = np.unique(
        levels[:, 0] << 16 | levels[:, 1] << 8 | levels[:, 2], return_index=True, return_inverse=True
    )
    markers = np.zeros((height, width), np.int32)
    markers[hints.painted] = numbers + 1
    ink = ((1 - sketch) * (LEVELS - 1e-3)).astype(np.uint8)
    owner = watershed(ink, markers) - 1  # type: ignore[no-untyped-call]
    areas, count = ndimage.label(sketch >= 0.5)
    wet = np.zeros(count + 1, bool)
    wet[areas[hints.painted]] = True
    wet[0] = False
    distance = ndimage.distance_transform_edt(~hints.painted)
    nearness = np.exp(-distance / (REACH * max(height, width)))
    colours = hints.colours[hints.painted][first]
    return Flood(colours[owner], wet[areas].astype(np.float32), nearness.astype(np.float32))


def nearest_hint(sketch: NDArray[np.float32], hints: Hints) -> NDArray[np.float32]:
    """The rule that a network has to beat: each pixel has the colour of the nearest hint, times the sketch; H×W×3."""
    row, column = ndimage.distance_transform_edt(~hints.painted, return_distances=False, return_indices=True)
    return np.asarray(hints.colours[row, column] * sketch[..., None], np.float32)
