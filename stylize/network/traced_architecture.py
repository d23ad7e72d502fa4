"""A network that torchvision traces, without its weights: its layers, and its costs, measured on tensors without
numbers.

Such networks are those of torchvision (`of_torchvision`) and those of plugins. Importing this file imports torch and
torchvision; `by_name.py` does it where a grid names such a network.
"""

from __future__ import annotations

import contextlib
import difflib
import functools
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, fx, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import get_model

from stylize.errors import SettingsError
from stylize.network.architecture import Architecture, Response
from stylize.network.torchvision_names import default_layers
from stylize.network.traced_graph import Layer, Make, Traced, run, trace, with_parameters
from stylize.network.traced_random import calibrated

MOST_EDGE = 1024
"""Pixels. Every layer of every network has a response to a picture with such edges."""


TOO_SMALL = RuntimeError, ValueError
"""What torch raises for a response that is smaller than a kernel."""


@dataclass(frozen=True)
class _Measured:
    """A response on the way, and the floating-point operations of the forward pass up to it."""

    response: Response
    operations: float


class TracedArchitecture(Architecture):
    """A network that is traced. Layers have torchvision's node names, and the names of the modules that end there."""

    def __init__(self, name: str, content_layers: tuple[str, ...], style_layers: tuple[str, ...], make: Make) -> None:
        self.name = name
        self.content_layers, self.style_layers = content_layers, style_layers
        self._make = make

    @functools.cached_property
    def traced(self) -> Traced:
        """The network's graph. Raises SettingsError for a network that cannot be made or traced."""
        try:
            return trace(self._make)
        except Exception as error:  # whatever the code of a plugin raises
            reason = f"{type(error).__name__}: {error}".partition("\n")[0]
            raise SettingsError(f"the network {self.name} cannot be traced ({reason})", "architecture") from error

    def with_parameters(self, parameters: Mapping[str, Tensor]) -> fx.GraphModule:
        """The network up to its last layer, with these parameters and buffers, which are not copied."""
        return with_parameters(self._make, self.traced, parameters)

    @functools.cached_property
    def layers(self) -> tuple[str, ...]:
        return tuple(self.traced.by_name)

    def _known_layers(self, name: str) -> str:
        close = difflib.get_close_matches(name, self.layers, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        return f"{hint}`sweep layers {self.name}` lists its layers"

    def parameter_shapes(self) -> dict[str, tuple[int, ...]]:
        """Only of what the layers need: a classifier behind them is left out. Running means and variances count."""
        used = [str(node.target) for node in self.traced.whole.nodes if node.op in ("call_module", "get_attr")]
        return {
            key: tuple(value.shape)
            for key, value in self.traced.module.state_dict().items()
            if value.is_floating_point() and any(key == one or key.startswith(f"{one}.") for one in used)
        }

    def random_parameters(self, seed: int) -> dict[str, Tensor]:
        return calibrated(self.with_parameters, self.parameter_shapes(), seed)

    @functools.cache  # noqa: B019 - architectures live as long as the program
    def smallest_edge(self, layer: str) -> int:
        shortest, longest = 1, MOST_EDGE
        while shortest < longest:
            edge = (shortest + longest) // 2
            shortest, longest = (shortest, edge) if self._reaches(layer, edge) else (edge + 1, longest)
        return shortest

    def _reaches(self, layer: str, edge: int) -> bool:
        try:
            with torch.no_grad():
                calculated = list(run(self.traced.module, self.traced.nodes_up_to(layer), _picture(edge, edge)))
        except TOO_SMALL:
            return False
        return all(value.numel() > 0 for _, value in calculated if isinstance(value, Tensor))

    def responses(self, layer: str, height: int, width: int) -> tuple[Response, ...]:
        return tuple(one.response for one in self._up_to(layer, height, width))

    def operations(self, layer: str, height: int, width: int) -> float:
        return 2 * self._up_to(layer, height, width)[-1].operations

    def _up_to(self, layer: str, height: int, width: int) -> list[_Measured]:
        return self._measured(height, width)[: self.traced.layers.index(self.traced.by_name[layer]) + 1]

    @functools.cache  # noqa: B019
    def _measured(self, height: int, width: int) -> list[_Measured]:
        """Calculate the network on the device "meta", as far as a picture of this size goes, and watch which tensors
        the backward pass would need.
        """
        of_node = {one.node: one for one in self.traced.layers}
        nodes = self.traced.nodes_up_to(self.layers[-1])
        seen = {one.untyped_storage()._cdata for one in self.traced.module.state_dict(keep_vars=True).values()}
        alive: list[Tensor] = []  # so that no later storage gets the address of an earlier one
        kept = 0

        def keep(saved: Tensor) -> Tensor:
            nonlocal kept
            storage = saved.untyped_storage()
            if storage._cdata not in seen:
                seen.add(storage._cdata)
                alive.append(saved)
                kept += storage.nbytes() // torch.float32.itemsize
            return saved

        found: list[_Measured] = []
        begins = False
        picture = _picture(height, width).requires_grad_()
        seen.add(picture.untyped_storage()._cdata)  # counted with the state of the optimiser
        with (
            contextlib.suppress(*TOO_SMALL),
            saved_tensors_hooks(keep, lambda saved: saved),
            FlopCounterMode(display=False) as counter,
        ):
            for node, value in run(self.traced.module, nodes, picture):
                begins = begins or node in self.traced.begins
                if (one := of_node.get(node)) and isinstance(value, Tensor):
                    response = _response(one, value, kept, begins)
                    found.append(_Measured(response, float(counter.get_total_flops())))
                    kept, begins = 0, False
        return found


def _picture(height: int, width: int) -> Tensor:
    return torch.empty(1, 3, height, width, device="meta")


def _response(layer: Layer, value: Tensor, kept: int, begins: bool) -> Response:
    shape = tuple(value.shape[1:])
    channels, height, width = (shape[2], *shape[:2]) if layer.channels_last else shape
    return Response(layer.names, begins, channels, height, width, kept)


_WITH_OTHER_HEADS = ("googlenet", "inception_v3")


def of_torchvision(name: str) -> TracedArchitecture:
    """The network of torchvision with this name."""
    # With weights, torchvision turns on that these two normalise their pictures once more.
    options = {"init_weights": False, "transform_input": True} if name in _WITH_OTHER_HEADS else {}

    def make() -> nn.Module:
        model: nn.Module = get_model(name, weights=None, **options)
        return model

    return TracedArchitecture(name, *default_layers(name), make)
