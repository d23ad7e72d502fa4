"""The plans of networks against torchvision's own modules, walked and run here without their parameters' numbers."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from stylize import ARCHITECTURES, SettingsError
from stylize.network.architectures import Convolution, Pool

LAYERS = [(name, layer) for name, architecture in ARCHITECTURES.items() for layer in architecture.layers]


@pytest.fixture(scope="module")
def theirs():
    """torchvision's networks on torch's meta device: shapes without numbers."""
    with torch.device("meta"):
        return {name: features_of(name).eval() for name in ARCHITECTURES}


def features_of(name):
    import torchvision
    from torchvision.models import vgg

    depth, _, variant = name.partition("-")
    if not variant:
        return torchvision.models.get_model(name, weights=None).features
    plan = vgg.cfgs["D" if depth == "vgg16" else "E"]
    if variant == "slim":
        return vgg.make_layers([step if step == "M" else step // 4 for step in plan])
    widths = iter((36, 48, 96, 96, 96))
    width, steps = next(widths), []
    for step in plan:
        steps.append(step if step == "M" else width)
        width = next(widths, 0) if step == "M" else width
    return vgg.make_layers(steps)


def layers_of(name, features):
    """Layer names and the index of the module whose output is the layer's response."""
    found, block, number = {}, 1, 0
    for index, module in enumerate(features):
        if isinstance(module, nn.MaxPool2d):
            block, number = block + 1, 0
        elif type(module).__name__ == "Fire":
            found[f"fire{len(found) + 1}"] = index
        elif isinstance(module, nn.ReLU):
            number += 1
            found[f"conv{block}_{number}" if name.startswith("vgg") else f"conv{len(found) + 1}"] = index
    return found


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_layers_are_torchvisions_in_their_order(name, theirs):
    assert ARCHITECTURES[name].layers == tuple(layers_of(name, theirs[name]))


@pytest.mark.parametrize(
    ("name", "first", "last", "count"),
    [
        ("vgg16", "conv1_1", "conv5_3", 13),
        ("vgg19", "conv1_1", "conv5_4", 16),
        ("vgg16-slim", "conv1_1", "conv5_3", 13),
        ("vgg19-slim", "conv1_1", "conv5_4", 16),
        ("vgg16-steerable", "conv1_1", "conv5_3", 13),
        ("vgg19-steerable", "conv1_1", "conv5_4", 16),
        ("squeezenet1_1", "conv1", "fire9", 9),
        ("alexnet", "conv1", "conv5", 5),
    ],
)
def test_the_layers_are_those_of_the_papers(name, first, last, count):
    layers = ARCHITECTURES[name].layers
    assert (layers[0], layers[-1], len(layers)) == (first, last, count)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_parameters_have_torchvisions_names_and_shapes(name, theirs):
    expected = {f"features.{key}": tuple(value.shape) for key, value in theirs[name].state_dict().items()}
    assert ARCHITECTURES[name].parameter_shapes() == expected


def response(features, index, height, width):
    """The shape of a response, None where the image is too small for it."""
    try:
        shape = features[: index + 1](torch.empty(1, 3, height, width, device="meta")).shape
    except RuntimeError:  # a kernel larger than what it looks at, or an output without pixels
        return None
    return tuple(shape) if min(shape) else None


@pytest.mark.parametrize(("name", "layer"), LAYERS)
def test_at_its_smallest_edge_a_layer_has_a_response_and_at_one_pixel_less_it_has_none(name, layer, theirs):
    index = layers_of(name, theirs[name])[layer]
    edge = ARCHITECTURES[name].smallest_edge(layer)
    assert response(theirs[name], index, edge, edge)
    assert response(theirs[name], index, edge, edge + 9)
    assert response(theirs[name], index, edge - 1, edge + 9) is None


