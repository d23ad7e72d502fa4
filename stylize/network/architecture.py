"""What the program knows of a network without its weights: its layers, its parameters' shapes, and what an image costs.

`architectures.py` has our own plans, and `traced_architecture.py` the networks of torchvision and of plugins; both
answer the same questions. This file does not import torch.
"""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stylize.errors import SettingsError

if TYPE_CHECKING:
    from torch import Tensor

LARGEST_AT_WORK = 3
"""How many fp32 copies of the largest response there are while it is computed, compared and differentiated."""


@dataclass(frozen=True)
class Response:
    """The response of one stage of a network to one image.

    names: the layer's names; none for a stage whose response losses cannot use. begins_block: whether checkpointing
    computes again from here. kept: how many numbers the backward pass needs of this stage.
    """

    names: tuple[str, ...]
    begins_block: bool
    channels: int
    height: int
    width: int
    kept: int

    @property
    def positions(self) -> int:
        return self.height * self.width

    @property
    def size(self) -> int:
        """The numbers in the response."""
        return self.channels * self.height * self.width


def middle_layer(positions: Sequence[int]) -> int:
    """Which of several layers is the middle one, counted from fine to coarse, by how many positions each has. Of an
    even number it is the coarser of the two in the middle. Hypercolumns are made of all layers at its positions.
    """
    return sorted(range(len(positions)), key=lambda layer: -positions[layer])[len(positions) // 2]


class Architecture(ABC):
    """A network without its weights, with the layers that style transfer uses by default.

    There is a single object for each name. It caches its answers, because plans ask the same for every trial.
    """

    name: str
    content_layers: tuple[str, ...]
    style_layers: tuple[str, ...]

    @property
    @abstractmethod
    def layers(self) -> tuple[str, ...]:
        """The names of all layers whose responses can be used, from shallow to deep."""

    @abstractmethod
    def parameter_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every parameter by its key in a state dictionary, as torchvision names it."""

    @abstractmethod
    def smallest_edge(self, layer: str) -> int:
        """The shortest image edge, in pixels, for which `layer` still has a response."""

    @abstractmethod
    def responses(self, layer: str, height: int, width: int) -> tuple[Response, ...]:
        """The responses of all stages up to `layer` to one image of `height`×`width` pixels, the deepest last."""

    @abstractmethod
    def operations(self, layer: str, height: int, width: int) -> float:
        """Floating-point operations of one forward pass and one backward pass to the image, cut after `layer`.

        Convolutions and matrix products only: 2·(multiplications) each way, for one image of `height`×`width` pixels.
        Gradients of weights are never computed, so backward costs what forward does.
        """

    def random_parameters(self, seed: int) -> dict[str, Tensor] | None:
        """Random parameters that suit this network; None if He-normal ones (`weights/he_normal.py`) do."""
        return None

    def check_layers(self, layers: Iterable[str], setting: str | None = None) -> None:
        """Raise SettingsError for a name that is no layer of this architecture; `setting` is where the name is from."""
        for layer in layers:
            if layer not in self.layers:
                raise SettingsError(f"{self.name} has no layer {layer!r}; {self._known_layers(layer)}", setting)

    def _known_layers(self, name: str) -> str:
        """What a message about the unknown layer `name` says of the layers there are."""
        return f"its layers are {', '.join(self.layers)}"

    def deepest(self, layers: Iterable[str]) -> str:
        """The deepest of `layers`: the network is cut off after it."""
        return max(layers, key=self.layers.index)

    def response(self, layer: str, height: int, width: int) -> Response:
        """A layer's response to an image of `height`×`width` pixels."""
        return self.responses(layer, height, width)[-1]

    def response_shape(self, layer: str, height: int, width: int) -> tuple[int, int]:
        """Height and width of a layer's response to an image of `height`×`width` pixels."""
        response = self.response(layer, height, width)
        return response.height, response.width

    @functools.cache  # noqa: B019 - architectures live as long as the program
    def step_bytes(self, layer: str, height: int, width: int, itemsize: int) -> float:
        """An estimate of the bytes that a forward and backward pass of one image, cut after `layer`, holds at its peak.

        The response of every stage is kept for the backward pass, in numbers of `itemsize` bytes, and of the largest
        one there are a few more copies in fp32. `python -m benchmarks.memory` compares the estimate with measurements.
        """
        sizes = [response.size for response in self.responses(layer, height, width)]
        return float(sum(sizes) * itemsize + max(sizes) * 4 * LARGEST_AT_WORK)

    @functools.cache  # noqa: B019
    def matching_operations(self, layer: str, height: int, width: int, stride: int, forms: int) -> float:
        """Floating-point operations of comparing every 3×3 patch of `layer` with those of `forms` pictures (`mrf`)."""
        one = self.response(layer, height, width)
        patches = max(0, (one.height - 3) // stride + 1) * max(0, (one.width - 3) // stride + 1)
        return 2.0 * patches * patches * forms * 9 * one.channels

    @functools.cache  # noqa: B019
    def neighbour_operations(self, layers: tuple[str, ...], height: int, width: int) -> float:
        """Floating-point operations of comparing every hypercolumn of `layers` with those of a picture (`nnst`)."""
        found = [self.response(layer, height, width) for layer in layers]
        positions = [one.positions for one in found]
        return 2.0 * positions[middle_layer(positions)] ** 2 * sum(one.channels for one in found)
