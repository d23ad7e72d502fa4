"""A cache for the targets of losses: the responses to content pictures, and the targets of style representations.

A sweep has the same few pictures in hundreds of trials. Targets are kept by everything they depend on (pixels, size,
layer, arithmetic; each network has its own cache). When the cache is full, the least recently used targets are dropped.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence

import torch
from torch import Tensor

from stylize.losses.matting import matting_laplacian
from stylize.losses.style_representations.representation import Representation
from stylize.network.arithmetic import Arithmetic, storage
from stylize.network.network import Network

DEFAULT_CAPACITY = 1 << 30
"""Bytes of targets kept: at 448 px a picture's conv4_2 responses take 6 MB, five Gram matrices 2.5 MB."""

MOST_LAPLACIANS = 4
"""How many Laplacians are kept: one for 448×448 pixels takes 80 MB."""


def pixels_hash(picture: Tensor) -> str:
    """A hash of a picture's pixels."""
    shape = str(tuple(picture.shape)).encode()
    return hashlib.blake2b(shape + picture.cpu().contiguous().numpy().tobytes(), digest_size=16).hexdigest()


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

    def content(self, picture: Tensor, layers: Collection[str], arithmetic: Arithmetic) -> dict[str, Tensor]:
        """P for each layer, 1×N×h×w, of a content picture (3×H×W in 0–255)."""
        return self._find("content", picture, layers, arithmetic, lambda responses: responses[0].float())

    def style(
        self, picture: Tensor, layers: Collection[str], arithmetic: Arithmetic, loss: Representation
    ) -> dict[str, Tensor]:
        """The target of a style loss for each layer, of a style picture (3×H×W in 0–255)."""
        return self._find(loss, picture, layers, arithmetic, loss.target, loss.pictures)

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
    ) -> dict[str, Tensor]:
        pixels = pixels_hash(picture)
        keys = {layer: (kind, pixels, layer, arithmetic) for layer in layers}
        missing = [layer for layer, key in keys.items() if key not in self._kept]
        found = {layer: self._kept[key] for layer, key in keys.items() if key in self._kept}
        if missing:
            with torch.no_grad():
                responses = [
                    self.network(form.to(self.device)[None].float(), missing, storage(arithmetic))
                    for form in forms(picture)
                ]
                found |= {layer: make([one[layer] for one in responses]) for layer in missing}
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
