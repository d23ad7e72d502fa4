"""The layer plans of all architectures, as names and numbers.

Only this file knows them: `network.py` builds networks from them, grids are checked against them, weights files are
compared with their shapes, and plans count their operations. It does not import torch, so that `sweep plan` starts
fast. Layer names are the field's: `conv3_1` is the first convolution of the third block, and a layer's response is what
comes out of it *after* its ReLU.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stylize.errors import SettingsError


@dataclass(frozen=True)
class Convolution:
    """A square convolution followed by a ReLU. `key` is where its weight and bias stand in a state dictionary."""

    key: str
    inputs: int
    outputs: int
    kernel: int = 3
    stride: int = 1
    padding: int = 1

    def output_edge(self, edge: int) -> int:
        return (edge + 2 * self.padding - self.kernel) // self.stride + 1


@dataclass(frozen=True)
class Pool:
    """The pooling between blocks, of the kind that the user chooses. `ceil`: whether a partial last window counts."""

    kernel: int = 2
    stride: int = 2
    ceil: bool = False

    def output_edge(self, edge: int) -> int:
        steps = -(-(edge - self.kernel) // self.stride) if self.ceil else (edge - self.kernel) // self.stride
        return steps + 1


@dataclass(frozen=True)
class Fire:
    """SqueezeNet's module: a 1×1 squeeze, then its 1×1 and 3×3 expansions in parallel, each with its ReLU."""

    key: str
    inputs: int
    squeezed: int
    expanded: int

    @property
    def convolutions(self) -> tuple[Convolution, Convolution, Convolution]:
        """The squeeze, the 1×1 expansion and the 3×3 expansion."""
        return (
            Convolution(f"{self.key}.squeeze", self.inputs, self.squeezed, kernel=1, padding=0),
            Convolution(f"{self.key}.expand1x1", self.squeezed, self.expanded, kernel=1, padding=0),
            Convolution(f"{self.key}.expand3x3", self.squeezed, self.expanded),
        )

    @property
    def outputs(self) -> int:
        return 2 * self.expanded

    def output_edge(self, edge: int) -> int:
        return edge


Module = Convolution | Pool | Fire


@dataclass(frozen=True)
class Stage:
    """One stage of a network. Poolings have no name, because their responses are never used."""

    name: str | None
    module: Module

    @property
    def convolutions(self) -> tuple[Convolution, ...]:
        if isinstance(self.module, Fire):
            return self.module.convolutions
        return (self.module,) if isinstance(self.module, Convolution) else ()


LARGEST_AT_WORK = 3
"""How many fp32 copies of the largest response there are while it is computed, compared and differentiated."""


