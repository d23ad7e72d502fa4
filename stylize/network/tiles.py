"""Tiles: an image in parts that a network can be shown one by one, so that every response comes out as of the whole.

A response sees only so many pixels around it. Each tile is therefore shown with the pixels around it that its responses
see, and of what comes out only those positions count that belong to the tile: every position of every layer belongs to
exactly one. At the image's border the network pads a tile as it pads the image. How far one position sees
is known of our own plans only. This file has numbers and no torch; sums over tiles are in `stylize/losses/tiled.py`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from stylize.network.architecture import Architecture
from stylize.network.architectures import Fire, PlannedArchitecture, Stage


@dataclass(frozen=True)
class Strip:
    """One side of a tile. The network is shown the pixels from `start` to `stop`.

    whole: by layer, the positions of the whole response that belong to it. within: where these are in the response to
    what is shown.
    """

    start: int
    stop: int
    whole: Mapping[str, slice]
    within: Mapping[str, slice]


@dataclass(frozen=True)
class Tile:
    """A part of an image: its rows and its columns."""

    rows: Strip
    columns: Strip

    @property
    def shown(self) -> tuple[slice, slice]:
        """The rows and columns of the image that the network is shown."""
        return slice(self.rows.start, self.rows.stop), slice(self.columns.start, self.columns.stop)

    def within(self, layer: str) -> tuple[slice, slice]:
        """Its rows and columns in a layer's response to what is shown."""
        return self.rows.within[layer], self.columns.within[layer]

    def whole(self, layer: str) -> tuple[slice, slice]:
        """Its rows and columns in a layer's response to the whole image."""
        return self.rows.whole[layer], self.columns.whole[layer]


def tiles(
    architecture: Architecture, layers: Collection[str], shape: tuple[int, int], most: tuple[int, int]
) -> list[Tile]:
    """The tiles of an image of this shape (height, width), for the responses of `layers`.

    Each has about `most` rows and columns at most. The network is shown more than that: see `shown_shape`.
    """
    rows, columns = (_strips(architecture, layers, side, edge) for side, edge in zip(shape, most, strict=True))
    return [Tile(row, column) for row, column in itertools.product(rows, columns)]


def shown_shape(
    architecture: Architecture, layers: Collection[str], shape: tuple[int, int], most: tuple[int, int]
) -> tuple[int, int]:
    """The largest height and width of what the network is shown of such tiles."""
    sides = (_strips(architecture, layers, side, edge) for side, edge in zip(shape, most, strict=True))
    rows, columns = (max(strip.stop - strip.start for strip in strips) for strips in sides)
    return rows, columns


def _strips(architecture: Architecture, layers: Collection[str], side: int, edge: int) -> list[Strip]:
    assert isinstance(architecture, PlannedArchitecture), f"how far {architecture.name} sees is not known"
    stages = list(architecture.up_to(architecture.deepest(layers)))
    step = math.prod(_stride(stage) for stage in stages)  # where strips may begin, so that pools fall as in the whole
    count = max(1, min(math.ceil(side / edge), side // step))
    borders = [round(number * side / count / step) * step for number in range(count)] + [side]
    return [_strip(stages, layers, side, step, start, stop) for start, stop in itertools.pairwise(borders)]


def _strip(stages: Sequence[Stage], layers: Collection[str], side: int, step: int, start: int, stop: int) -> Strip:
    """The strip whose own pixels are from `start` to `stop`, shown with as few others as will do."""
    around = 0
    while True:
        first, last = max(0, start - around), min(side, stop + around)
        whole: dict[str, slice] = {}
        within: dict[str, slice] = {}
        for layer, stride, positions, (known, end) in _known(stages, side, first, last):
            if layer is None or layer not in layers:
                continue
            own = slice(min(start // stride, positions), positions if stop == side else min(stop // stride, positions))
            if own.start < known or own.stop > end:
                break
            whole[layer] = own
            within[layer] = slice(own.start - first // stride, own.stop - first // stride)
        else:
            return Strip(first, last, whole, within)
        around += step


def _known(
    stages: Sequence[Stage], side: int, first: int, last: int
) -> list[tuple[str | None, int, int, tuple[int, int]]]:
    """For each stage its name, how many pixels its positions are apart, how many positions its whole response has, and
    from where to where these come out of the pixels from `first` to `last` alone.
    """
    found: list[tuple[str | None, int, int, tuple[int, int]]] = []
    apart, positions, known, end = 1, side, first, last
    for stage in stages:
        kernel, stride, padding = _window(stage)
        after = stage.module.output_edge(positions)
        known = 0 if known <= 0 else -(-(known + padding) // stride)
        end = after if end >= positions else max(0, (end - kernel + padding) // stride + 1)
        apart, positions = apart * stride, after
        found.append((stage.name, apart, positions, (known, end)))
    return found


def _window(stage: Stage) -> tuple[int, int, int]:
    """Edge of the window that a position sees in the stage before, its stride, and the padding."""
    module = stage.module
    if isinstance(module, Fire):
        return 3, 1, 1
    return module.kernel, module.stride, getattr(module, "padding", 0)


def _stride(stage: Stage) -> int:
    return _window(stage)[1]
