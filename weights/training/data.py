"""The pictures from which the networks learn, and the pairs of crops taken from them.

The bank holds scikit-image's bundled photographs whose licence is clear, the same photographs recoloured and painted
over, and pictures drawn by code (`drawing.py`). It never holds a picture that the networks are judged on.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from skimage import data as photographs
from torch import Tensor
from torch.nn import functional

from weights.training.drawing import DRAWERS, painted
from weights.training.strokes import SIZE, Array, palette

COLOUR_PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "hubble_deep_field", "immunohistochemistry", "retina", "rocket")
GREY_PHOTOGRAPHS = ("brick", "camera", "clock", "coins", "grass", "gravel")
# Left out because scikit-image states no licence for them: moon, motorcycle (Middlebury), page, colorwheel.
PHOTOGRAPHS = COLOUR_PHOTOGRAPHS + GREY_PHOTOGRAPHS
RECOLOURED_EACH, PAINTED_EACH, DRAWN = 4, 6, 25 * len(DRAWERS)
PHOTOGRAPH_SHARE = 0.2
"""The share of crops from untouched photographs, which are few."""

CROP = 64
WINDOW = 128
"""The edge of the square that is cut from a picture for one place. Both crops of a pair are taken from it."""


def photograph(name: str) -> Array:
    """SIZE×SIZE×3 in [0, 1]: the middle square of a bundled photograph."""
    picture = Image.fromarray(getattr(photographs, name)()).convert("RGB")
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    picture = picture.crop((left, top, left + side, top + side)).resize((SIZE, SIZE), Image.Resampling.LANCZOS)
    return np.asarray(picture, np.float32) / 255


def recoloured(random: np.random.Generator, picture: Array) -> Array:
    """A picture in other colours: a random palette by its brightness, plus its own colours with permuted channels."""
    grey = picture.mean(-1)
    colours = palette(random)
    stops = np.linspace(0, 1, len(colours))
    ramp = np.stack([np.interp(grey, stops, colours[:, channel]) for channel in range(3)], -1)
    own = (picture - grey[..., None])[..., random.permutation(3)] * random.choice([-1.0, 1.0])
    return np.asarray(np.clip(ramp + random.uniform(0, 1.2) * own, 0, 1), np.float32)


def make_picture(index: int) -> NDArray[np.uint8]:
    """Picture `index` of the bank, SIZE×SIZE×3; each has its own random stream, so that their order does not matter."""
    random = np.random.default_rng([2017, index])
    count = len(PHOTOGRAPHS)
    if index < count:
        picture = photograph(PHOTOGRAPHS[index])
    elif index < count * (1 + RECOLOURED_EACH):
        picture = recoloured(random, photograph(PHOTOGRAPHS[index % count]))
    elif index < count * (1 + RECOLOURED_EACH + PAINTED_EACH):
        picture = photograph(PHOTOGRAPHS[index % count])
        if random.uniform() < 0.6:
            picture = recoloured(random, picture)
        picture = painted(random, picture)
    else:
        picture = DRAWERS[index % len(DRAWERS)](random)
    return (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)


def picture_bank(count: int | None = None) -> Tensor:
    """K×3×SIZE×SIZE uint8: every picture of the bank, or `count` of them spread over it."""
    total = len(PHOTOGRAPHS) * (1 + RECOLOURED_EACH + PAINTED_EACH) + DRAWN
    indices = sorted({int(index) for index in np.linspace(0, total - 1, count or total)})
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        pictures = np.stack(list(pool.map(make_picture, indices, chunksize=8)))
    return torch.from_numpy(pictures.transpose(0, 3, 1, 2).copy())


def halved(bank: Tensor) -> Tensor:
    """The bank at half its size (area average): the same pictures as if seen from twice as far, without blur."""
    return torch.cat([functional.avg_pool2d(part.float(), 2).round().byte() for part in torch.split(bank, 16)])


class CropPairs:
    """Endless batches of two overlapping views of the same places, the same ones for the same seed.

    Each view is turned by up to 23 degrees, scaled by 0.7–1.4, possibly mirrored, and changed a little in colour:
    strong changes teach the deeper layers to ignore colour, which style transfer needs.
    """

    def __init__(self, bank: Tensor, pairs: int, seed: int) -> None:
        self._levels = (bank, halved(bank))
        self._pairs = pairs
        self._generator = torch.Generator().manual_seed(seed)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Two batches of views, each pairs×3×CROP×CROP, RGB in 0–255."""
        while True:
            windows = self._windows()
            yield self._view(windows), self._view(windows)

    def _uniform(self, low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(*shape, generator=self._generator)

    def _windows(self) -> Tensor:
        """pairs×3×WINDOW×WINDOW, RGB in 0–255, one place each."""
        count, total = min(len(PHOTOGRAPHS), len(self._levels[0])), len(self._levels[0])
        from_photograph = self._uniform(0, 1, self._pairs) < PHOTOGRAPH_SHARE
        of_photographs, of_all = self._uniform(0, count, self._pairs), self._uniform(0, total, self._pairs)
        pictures = torch.where(from_photograph, of_photographs, of_all).long()
        levels = self._uniform(0, 2, self._pairs).long()
        corners = self._uniform(0, 1, self._pairs, 2)
        cut = []
        for picture, level, (down, across) in zip(pictures.tolist(), levels.tolist(), corners.tolist(), strict=True):
            source = self._levels[level][picture]
            top, left = int(down * (source.shape[1] - WINDOW)), int(across * (source.shape[2] - WINDOW))
            cut.append(source[:, top : top + WINDOW, left : left + WINDOW])
        return torch.stack(cut).float()

    def _view(self, windows: Tensor) -> Tensor:
        """One random view of each window."""
        count = len(windows)
        angle = self._uniform(-0.4, 0.4, count)
        scale = torch.exp(self._uniform(-0.36, 0.34, count)) * CROP / WINDOW
        mirror = torch.where(self._uniform(0, 1, count) < 0.5, -1.0, 1.0)
        matrix = torch.zeros(count, 2, 3)
        matrix[:, 0, 0], matrix[:, 0, 1] = scale * mirror * torch.cos(angle), -scale * torch.sin(angle)
        matrix[:, 1, 0], matrix[:, 1, 1] = scale * mirror * torch.sin(angle), scale * torch.cos(angle)
        matrix[:, :, 2] = self._uniform(-0.25, 0.25, count, 2)
        grid = functional.affine_grid(matrix, [count, 3, CROP, CROP], align_corners=False)
        crops = functional.grid_sample(windows, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
        saturation, brightness = self._uniform(0.8, 1.2, count, 1, 1, 1), self._uniform(-15, 15, count, 1, 1, 1)
        gain = self._uniform(0.97, 1.03, count, 3, 1, 1)
        grey = crops.mean(1, keepdim=True)
        return ((grey + (crops - grey) * saturation) * gain + brightness).clamp(0, 255)