@pytest.mark.parametrize(
    ("name", "layer", "edge"),
    [
        ("vgg16", "conv1_2", 1),
        ("vgg16", "conv2_1", 2),
        ("vgg16", "conv5_3", 16),
        ("vgg19", "conv4_2", 8),
        ("squeezenet1_1", "conv1", 3),
        ("alexnet", "conv1", 7),
    ],
)
def test_smallest_edges_are_those_that_one_works_out_by_hand(name, layer, edge):
    """VGG halves at each block; SqueezeNet begins with a 3×3 kernel, AlexNet with 11×11 and padding 2."""
    assert ARCHITECTURES[name].smallest_edge(layer) == edge


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_edges_shrink_as_torchvisions_do(name, theirs):
    """For every edge, also where pools leave a rest."""
    architecture, found = ARCHITECTURES[name], layers_of(name, theirs[name])
    for edge in range(architecture.smallest_edge(architecture.layers[-1]), 75):
        current, tensor, start = edge, torch.empty(1, 3, edge, 75, device="meta"), 0
        for stage in architecture.stages:
            current = stage.module.output_edge(current)
            if stage.name:
                tensor = theirs[name][start : found[stage.name] + 1](tensor)
                start = found[stage.name] + 1
                assert current == tensor.shape[2], (edge, stage.name)


@pytest.mark.parametrize(("name", "layer"), LAYERS)
def test_operations_are_those_that_torch_counts_forward_and_as_many_backward(name, layer, theirs):
    index = layers_of(name, theirs[name])[layer]
    with FlopCounterMode(display=False) as counter:
        response(theirs[name], index, 70, 91)
    assert ARCHITECTURES[name].operations(layer, 70, 91) == 2 * counter.get_total_flops()


def test_vgg_16_takes_the_15_billion_multiplications_of_its_paper_and_vgg_19_a_quarter_more():
    """15.3 at 224×224; the classifier, which is not here, has 0.12 of the usual 15.5."""
    vgg16 = ARCHITECTURES["vgg16"].operations("conv5_3", 224, 224)
    assert vgg16 / 4 == pytest.approx(15.35e9, rel=1e-3)
    assert ARCHITECTURES["vgg19"].operations("conv5_4", 224, 224) / vgg16 == pytest.approx(1.27, abs=0.01)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_layers_taken_where_none_are_named_exist(name):
    architecture = ARCHITECTURES[name]
    architecture.check_layers(architecture.content_layers + architecture.style_layers)
    assert architecture.content_layers
    assert list(architecture.style_layers) == sorted(architecture.style_layers, key=architecture.layers.index)


def test_vgg_takes_the_layers_of_gatys():
    for name in ("vgg16", "vgg19"):
        assert ARCHITECTURES[name].content_layers == ("conv4_2",)
        assert ARCHITECTURES[name].style_layers == ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")


def test_the_deepest_layer_is_the_last_in_the_network_wherever_it_stands_in_the_list():
    vgg16 = ARCHITECTURES["vgg16"]
    assert vgg16.deepest(["conv5_1", "conv1_1"]) == vgg16.deepest(["conv1_1", "conv5_1"]) == "conv5_1"
    assert ARCHITECTURES["squeezenet1_1"].deepest(["fire9", "conv1"]) == "fire9"


def test_a_network_is_cut_off_after_a_layer():
    names = [stage.name for stage in ARCHITECTURES["alexnet"].up_to("conv3")]
    assert names == ["conv1", None, "conv2", None, "conv3"]


def test_an_unknown_layer_is_refused():
    with pytest.raises(SettingsError, match="alexnet has no layer 'conv6'; its layers are conv1, conv2"):
        ARCHITECTURES["alexnet"].check_layers(["conv1", "conv6"])


@pytest.mark.parametrize(
    ("module", "edges"),
    [
        (Pool(), {1: 0, 2: 1, 3: 1, 4: 2}),
        (Pool(kernel=3, ceil=True), {1: 0, 2: 1, 3: 1, 4: 2, 5: 2, 6: 3}),
        (Convolution("", 3, 64), {1: 1, 9: 9}),
        (Convolution("", 3, 64, kernel=11, stride=4, padding=2), {6: 0, 7: 1, 10: 1, 11: 2}),
    ],
)
def test_an_edge_after_a_module_counts_the_places_of_its_window(module, edges):
    assert {edge: module.output_edge(edge) for edge in edges} == edges
