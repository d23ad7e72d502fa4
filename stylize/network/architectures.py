"""The layer plans of our own architectures, as names and numbers.

Only this file knows them: `network.py` builds networks from them, grids are checked against them, weights files are
compared with their shapes, and plans count their operations. It does not import torch, so that `sweep plan` starts
fast. Layer names are the field's: `conv3_1` is the first convolution of the third block, and a layer's response is what
comes out of it *after* its ReLU.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from stylize.network.architecture import Architecture, Response


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


@dataclass(frozen=True, eq=False)
class PlannedArchitecture(Architecture):
    """A network as a sequence of stages."""

    name: str
    stages: tuple[Stage, ...]
    content_layers: tuple[str, ...]
    style_layers: tuple[str, ...]

    @functools.cached_property
    def layers(self) -> tuple[str, ...]:
        return tuple(stage.name for stage in self.stages if stage.name)

    def up_to(self, layer: str) -> Iterator[Stage]:
        """The stages up to and including `layer`."""
        for stage in self.stages:
            yield stage
            if stage.name == layer:
                return

    def parameter_shapes(self) -> dict[str, tuple[int, ...]]:
        shapes: dict[str, tuple[int, ...]] = {}
        for stage in self.stages:
            for conv in stage.convolutions:
                shapes[f"{conv.key}.weight"] = (conv.outputs, conv.inputs, conv.kernel, conv.kernel)
                shapes[f"{conv.key}.bias"] = (conv.outputs,)
        return shapes

    @functools.cache  # noqa: B019 - architectures live as long as the program
    def smallest_edge(self, layer: str) -> int:
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

    @functools.cache  # noqa: B019
    def responses(self, layer: str, height: int, width: int) -> tuple[Response, ...]:
        found, channels = [], 3
        for stage in self.up_to(layer):
            height, width = stage.module.output_edge(height), stage.module.output_edge(width)
            pools = isinstance(stage.module, Pool)
            channels = channels if isinstance(stage.module, Pool) else stage.module.outputs
            kept = channels * height * width
            if isinstance(stage.module, Fire):  # its squeezed response, both expanded ones, and them side by side
                kept += stage.module.squeezed * height * width + kept
            names = (stage.name,) if stage.name else ()
            found.append(Response(names, pools, channels, height, width, kept))
        return tuple(found)

    @functools.cache  # noqa: B019
    def operations(self, layer: str, height: int, width: int) -> float:
        multiplications = 0
        for stage in self.up_to(layer):
            for conv in stage.convolutions:
                area = conv.output_edge(height) * conv.output_edge(width)
                multiplications += area * conv.outputs * conv.inputs * conv.kernel**2
            height, width = stage.module.output_edge(height), stage.module.output_edge(width)
        return 4.0 * multiplications


_VGG_16, _VGG_19 = (2, 2, 3, 3, 3), (2, 2, 4, 4, 4)
_VGG_WIDTHS, _SLIM_WIDTHS = (64, 128, 256, 512, 512), (16, 32, 64, 128, 128)
_STEERABLE_WIDTHS = (36, 48, 96, 96, 96)


def _vgg(
    name: str, convolutions_per_block: tuple[int, ...], widths: tuple[int, ...] = _VGG_WIDTHS
) -> PlannedArchitecture:
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
    return PlannedArchitecture(name, tuple(stages[:-1]), content_layers=("conv4_2",), style_layers=style)


def _squeezenet() -> PlannedArchitecture:
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
    return PlannedArchitecture("squeezenet1_1", stages, ("fire5",), ("conv1", "fire2", "fire4", "fire6", "fire8"))


def _alexnet() -> PlannedArchitecture:
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
    return PlannedArchitecture("alexnet", stages, ("conv3",), ("conv1", "conv2", "conv3", "conv4", "conv5"))


ARCHITECTURES: dict[str, PlannedArchitecture] = {
    architecture.name: architecture
    for architecture in (
        _vgg("vgg16", _VGG_16),
        _vgg("vgg19", _VGG_19),
        _vgg("vgg16-slim", _VGG_16, _SLIM_WIDTHS),
        _vgg("vgg19-slim", _VGG_19, _SLIM_WIDTHS),
        _vgg("vgg16-steerable", _VGG_16, _STEERABLE_WIDTHS),
        _vgg("vgg19-steerable", _VGG_19, _STEERABLE_WIDTHS),
        _squeezenet(),
        _alexnet(),
    )
}
"""Our own plans by the names that grids use. `by_name.py` finds these and all others."""
