"""A frozen feature network: pictures in, responses of named layers out.

Each network has its own preprocessing, because weights that were trained on different inputs need different ones.
Everywhere else a picture is RGB in 0–255.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from stylize.network.architectures import Architecture, Convolution, Fire, Pool

Pooling = Literal["average", "max", "l2"]
Padding = Literal["zero", "replicate", "reflect"]


@dataclass(frozen=True)
class Preprocessing:
    """(picture − mean) / deviation per channel, on RGB in 0–255; then the channels in reverse order where `bgr`."""

    mean: tuple[float, float, float]
    deviation: tuple[float, float, float] = (1.0, 1.0, 1.0)
    bgr: bool = False


PREPROCESSING: dict[str, Preprocessing] = {
    # Oxford's mean pixel of ImageNet in RGB, no division: torchvision's IMAGENET1K_FEATURES (std 1/255) say the same.
    "vgg-original": Preprocessing((123.68, 116.779, 103.939)),
    # The same for weights that were converted from Caffe without turning the first layer's channels around.
    "vgg-original-bgr": Preprocessing((123.68, 116.779, 103.939), bgr=True),
    # torchvision's own training: [0, 1] minus .485/.456/.406, over .229/.224/.225.
    "torchvision": Preprocessing((123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
}
"""The preprocessings with which the weights in the manifest were trained, by name."""

MEAN_PIXEL = PREPROCESSING["vgg-original"].mean
"""The mean RGB pixel of ImageNet; initial noise is drawn around it."""


class _FireModule(nn.Module):
    def __init__(self, fire: Fire, padding: Padding) -> None:
        super().__init__()
        self.squeeze, self.expand1x1, self.expand3x3 = (_convolution(one, padding) for one in fire.convolutions)

    def forward(self, responses: Tensor) -> Tensor:
        squeezed = torch.relu(self.squeeze(responses))
        return torch.cat([torch.relu(self.expand1x1(squeezed)), torch.relu(self.expand3x3(squeezed))], dim=1)


class _Border(nn.Module):
    """Pads a response by repeating its edge, or by mirroring what is behind the edge.

    It is put together from parts, because torch's own reflection has no deterministic gradient on CUDA.
    """

    def __init__(self, width: int, padding: Padding) -> None:
        super().__init__()
        self.width, self.padding = width, padding

    def forward(self, responses: Tensor) -> Tensor:
        for dimension in (2, 3):
            edge = responses.shape[dimension]
            mirrored = self.padding == "reflect" and edge > self.width  # a narrower one has nothing behind its edge
            before = range(self.width, 0, -1) if mirrored else [0] * self.width
            parts = [responses.narrow(dimension, place, 1) for place in before]
            after = [responses.narrow(dimension, edge - 1 - place, 1) for place in reversed(before)]
            responses = torch.cat([*parts, responses, *after], dim=dimension)
        return responses


class _L2Pool(nn.Module):
    """The root mean square of each window."""

    def __init__(self, pool: Pool) -> None:
        super().__init__()
        self.mean = nn.AvgPool2d(pool.kernel, pool.stride, ceil_mode=pool.ceil)

    def forward(self, responses: Tensor) -> Tensor:
        pooled: Tensor = self.mean(responses.square())
        return (pooled + 1e-8).sqrt()  # at 0 the slope of the square root is infinite


def _convolution(convolution: Convolution, padding: Padding) -> nn.Module:
    zeros = convolution.padding if padding == "zero" else 0
    made = nn.Conv2d(convolution.inputs, convolution.outputs, convolution.kernel, convolution.stride, zeros)
    bordered = convolution.padding and padding != "zero"
    return nn.Sequential(_Border(convolution.padding, padding), made) if bordered else made


def _module(module: Convolution | Pool | Fire, pooling: Pooling, padding: Padding) -> nn.Module:
    if isinstance(module, Fire):
        return _FireModule(module, padding)
    if isinstance(module, Convolution):
        # Not in place, because a loss may use the response before it.
        return nn.Sequential(_convolution(module, padding), nn.ReLU())
    if pooling == "average":
        return nn.AvgPool2d(module.kernel, module.stride, ceil_mode=module.ceil)
    if pooling == "l2":
        return _L2Pool(module)
    return nn.MaxPool2d(module.kernel, module.stride, ceil_mode=module.ceil)


_BlockOutput = tuple[Tensor, dict[str, Tensor]]


def _run_block(
    modules: Sequence[tuple[str | None, nn.Module]], layers: Collection[str], responses: Tensor
) -> _BlockOutput:
    """The output of the last of `modules`, and the responses of those that are in `layers`."""
    collected: dict[str, Tensor] = {}
    for name, module in modules:
        responses = module(responses)
        if name is not None and name in layers:
            collected[name] = responses
    return responses, collected


class Network(nn.Module):
    """An architecture with weights, pooling, padding and preprocessing. Its parameters take no gradients.

    `parameters_by_key` holds a tensor for every key of `architecture.parameter_shapes()`; other keys (a classifier) are
    ignored. A missing key or a wrong shape raises ValueError: callers check files before they come here.
    """

    def __init__(
        self,
        architecture: Architecture,
        parameters_by_key: Mapping[str, Tensor],
        preprocessing: Preprocessing,
        pooling: Pooling = "average",
        padding: Padding = "zero",
    ) -> None:
        super().__init__()
        self.architecture = architecture
        self.pooling = pooling
        self._bgr = preprocessing.bgr
        self._mean: Tensor
        self._deviation: Tensor | None
        self.register_buffer("_mean", torch.tensor(preprocessing.mean).view(1, 3, 1, 1), persistent=False)
        divides = preprocessing.deviation != (1.0, 1.0, 1.0)
        deviation = torch.tensor(preprocessing.deviation).view(1, 3, 1, 1) if divides else None
        self.register_buffer("_deviation", deviation, persistent=False)
        with torch.device("meta"):  # initial weights would be replaced at once
            self._stages = nn.ModuleList(_module(stage.module, pooling, padding) for stage in architecture.stages)
        self._load(parameters_by_key)
        self._rounded: dict[torch.dtype, nn.ModuleList] = {}
        self.requires_grad_(False)
        self.eval()
        self.to(memory_format=torch.channels_last)  # like the images of a batch

    @property
    def device(self) -> torch.device:
        """The device of the parameters."""
        return self._mean.device

    def _stages_in(self, dtype: torch.dtype) -> nn.ModuleList:
        """The stages with rounded parameters. They are rounded once; autocast would do it at every pass."""
        if dtype == torch.float32:
            return self._stages
        if dtype not in self._rounded:
            self._rounded[dtype] = copy.deepcopy(self._stages).to(dtype)
        return self._rounded[dtype]

    def _load(self, parameters_by_key: Mapping[str, Tensor]) -> None:
        shapes = self.architecture.parameter_shapes()
        for stage, module in zip(self.architecture.stages, self._stages, strict=True):
            convolutions = [part for part in module.modules() if isinstance(part, nn.Conv2d)]
            for plan, convolution in zip(stage.convolutions, convolutions, strict=True):
                for kind in ("weight", "bias"):
                    key = f"{plan.key}.{kind}"
                    tensor = parameters_by_key.get(key)
                    if tensor is None or tuple(tensor.shape) != shapes[key]:
                        found = "missing" if tensor is None else f"of shape {tuple(tensor.shape)}"
                        raise ValueError(f"{self.architecture.name}: {key} is {found}, expected shape {shapes[key]}")
                    setattr(convolution, kind, nn.Parameter(tensor.float(), requires_grad=False))

    def forward(
        self,
        pictures: Tensor,
        layers: Collection[str],
        dtype: torch.dtype = torch.float32,
        *,
        checkpointing: bool = False,
    ) -> dict[str, Tensor]:
        """The responses, after their ReLU, of `layers` to `pictures` (B×3×H×W, RGB in 0–255), each B×N×h×w.

        Nothing deeper than the deepest of `layers` is computed. `dtype` is that of convolutions and responses.
        With `checkpointing`, only `layers` and the beginning of each block are kept for the backward pass, which
        computes the rest again.
        """
        responses = pictures - self._mean
        if self._deviation is not None:
            responses = responses / self._deviation
        if self._bgr:
            responses = responses.flip(1)
        responses = responses.to(dtype)
        collected: dict[str, Tensor] = {}
        for block in self._blocks(layers, dtype):
            if checkpointing:
                responses, found = checkpoint(block, responses, use_reentrant=False, preserve_rng_state=False)
            else:
                responses, found = block(responses)
            collected |= found
        return collected

    def _blocks(self, layers: Collection[str], dtype: torch.dtype) -> Iterator[Callable[[Tensor], _BlockOutput]]:
        """The stages up to the deepest of `layers`, in parts that each begin with a pool."""
        part: list[tuple[str | None, nn.Module]] = []
        deepest = self.architecture.deepest(layers)
        for stage, module in zip(self.architecture.up_to(deepest), self._stages_in(dtype), strict=False):
            if isinstance(stage.module, Pool):
                yield functools.partial(_run_block, part, layers)
                part = []
            part.append((stage.name, module))
        yield functools.partial(_run_block, part, layers)
