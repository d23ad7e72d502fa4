"""Sums over the tiles of an image, and their gradient: the loss of a whole image that does not fit into memory at once.

What a style loss compares (Gram matrices, means, covariances) and the content loss are sums over positions, or follow
from such sums. A first pass adds them up tile by tile and keeps nothing else. The losses and their gradient by the sums
are then those of the whole image, and a second pass takes each tile's part of the gradient by the pixels:

    ∂L/∂x = Σ_tiles Σ_s ∂L/∂s · ∂s_tile/∂x      for the sums s = Σ_tiles s_tile(x)

There are no seams, because nothing is computed of a tile alone. How an image is divided is in `network/tiles.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from stylize.network.network import Network
from stylize.network.tiles import Tile

OfTile = Callable[[Mapping[str, Tensor], Tile], Sequence[Tensor]]
"""What is summed up of a tile, from the responses at the positions that belong to it, each B×N×h×w."""


@dataclass(frozen=True)
class _TileSums:
    """The sums of one tile, from the pixels that were shown."""

    shown: Tensor
    sums: list[Tensor]


class TiledPass:
    """A network's pass over images, tile by tile. `dtype` is that of the responses."""

    def __init__(
        self, network: Network, layers: Collection[str], tiles: Sequence[Tile], dtype: torch.dtype = torch.float32
    ) -> None:
        self._network, self._layers, self._tiles, self._dtype = network, layers, tiles, dtype

    def sums(self, images: Tensor, of_tile: OfTile) -> list[Tensor]:
        """What `of_tile` gives of all tiles of images (B×3×H×W, 0–255), added up in fp64, without a gradient."""
        total: list[Tensor] = []
        for tile in self._tiles:
            total = _added(total, self._tile_sums(images, tile, of_tile).sums)
        return total

    def sums_on_the_way(self, images: Tensor, of_tile: OfTile) -> tuple[list[Tensor], _TileSums]:
        """The same, and the last tile's sums with what their gradient needs: `gradient` need not make them again."""
        *others, last = self._tiles
        total: list[Tensor] = []
        for tile in others:
            total = _added(total, self._tile_sums(images, tile, of_tile).sums)
        kept = self._tile_sums(images, last, of_tile, differentiable=True)
        return _added(total, [one.detach() for one in kept.sums]), kept

    def gradient(self, images: Tensor, of_tile: OfTile, by_sums: Sequence[Tensor], kept: _TileSums | None) -> Tensor:
        """The gradient by the images of whatever has the gradients `by_sums` by the sums of `of_tile`."""
        gradient = torch.zeros_like(images)
        for tile in reversed(self._tiles):
            one, kept = kept or self._tile_sums(images, tile, of_tile, differentiable=True), None
            weights = [given.to(sums.dtype) for given, sums in zip(by_sums, one.sums, strict=True)]
            rows, columns = tile.shown
            gradient[:, :, rows, columns] += torch.autograd.grad(one.sums, one.shown, weights)[0]
            del one  # before the next tile is there
        return gradient

    def _tile_sums(self, images: Tensor, tile: Tile, of_tile: OfTile, *, differentiable: bool = False) -> _TileSums:
        with torch.set_grad_enabled(differentiable):
            rows, columns = tile.shown
            shown = images[:, :, rows, columns].detach().contiguous(memory_format=torch.channels_last)
            shown.requires_grad_(differentiable)
            return _TileSums(shown, list(of_tile(self._own(shown, tile), tile)))

    def differentiable_sums(self, images: Tensor, of_tile: OfTile) -> tuple[Tensor, ...]:
        """What `sums` gives, for autograd: the way back is `gradient`."""
        found: tuple[Tensor, ...] = _Sums.apply(self, of_tile, images)
        return found

    def _own(self, shown: Tensor, tile: Tile) -> dict[str, Tensor]:
        responses = self._network(shown, self._layers, self._dtype)
        found = {}
        for layer, response in responses.items():
            found[layer] = _Part.apply(response, *tile.within(layer))
        return found


class _Sums(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, tiled: TiledPass, of_tile: OfTile, images: Tensor) -> tuple[Tensor, ...]:
        ctx.tiled, ctx.of_tile = tiled, of_tile
        ctx.save_for_backward(images)
        if not ctx.needs_input_grad[2]:
            return tuple(tiled.sums(images, of_tile))
        sums, ctx.kept = tiled.sums_on_the_way(images, of_tile)
        return tuple(sums)

    @staticmethod
    def backward(ctx: Any, *by_sums: Tensor) -> tuple[None, None, Tensor]:
        [images] = ctx.saved_tensors
        kept, ctx.kept = ctx.kept, None
        return None, None, ctx.tiled.gradient(images, ctx.of_tile, by_sums, kept)


class _Part(torch.autograd.Function):
    """Some rows and columns of responses. On the way back only what is around them is filled with zeros."""

    @staticmethod
    def forward(ctx: Any, responses: Tensor, rows: slice, columns: slice) -> Tensor:
        ctx.shape, ctx.rows, ctx.columns = responses.shape, rows, columns
        return responses[:, :, rows, columns]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        [gradient], rows, columns = gradients, ctx.rows, ctx.columns
        whole = torch.empty(ctx.shape, dtype=gradient.dtype, device=gradient.device, memory_format=torch.channels_last)
        whole[:, :, : rows.start].zero_()
        whole[:, :, rows.stop :].zero_()
        whole[:, :, rows, : columns.start].zero_()
        whole[:, :, rows, columns.stop :].zero_()
        whole[:, :, rows, columns] = gradient
        return whole, None, None


def _added(total: Sequence[Tensor], sums: Sequence[Tensor]) -> list[Tensor]:
    exact = [one.double() for one in sums]
    return [before + one for before, one in zip(total, exact, strict=True)] if total else exact
