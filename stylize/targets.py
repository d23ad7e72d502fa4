"""Targets of the losses: a content picture's responses and a style picture's Gram matrices, computed once and shared.

A sweep meets the same few pictures in hundreds of trials. Targets are kept by what they depend on (pixels, size, layer,
arithmetic; the network is the cache's own) and the least recently used go first when the cache is full.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Collection

import torch
from torch import Tensor

from stylize.arithmetic import Arithmetic, storage
from stylize.losses import mean_gram_matrix
from stylize.network import Network

DEFAULT_CAPACITY = 1 << 30
"""Bytes of targets kept: at 448 px a picture's conv4_2 responses take 6 MB, five Gram matrices 2.5 MB."""


class Targets:
    """The targets of one network's losses, on the network's device. `capacity` is in bytes."""

    def __init__(self, network: Network, capacity: int = DEFAULT_CAPACITY) -> None:
        self.network = network
        self._capacity = capacity
        self._bytes = 0
        self._kept: OrderedDict[tuple[object, ...], Tensor] = OrderedDict()

    @property
    def device(self) -> torch.device:
        return self.network.device

    def content(self, picture: Tensor, layers: Collection[str], arithmetic: Arithmetic) -> dict[str, Tensor]:
        """P for each layer, 1×N×h×w, of a content picture (3×H×W in 0–255)."""
        return self._find("content", picture, layers, arithmetic, lambda responses: responses.float())

    def style(self, picture: Tensor, layers: Collection[str], arithmetic: Arithmetic) -> dict[str, Tensor]:
        """A/(N·M) for each layer, 1×N×N, of a style picture (3×H×W in 0–255)."""
        return self._find("style", picture, layers, arithmetic, mean_gram_matrix)

    def _find(
        self,
        kind: str,
        picture: Tensor,
        layers: Collection[str],
        arithmetic: Arithmetic,
        make: Callable[[Tensor], Tensor],
    ) -> dict[str, Tensor]:
        pixels = hashlib.blake2b(picture.cpu().contiguous().numpy().tobytes(), digest_size=16).hexdigest()
        keys = {layer: (kind, pixels, tuple(picture.shape), layer, arithmetic) for layer in layers}
        missing = [layer for layer, key in keys.items() if key not in self._kept]
        found = {layer: self._kept[key] for layer, key in keys.items() if key in self._kept}
        if missing:
            with torch.no_grad():
                responses = self.network(picture.to(self.device)[None].float(), missing, storage(arithmetic))
            found |= {layer: make(response) for layer, response in responses.items()}
        for layer, key in keys.items():
            self._keep(key, found[layer])
        return found

    def _keep(self, key: tuple[object, ...], target: Tensor) -> None:
        if key not in self._kept:
            self._kept[key] = target
            self._bytes += target.nbytes
        self._kept.move_to_end(key)
        while self._bytes > self._capacity and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= dropped.nbytes
