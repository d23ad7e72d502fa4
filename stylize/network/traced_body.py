"""The layers of a traced network with its weights, cut off behind the deepest one that is asked for."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterator, Mapping

import torch
from torch import Tensor, fx, nn

from stylize.network.body import BlockOutput, check_parameters
from stylize.network.traced_architecture import TracedArchitecture


class TracedBody(nn.Module):
    """A traced network in evaluation mode: batch normalisation uses its running statistics."""

    def __init__(self, architecture: TracedArchitecture, parameters_by_key: Mapping[str, Tensor]) -> None:
        super().__init__()
        self._architecture = architecture
        check_parameters(architecture, parameters_by_key)
        self._model = architecture.with_parameters(parameters_by_key)
        self._rounded: dict[torch.dtype, nn.Module] = {}
        self._cut: dict[tuple[frozenset[str], torch.dtype, torch.device], list[fx.GraphModule]] = {}

    def blocks(self, layers: Collection[str], dtype: torch.dtype) -> Iterator[Callable[[Tensor], BlockOutput]]:
        """The network up to the deepest of `layers`, in blocks between which only one response is handed on."""
        device = next(self._model.parameters()).device
        key = frozenset(layers), dtype, device
        if key not in self._cut:
            self._cut[key] = list(self._cut_into_blocks(layers, self._model_in(dtype)))
        yield from self._cut[key]

    def _model_in(self, dtype: torch.dtype) -> nn.Module:
        if dtype == torch.float32:
            return self._model
        if dtype not in self._rounded:
            rounded = copy.deepcopy(self._model).to(dtype)
            for key, module in self._model.named_modules():
                if isinstance(module, nn.BatchNorm2d):  # its statistics are fp32 with responses of any type
                    rounded.set_submodule(key, copy.deepcopy(module))
            self._rounded[dtype] = rounded
        return self._rounded[dtype]

    def _cut_into_blocks(self, layers: Collection[str], model: nn.Module) -> Iterator[fx.GraphModule]:
        traced = self._architecture.traced
        wanted = {name: traced.by_name[name] for name in layers}
        parts: list[list[fx.Node]] = [[]]
        for node in traced.nodes_up_to(self._architecture.deepest(layers)):
            if node.op != "get_attr":
                if node in traced.begins:
                    parts.append([])
                parts[-1].append(node)
        for number, part in enumerate(parts):
            graph = fx.Graph()
            copies: dict[fx.Node, fx.Node] = {}
            if number:
                copies[parts[number - 1][-1]] = graph.placeholder("responses")
            for node in part:
                for parameter in node.all_input_nodes:
                    if parameter.op == "get_attr":
                        copies[parameter] = graph.node_copy(parameter)
                copies[node] = graph.node_copy(node, copies.__getitem__)
            collected = {}
            for name, layer in wanted.items():
                if layer.node in part:
                    response = copies[layer.node]
                    moved = graph.call_method("permute", (response, 0, 3, 1, 2)) if layer.channels_last else response
                    collected[name] = moved
            graph.output((copies[part[-1]], collected))
            block = fx.GraphModule(model, graph)
            if graph.eliminate_dead_code():
                block.recompile()
            yield block
