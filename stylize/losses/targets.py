"""A cache for the targets of losses: the responses to content pictures, and the targets of style representations.

A sweep has the same few pictures in hundreds of trials. Targets are kept by everything they depend on (pixels, size,
layer, arithmetic; each network has its own cache). When the cache is full, the least recently used targets are dropped.
"""

from __future__ import annotations

import functools
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence

import torch
from torch import Tensor
from torch.utils.weak import WeakIdKeyDictionary

from stylize.losses.content_representation import ContentRepresentation
from stylize.losses.matting import matting_laplacian
from stylize.losses.style_representations.representation import Additive, Representation
from stylize.losses.tiled import TiledPass
from stylize.network.architectures import PlannedArchitecture
from stylize.network.arithmetic import Arithmetic, storage
from stylize.network.network import Network
from stylize.network.tiles import Tile, tiles

DEFAULT_CAPACITY = 1 << 30
"""Bytes of targets kept: at 448 px a picture's conv4_2 responses take 6 MB, five Gram matrices 2.5 MB."""

MOST_PIXELS, TILE_EDGE = 2048 * 2048, 1024
"""Pixels: larger pictures are seen in tiles of this edge. That depends on the picture alone and not on the machine's
memory, so that its target is the same everywhere. VGG's responses to 2048×2048 pixels take 4 GB.
"""

MOST_LAPLACIANS = 4
"""How many Laplacians are kept: one for 448×448 pixels takes 80 MB."""


_HASHES: WeakIdKeyDictionary = WeakIdKeyDictionary()
"""The hashes of tensors that still exist, each with the count of changes in place that torch had made to it."""


def pixels_hash(picture: Tensor) -> str:
    """A hash of a picture's pixels. It is remembered, as each target and metric asks for it anew."""
    changes = picture._version
    known: tuple[int, str] | None = _HASHES.get(picture)  # type: ignore[no-untyped-call]
    if known and known[0] == changes:
        return known[1]
    shape = str(tuple(picture.shape)).encode()
    found = hashlib.blake2b(shape + picture.cpu().contiguous().numpy().tobytes(), digest_size=16).hexdigest()
    _HASHES[picture] = changes, found
    return found


