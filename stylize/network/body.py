"""The stages of one of our own networks, built from its plan, with its weights."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn

from stylize.network.architecture import Architecture
from stylize.network.architectures import Convolution, Fire, PlannedArchitecture, Pool
from stylize.settings.types import Padding, Pooling

BlockOutput = tuple[Tensor, dict[str, Tensor]]
"""What a block of a network hands on to the next, and the responses of the layers that were asked for."""


class _FireModule(nn.Module):
    def __init__(self, fire: Fire, padding: Padding) -> None:
        super().__init__()
        self.squeeze, self.expand1x1, self.expand3x3 = (_convolution(one, padding) for one in fire.convolutions)

    def forward(self, responses: Tensor) -> Tensor:
        squeezed = torch.relu(self.squeeze(responses))
        return torch.cat([torch.relu(self.expand1x1(squeezed)), torch.relu(self.expand3x3(squeezed))], dim=1)


class Border(nn.Module):
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
    return nn.Sequential(Border(convolution.padding, padding), made) if bordered else made


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


def _run_block(
    modules: Sequence[tuple[str | None, nn.Module]], layers: Collection[str], responses: Tensor
) -> BlockOutput:
    """The output of the last of `modules`, and the responses of those that are in `layers`."""
    collected: dict[str, Tensor] = {}
    for name, module in modules:
        responses = module(responses)
        if name is not None and name in layers:
            collected[name] = responses
    return responses, collected


AnyModule = TypeVar("AnyModule", bound=nn.Module)


def check_parameters(architecture: Architecture, parameters_by_key: Mapping[str, Tensor]) -> None:
    """Raises ValueError for a parameter that is missing or has another shape than the architecture's."""
    for key, shape in architecture.parameter_shapes().items():
        found = parameters_by_key.get(key)
        if found is None or tuple(found.shape) != shape:
            what = "missing" if found is None else f"of shape {tuple(found.shape)}"
            raise ValueError(f"{architecture.name}: {key} is {what}, expected shape {shape}")


def rounded(module: AnyModule, dtype: torch.dtype, kept: dict[torch.dtype, AnyModule]) -> AnyModule:
    """A module of fp32 with its parameters in another type. They are rounded once and `kept`; autocast would round them
    at every pass.
    """
    if dtype == torch.float32:
        return module
    if dtype not in kept:
        kept[dtype] = copy.deepcopy(module).to(dtype)
    return kept[dtype]


class StagedBody(nn.Module):
    """The stages of a plan. Nothing deeper than what is asked for is computed."""

    def __init__(
        self,
        architecture: PlannedArchitecture,
        parameters_by_key: Mapping[str, Tensor],
        pooling: Pooling,
        padding: Padding,
    ) -> None:
        super().__init__()
        self._architecture = architecture
        with torch.device("meta"):  # initial weights would be replaced at once
            self.stages = nn.ModuleList(_module(stage.module, pooling, padding) for stage in architecture.stages)
        self._load(parameters_by_key)
        self._rounded: dict[torch.dtype, nn.ModuleList] = {}

    def _stages_in(self, dtype: torch.dtype) -> nn.ModuleList:
        """The stages with rounded parameters."""
        return rounded(self.stages, dtype, self._rounded)

    def _load(self, parameters_by_key: Mapping[str, Tensor]) -> None:
        check_parameters(self._architecture, parameters_by_key)
        for stage, module in zip(self._architecture.stages, self.stages, strict=True):
            convolutions = [part for part in module.modules() if isinstance(part, nn.Conv2d)]
            for plan, convolution in zip(stage.convolutions, convolutions, strict=True):
                for kind in ("weight", "bias"):
                    tensor = parameters_by_key[f"{plan.key}.{kind}"]
                    setattr(convolution, kind, nn.Parameter(tensor.float(), requires_grad=False))

    def blocks(self, layers: Collection[str], dtype: torch.dtype) -> Iterator[Callable[[Tensor], BlockOutput]]:
        """The stages up to the deepest of `layers`, in parts that each begin with a pool."""
        part: list[tuple[str | None, nn.Module]] = []
        deepest = self._architecture.deepest(layers)
        for stage, module in zip(self._architecture.up_to(deepest), self._stages_in(dtype), strict=False):
            if isinstance(stage.module, Pool):
                yield functools.partial(_run_block, part, layers)
                part = []
            part.append((stage.name, module))
        yield functools.partial(_run_block, part, layers)
