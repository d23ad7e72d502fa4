"""A network as a graph: `torchvision.models.feature_extraction` traces a module and names its nodes.

What later nodes would overwrite in place is calculated apart, so that every node's response can be kept. Importing this
file imports torchvision, which takes seconds: only what uses such a network does it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, fx, nn
from torchvision.models.feature_extraction import create_feature_extractor, get_graph_node_names

_OF_BATCH_NORM = ("running_mean", "running_var", "num_batches_tracked")
_LOOKED_AT = (256, 256), (256, 320)
"""Heights and widths of two pictures. By what differs between the responses to them, channels and positions are told
apart."""


Make = Callable[[], nn.Module]
"""Makes a network, whose parameters need no numbers."""


def build(make: Make) -> nn.Module:
    """A network for evaluation. Its parameters have no numbers yet; they are on the device "meta" if the network can be
    made there.
    """
    model: nn.Module
    try:
        with torch.device("meta"):
            model = make()
        needs_numbers = any(not key.endswith(_OF_BATCH_NORM) for key, _ in model.named_buffers())
    except NotImplementedError:  # RegNets calculate their widths with tensors
        needs_numbers = True
    if needs_numbers:
        with torch.random.fork_rng(devices=[]):  # the initial weights are drawn, and replaced later
            model = make()
    for module in model.modules():
        if getattr(module, "inplace", False):
            setattr(module, "inplace", False)  # noqa: B010 - no attribute of every module
    return model.eval().requires_grad_(False)


@dataclass(frozen=True, eq=False)
class Layer:
    """A node whose response is a map. names: the node's name, then the modules whose last node it is, as
    `layer1.2.relu_2`, `layer1.2` and `layer1`. channels_last: whether the response is B×H×W×C and not B×C×H×W.
    """

    node: fx.Node
    names: tuple[str, ...]
    channels_last: bool


@dataclass(frozen=True, eq=False)
class Traced:
    """A model and its graph. layers: the usable nodes in the order in which they are calculated. begins: nodes with
    which a block begins, because only one response is needed behind that place and its resolution then falls.
    """

    module: fx.GraphModule
    layers: tuple[Layer, ...]
    begins: frozenset[fx.Node]

    @functools.cached_property
    def by_name(self) -> dict[str, Layer]:
        return {name: layer for layer in self.layers for name in layer.names}

    def nodes_up_to(self, layer: str) -> list[fx.Node]:
        """The nodes that are calculated up to a layer, in their order, and itself."""
        nodes = list(self.module.graph.nodes)
        return nodes[: nodes.index(self.by_name[layer].node) + 1]

    @functools.cached_property
    def whole(self) -> fx.Graph:
        """The graph up to the last layer: without a classifier."""
        graph = fx.Graph()
        copies: dict[fx.Node, fx.Node] = {}
        for node in self.nodes_up_to(self.layers[-1].names[0]):
            copies[node] = graph.node_copy(node, copies.__getitem__)
        graph.output(copies[node])
        return graph


def trace(make: Make) -> Traced:
    """The graph of a network, whose parameters are on the device "meta"."""
    model = build(make).to("meta")
    _, names = get_graph_node_names(model, suppress_diff_warning=True)
    module = create_feature_extractor(model, names[1:], suppress_diff_warning=True).eval()
    [output] = [node for node in module.graph.nodes if node.op == "output"]
    named: dict[fx.Node, str] = {node: name for name, node in output.args[0].items()}
    module.graph.erase_node(output)
    for node in module.graph.nodes:
        if node.kwargs.get("inplace"):
            node.kwargs = node.kwargs | {"inplace": False}
    shapes = [_shapes(module, *size) for size in _LOOKED_AT]
    layers = tuple(_layers(named, *shapes))
    return Traced(module, layers, frozenset(_begins(module, layers, shapes[0])))


def with_parameters(make: Make, traced: Traced, parameters: Mapping[str, Tensor]) -> fx.GraphModule:
    """A network up to its last layer, with these parameters and buffers, which are not copied."""
    module = fx.GraphModule(build(make), traced.whole).eval()
    module.load_state_dict(dict(parameters), strict=False, assign=True)
    module.requires_grad_(False)
    for part in module.modules():
        for key, value in [*part.named_buffers(recurse=False)]:
            if value.is_meta:  # the number of batches that batch normalisation was trained with, which is not used
                setattr(part, key, torch.zeros(value.shape, dtype=value.dtype))
    return module


def run(module: fx.GraphModule, nodes: list[fx.Node], picture: Tensor) -> Iterator[tuple[fx.Node, object]]:
    """Calculate nodes one after the other. What no later node needs is forgotten."""
    interpreter = fx.Interpreter(module, garbage_collect_values=False)
    last_use = {argument: node for node in nodes for argument in node.all_input_nodes}
    for node in nodes:
        interpreter.env[node] = picture if node.op == "placeholder" else interpreter.run_node(node)
        yield node, interpreter.env[node]
        for argument in node.all_input_nodes:
            if last_use[argument] is node:
                del interpreter.env[argument]


Shapes = dict[fx.Node, tuple[int, ...]]


def _shapes(module: fx.GraphModule, height: int, width: int) -> Shapes:
    """The shape of each node that is a tensor, for a picture of this size."""
    picture = torch.empty(1, 3, height, width, device="meta")
    with torch.no_grad():
        calculated = run(module, list(module.graph.nodes), picture)
        return {node: tuple(value.shape) for node, value in calculated if isinstance(value, Tensor)}


def _layers(named: dict[fx.Node, str], square: Shapes, wide: Shapes) -> Iterator[Layer]:
    """The nodes whose responses are maps, with all their names."""
    ends: dict[str, fx.Node] = {}  # of each module
    for node, name in named.items():
        parts = name.split(".")
        ends |= {".".join(parts[:count]): node for count in range(1, len(parts))}
    for node, name in named.items():
        if node.op == "get_attr" or len(square.get(node, ())) != 4:
            continue
        changed = [at for at in range(4) if square[node][at] != wide[node][at]]
        if changed in ([3], [2]):
            modules = [module for module, end in ends.items() if end is node and module != name]
            yield Layer(node, (name, *sorted(modules, key=len, reverse=True)), channels_last=changed == [2])


def _begins(module: fx.GraphModule, layers: tuple[Layer, ...], shapes: Shapes) -> Iterator[fx.Node]:
    nodes = list(module.graph.nodes)
    place = {node: at for at, node in enumerate(nodes)}
    last_use = {node: max((place[user] for user in node.users), default=place[node]) for node in nodes}
    areas = {layer.node: shapes[layer.node][1 if layer.channels_last else 2] for layer in layers}
    needed_later, smallest, only_one = 0, 1 << 30, None
    for at, node in enumerate(nodes):
        if node in areas and areas[node] < smallest:
            if only_one and smallest < 1 << 30:
                yield only_one
            smallest = areas[node]
        if node.op in ("placeholder", "get_attr"):
            continue
        if needed_later <= at and node in areas and at + 1 < len(nodes):
            only_one = next((later for later in nodes[at + 1 :] if later.op != "get_attr"), None)
        needed_later = max(needed_later, last_use[node])