class Targets:
    """The targets of one network's losses, on the network's device. `capacity` is in bytes."""

    def __init__(self, network: Network, capacity: int = DEFAULT_CAPACITY) -> None:
        self.network = network
        self._capacity = capacity
        self._bytes = 0
        self._laplacians: OrderedDict[str, Tensor] = OrderedDict()
        self._kept: OrderedDict[tuple[object, ...], Tensor] = OrderedDict()

    @property
    def device(self) -> torch.device:
        return self.network.device

    def content(
        self,
        picture: Tensor,
        layers: Collection[str],
        arithmetic: Arithmetic,
        representation: ContentRepresentation,
    ) -> dict[str, Tensor]:
        """The target of a content loss for each layer, of a content picture (3×H×W in 0–255)."""

        def in_tiles(picture: Tensor, layers: list[str], arithmetic: Arithmetic) -> dict[str, Tensor]:
            whole = self._whole_responses(picture, layers, arithmetic)
            return {layer: representation.target(responses) for layer, responses in whole.items()}

        def make(responses: Sequence[Tensor]) -> Tensor:
            return representation.target(responses[0].float())

        return self._find(representation, picture, layers, arithmetic, make, in_tiles=in_tiles)

    def style(
        self, picture: Tensor, layers: Collection[str], arithmetic: Arithmetic, loss: Representation
    ) -> dict[str, Tensor]:
        """The target of a style loss for each layer, of a style picture (3×H×W in 0–255)."""
        in_tiles = functools.partial(self._target_of_sums, loss) if isinstance(loss, Additive) else None
        return self._find(loss, picture, layers, arithmetic, loss.target, loss.pictures, in_tiles)

    def laplacian(self, picture: Tensor) -> Tensor:
        """The matting Laplacian of a content picture (3×H×W in 0–255), on the device."""
        key = pixels_hash(picture)
        if key not in self._laplacians:
            self._laplacians[key] = matting_laplacian(picture).to(self.device)
            if len(self._laplacians) > MOST_LAPLACIANS:
                self._laplacians.popitem(last=False)
        return self._laplacians[key]

    def _find(
        self,
        kind: object,
        picture: Tensor,
        layers: Collection[str],
        arithmetic: Arithmetic,
        make: Callable[[Sequence[Tensor]], Tensor],
        forms: Callable[[Tensor], list[Tensor]] = lambda picture: [picture],
        in_tiles: Callable[[Tensor, list[str], Arithmetic], dict[str, Tensor]] | None = None,
    ) -> dict[str, Tensor]:
        pixels = pixels_hash(picture)
        keys = {layer: (kind, pixels, layer, arithmetic) for layer in layers}
        missing = [layer for layer, key in keys.items() if key not in self._kept]
        found = {layer: self._kept[key] for layer, key in keys.items() if key in self._kept}
        planned = isinstance(self.network.architecture, PlannedArchitecture)  # others cannot be shown tiles
        if missing and in_tiles and planned and picture.shape[1] * picture.shape[2] > MOST_PIXELS:
            found |= in_tiles(picture.to(self.device)[None].float(), missing, arithmetic)
        elif missing:
            with torch.no_grad():
                responses = [
                    self.network(form.to(self.device)[None].float(), missing, storage(arithmetic))
                    for form in forms(picture)
                ]
                found |= {layer: make([one[layer] for one in responses]) for layer in missing}
        for layer, key in keys.items():
            self._keep(key, found[layer])
        return found

    def _tiled(self, picture: Tensor, layers: list[str], arithmetic: Arithmetic) -> TiledPass:
        shape = picture.shape[2], picture.shape[3]
        parts = tiles(self.network.architecture, layers, shape, (TILE_EDGE, TILE_EDGE))
        return TiledPass(self.network, layers, parts, storage(arithmetic))

    def _whole_responses(self, picture: Tensor, layers: list[str], arithmetic: Arithmetic) -> dict[str, Tensor]:
        """The responses to a large picture (1×3×H×W), which is seen in tiles."""
        found: dict[str, Tensor] = {}
        shapes = {layer: self.network.architecture.response_shape(layer, *picture.shape[2:]) for layer in layers}

        def put(responses: Mapping[str, Tensor], tile: Tile) -> list[Tensor]:
            for layer, response in responses.items():
                if layer not in found:
                    found[layer] = response.new_empty(1, response.shape[1], *shapes[layer], dtype=torch.float32)
                rows, columns = tile.whole(layer)
                found[layer][:, :, rows, columns] = response
            return []

        self._tiled(picture, layers, arithmetic).sums(picture, put)
        return found

    def _target_of_sums(
        self, loss: Additive, picture: Tensor, layers: list[str], arithmetic: Arithmetic
    ) -> dict[str, Tensor]:
        """The targets of a large style picture (1×3×H×W), which is seen in tiles."""

        def of_tile(responses: Mapping[str, Tensor], tile: Tile) -> list[Tensor]:
            return [loss.sums(responses[layer]) for layer in layers]

        sums = self._tiled(picture, layers, arithmetic).sums(picture, of_tile)
        shapes = [self.network.architecture.response_shape(layer, *picture.shape[2:]) for layer in layers]
        return {
            layer: loss.target_of_sums(one, height * width)
            for layer, one, (height, width) in zip(layers, sums, shapes, strict=True)
        }

    def _keep(self, key: tuple[object, ...], target: Tensor) -> None:
        if key not in self._kept:
            self._kept[key] = target
            self._bytes += target.nbytes
        self._kept.move_to_end(key)
        while self._bytes > self._capacity and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= dropped.nbytes
