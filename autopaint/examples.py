"""What auto-painters learn from: sketches with hints, and how the pictures were coloured.

Cartoons (`pictures.cartoons`) have parts, so that the parts with hints may get any other colours while the rest keeps
the colours that its lines give away: a network learns to follow hints, and to know colours without them. Photographs
are changed as a whole.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor

from autopaint.hints import Flood, Hints, flood, hints_of_truth, no_hints
from autopaint.sketch import RELATIVE_SIGMA, xdog
from pictures.cartoons import Cartoon

EDGES, SHARES = (96, 128, 192, 256), (0.3, 0.4, 0.2, 0.1)
"""Edges of the pictures that the network learns from, in pixels, and how often each is used."""

CROP = 64
"""The part of a picture, in pixels, that its fine part learns from."""

MOST_HINTS = 40
RECOLOURED = 0.5
"""The share of examples with hints in which the hinted parts may have any colour."""


@dataclass(frozen=True, eq=False)
class Batch:
    """seen: B×10×R×R, whole pictures (see `seen`). truth: B×3×R×R in 0–1. boxes: the part of each to look at closely,
    (top, left, height, width).
    """

    seen: Tensor
    truth: Tensor
    boxes: list[tuple[int, int, int, int]]

    def to(self, device: str) -> Batch:
        """The same on a device."""
        return Batch(self.seen.to(device), self.truth.to(device), self.boxes)


def seen(sketch: NDArray[np.float32], hints: Hints, spread: Flood | None = None) -> Tensor:
    """What a generator sees of a sketch (H×W) with its hints: 10×H×W (`networks.SEEN`)."""
    spread = spread or flood(sketch, hints)
    planes = [
        1 - sketch[..., None],
        hints.colours,
        hints.painted[..., None].astype(np.float32),
        spread.colours,
        spread.inside[..., None],
        spread.nearness[..., None],
    ]
    return torch.from_numpy(np.concatenate(planes, -1).transpose(2, 0, 1).copy())


class Examples:
    """Endless batches, the same ones for the same seed. `hinted`: the share of examples with hints.

    It may be changed on the way.

    `cartoons` and `photographs` (h×w×3) may each be empty, but not both; photographs are a quarter of mixed examples.
    """

    def __init__(
        self,
        cartoons: Sequence[Cartoon],
        photographs: Sequence[NDArray[np.uint8]],
        batch: int,
        hinted: float,
        seed: int,
    ) -> None:
        self._cartoons, self._photographs = cartoons, photographs
        self._batch, self.hinted = batch, hinted
        self._random = np.random.default_rng(seed)
        self._of_photographs = 0.0 if not photographs else 0.25 if cartoons else 1.0

    @property
    def state(self) -> dict[str, Any]:
        """Where it is in its random numbers: with it, the same batches follow."""
        return dict(self._random.bit_generator.state)

    @state.setter
    def state(self, state: dict[str, Any]) -> None:
        self._random.bit_generator.state = state

    def next(self) -> Batch:
        """The next batch."""
        random = self._random
        edge = int(random.choice(EDGES, p=SHARES))
        shown, truths, boxes = [], [], []
        for _ in range(self._batch):
            number = self._how_many_hints()
            photograph = random.random() < self._of_photographs
            sketch, truth, hints = (self._photograph if photograph else self._cartoon)(edge, number)
            shown.append(seen(sketch, hints))
            truths.append(torch.from_numpy(truth.transpose(2, 0, 1).copy()))
            top, left = (int(one) for one in random.integers(0, edge - CROP + 1, 2))
            boxes.append((top, left, CROP, CROP))
        return Batch(torch.stack(shown), torch.stack(truths).float() / 255, boxes)

    def _how_many_hints(self) -> int:
        if self._random.random() >= self.hinted:
            return 0
        return round(math.exp(self._random.uniform(0, math.log(MOST_HINTS))))

    def _cartoon(self, edge: int, number: int) -> tuple[NDArray[np.float32], NDArray[np.uint8], Hints]:
        random = self._random
        drawn = self._cartoons[int(random.integers(len(self._cartoons)))]
        ink, labels, top = self._window(drawn)
        colours, hints = drawn.colours.copy(), no_hints(edge, edge)
        cell = len(labels) / edge
        middles = ((np.arange(edge) + 0.5) * cell).astype(int)
        small = labels[middles[:, None], middles[None]]
        places = [(int(row), int(column)) for row, column in random.integers(0, edge, (3 * number, 2))]
        dry = [place for place in places if ink[middles[place[0]], middles[place[1]]] > 200][:number]
        if random.random() < RECOLOURED:
            for part in {int(small[place]) for place in dry}:
                if random.random() < 0.6:
                    colours[part] = _any_colour(random)
        whole = drawn.labels.shape[0]
        rise = 0.5 - (top + np.arange(len(labels), dtype=np.float32)[:, None]) / whole
        light = (1 + drawn.grades[labels] * rise) * (ink / np.float32(255))
        full = np.clip(colours[labels] * light[..., None], 0, 255)
        truth = cv2.resize(full, (edge, edge), interpolation=cv2.INTER_AREA).round().astype(np.uint8)
        for row, column in dry:
            half = max(1, round(random.uniform(1, 4) * edge / 96))
            square = np.s_[max(0, row - half) : row + half, max(0, column - half) : column + half]
            same = small[square] == small[row, column]
            hints.painted[square] |= same
            hints.colours[square][same] = full[middles[row], middles[column]].round() / 255
        if random.random() < 0.5:
            sketch = cv2.resize(ink.astype(np.float32), (edge, edge), interpolation=cv2.INTER_AREA) / np.float32(255)
        else:
            sketch = self._xdog(truth)
        return sketch, truth, hints

    def _window(self, drawn: Cartoon) -> tuple[NDArray[np.uint8], NDArray[np.uint8], int]:
        """Ink and labels of the whole canvas, or of a part of it; perhaps mirrored; and its upper border."""
        random, whole = self._random, drawn.labels.shape[0]
        side = whole if random.random() < 0.6 else int(random.uniform(0.5, 1) * whole)
        top, left = (int(one) for one in random.integers(0, whole - side + 1, 2))
        cut = np.s_[top : top + side, left : left + side]
        ink, labels = drawn.ink[cut], drawn.labels[cut]
        return (ink, labels, top) if random.random() < 0.5 else (ink[:, ::-1], labels[:, ::-1], top)

    def _photograph(self, edge: int, number: int) -> tuple[NDArray[np.float32], NDArray[np.uint8], Hints]:
        random = self._random
        picture = self._photographs[int(random.integers(len(self._photographs)))]
        side = int(random.uniform(0.4, 1) * min(picture.shape[:2]))
        top = int(random.integers(picture.shape[0] - side + 1))
        left = int(random.integers(picture.shape[1] - side + 1))
        window = picture[top : top + side, left : left + side]
        truth = np.asarray(cv2.resize(window, (edge, edge), interpolation=cv2.INTER_AREA), np.uint8)
        if random.random() < 0.5:
            truth = np.ascontiguousarray(truth[:, ::-1])
        sketch = self._xdog(truth)
        if number and random.random() < RECOLOURED:
            truth = _turned(random, truth)
        size = max(2, round(random.uniform(2, 7) * edge / 96))
        return sketch, truth, hints_of_truth(truth, number, size, int(random.integers(2**31)))

    def _xdog(self, truth: NDArray[np.uint8]) -> NDArray[np.float32]:
        sigma = len(truth) * RELATIVE_SIGMA * self._random.uniform(0.7, 1.7)
        return xdog(truth, sigma, self._random.uniform(0.2, 0.6))


def _any_colour(random: Generator) -> NDArray[np.float32]:
    """Any colour; black and greys are as probable as in drawings."""
    if random.random() < 0.25:
        return np.full(3, random.choice([5.0, random.uniform(0, 255), 250.0]), np.float32)
    return random.uniform(0, 255, 3).astype(np.float32)


def _turned(random: Generator, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture with its hues turned by a random angle."""
    hues = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
    hues[..., 0] = (hues[..., 0].astype(int) + int(random.integers(180))) % 180
    return np.asarray(cv2.cvtColor(hues, cv2.COLOR_HSV2RGB))