@dataclass(frozen=True, eq=False)
class Architecture:
    """A network as a sequence of stages, with the layers that style transfer uses by default.

    There is a single object for each name. It caches its answers, because plans ask the same for every trial.
    """

    name: str
    stages: tuple[Stage, ...]
    content_layers: tuple[str, ...]
    style_layers: tuple[str, ...]

    @functools.cached_property
    def layers(self) -> tuple[str, ...]:
        """The names of all layers whose responses can be used, from shallow to deep."""
        return tuple(stage.name for stage in self.stages if stage.name)

    def check_layers(self, layers: Iterable[str], setting: str | None = None) -> None:
        """Raise SettingsError for a name that is no layer of this architecture; `setting` is where the name is from."""
        for layer in layers:
            if layer not in self.layers:
                known = ", ".join(self.layers)
                raise SettingsError(f"{self.name} has no layer {layer!r}; its layers are {known}", setting)

    def deepest(self, layers: Iterable[str]) -> str:
        """The deepest of `layers`: the network is cut off after it."""
        return max(layers, key=self.layers.index)

    def up_to(self, layer: str) -> Iterator[Stage]:
        """The stages up to and including `layer`."""
        for stage in self.stages:
            yield stage
            if stage.name == layer:
                return

    def parameter_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every parameter by its key in a state dictionary, as torchvision names it."""
        shapes: dict[str, tuple[int, ...]] = {}
        for stage in self.stages:
            for conv in stage.convolutions:
                shapes[f"{conv.key}.weight"] = (conv.outputs, conv.inputs, conv.kernel, conv.kernel)
                shapes[f"{conv.key}.bias"] = (conv.outputs,)
        return shapes

    @functools.cache  # noqa: B019 - architectures live as long as the program
    def smallest_edge(self, layer: str) -> int:
        """The shortest image edge, in pixels, for which `layer` still has a response."""
        edge = 1
        while not self._reaches(layer, edge):
            edge += 1
        return edge

    def _reaches(self, layer: str, edge: int) -> bool:
        for stage in self.up_to(layer):
            edge = stage.module.output_edge(edge)
            if edge < 1:
                return False
        return True

    def response_shape(self, layer: str, height: int, width: int) -> tuple[int, int]:
        """Height and width of a layer's response to an image of `height`×`width` pixels."""
        for stage in self.up_to(layer):
            height, width = stage.module.output_edge(height), stage.module.output_edge(width)
        return height, width

    def response_sizes(self, layer: str, height: int, width: int) -> list[int]:
        """The numbers in each stage's response up to `layer`, for one image of `height`×`width` pixels."""
        sizes, channels = [], 3
        for stage in self.up_to(layer):
            height, width = stage.module.output_edge(height), stage.module.output_edge(width)
            channels = stage.module.outputs if not isinstance(stage.module, Pool) else channels
            sizes.append(channels * height * width)
        return sizes

    @functools.cache  # noqa: B019
    def step_bytes(self, layer: str, height: int, width: int, itemsize: int) -> float:
        """An estimate of the bytes that a forward and backward pass of one image, cut after `layer`, holds at its peak.

        The response of every stage is kept for the backward pass, in numbers of `itemsize` bytes, and of the largest
        one there are a few more copies in fp32. `python -m benchmarks.memory` compares the estimate with measurements.
        """
        sizes = self.response_sizes(layer, height, width)
        return float(sum(sizes) * itemsize + max(sizes) * 4 * LARGEST_AT_WORK)

    @functools.cache  # noqa: B019
    def operations(self, layer: str, height: int, width: int) -> float:
        """Floating-point operations of one forward pass and one backward pass to the image, cut after `layer`.

        Convolutions only: 2·(multiplications) each way, for one image of `height`×`width` pixels. Gradients of
        weights are never computed, so backward costs what forward does.
        """
        multiplications = 0
        for stage in self.up_to(layer):
            for conv in stage.convolutions:
                area = conv.output_edge(height) * conv.output_edge(width)
                multiplications += area * conv.outputs * conv.inputs * conv.kernel**2
            height, width = stage.module.output_edge(height), stage.module.output_edge(width)
        return 4.0 * multiplications

    @functools.cache  # noqa: B019
    def matching_operations(self, layer: str, height: int, width: int, stride: int, forms: int) -> float:
        """Floating-point operations of comparing every 3×3 patch of `layer` with those of `forms` pictures (`mrf`)."""
        channels = 3
        for stage in self.up_to(layer):
            height, width = stage.module.output_edge(height), stage.module.output_edge(width)
            channels = stage.module.outputs if not isinstance(stage.module, Pool) else channels
        patches = max(0, (height - 3) // stride + 1) * max(0, (width - 3) // stride + 1)
        return 2.0 * patches * patches * forms * 9 * channels


_VGG_16, _VGG_19 = (2, 2, 3, 3, 3), (2, 2, 4, 4, 4)
_VGG_WIDTHS, _SLIM_WIDTHS = (64, 128, 256, 512, 512), (16, 32, 64, 128, 128)


def _vgg(name: str, convolutions_per_block: tuple[int, ...], widths: tuple[int, ...] = _VGG_WIDTHS) -> Architecture:
    """Simonyan, Zisserman 2014 (arXiv 1409.1556), without the classifier. `widths` are the blocks' channels."""
    stages: list[Stage] = []
    inputs = 3
    for block, (count, outputs) in enumerate(zip(convolutions_per_block, widths, strict=True), start=1):
        for number in range(1, count + 1):
            # torchvision counts every ReLU and pool in `features`: a convolution and its ReLU take two places.
            index = sum(2 if stage.name else 1 for stage in stages)
            stages.append(Stage(f"conv{block}_{number}", Convolution(f"features.{index}", inputs, outputs)))
            inputs = outputs
        stages.append(Stage(None, Pool()))
    style = tuple(f"conv{block}_1" for block in range(1, 6))
    return Architecture(name, tuple(stages[:-1]), content_layers=("conv4_2",), style_layers=style)


def _squeezenet() -> Architecture:
    """SqueezeNet 1.1, Iandola et al. 2016 (arXiv 1602.07360) as torchvision ships it."""
    pool = Stage(None, Pool(kernel=3, stride=2, ceil=True))
    stages = (
        Stage("conv1", Convolution("features.0", 3, 64, stride=2, padding=0)),
        pool,
        Stage("fire2", Fire("features.3", 64, 16, 64)),
        Stage("fire3", Fire("features.4", 128, 16, 64)),
        pool,
        Stage("fire4", Fire("features.6", 128, 32, 128)),
        Stage("fire5", Fire("features.7", 256, 32, 128)),
        pool,
        Stage("fire6", Fire("features.9", 256, 48, 192)),
        Stage("fire7", Fire("features.10", 384, 48, 192)),
        Stage("fire8", Fire("features.11", 384, 64, 256)),
        Stage("fire9", Fire("features.12", 512, 64, 256)),
    )
    return Architecture("squeezenet1_1", stages, ("fire5",), ("conv1", "fire2", "fire4", "fire6", "fire8"))


def _alexnet() -> Architecture:
    """AlexNet, Krizhevsky 2014 (arXiv 1404.5997) as torchvision ships it."""
    pool = Stage(None, Pool(kernel=3, stride=2))
    stages = (
        Stage("conv1", Convolution("features.0", 3, 64, kernel=11, stride=4, padding=2)),
        pool,
        Stage("conv2", Convolution("features.3", 64, 192, kernel=5, padding=2)),
        pool,
        Stage("conv3", Convolution("features.6", 192, 384)),
        Stage("conv4", Convolution("features.8", 384, 256)),
        Stage("conv5", Convolution("features.10", 256, 256)),
    )
    return Architecture("alexnet", stages, ("conv3",), ("conv1", "conv2", "conv3", "conv4", "conv5"))


ARCHITECTURES: dict[str, Architecture] = {
    architecture.name: architecture
    for architecture in (
        _vgg("vgg16", _VGG_16),
        _vgg("vgg19", _VGG_19),
        _vgg("vgg16-slim", _VGG_16, _SLIM_WIDTHS),
        _vgg("vgg19-slim", _VGG_19, _SLIM_WIDTHS),
        _squeezenet(),
        _alexnet(),
    )
}
"""Every architecture by the name that grids use."""
