"""Networks against torchvision's own modules, which are built from other code and share only the parameters."""

import numpy as np
import pytest
import torch
from torch import nn

from stylize import ARCHITECTURES, PREPROCESSING, Network
from stylize.network.architectures import Pool
from stylize.network.body import Border, _L2Pool

# Where torchvision's `features` has each layer's response: after the ReLU of a convolution, after a fire module.
INDICES = {
    "vgg16": {"conv1_1": 1, "conv1_2": 3, "conv2_1": 6, "conv3_3": 15, "conv4_2": 20, "conv5_1": 25, "conv5_3": 29},
    "vgg19": {"conv1_1": 1, "conv3_4": 17, "conv4_2": 22, "conv4_4": 26, "conv5_4": 35},
    "squeezenet1_1": {"conv1": 1, "fire2": 3, "fire3": 4, "fire5": 7, "fire9": 12},
    "alexnet": {"conv1": 1, "conv2": 4, "conv3": 7, "conv4": 9, "conv5": 11},
}


@pytest.fixture(scope="module", params=INDICES)
def theirs(request):
    import torchvision

    torch.manual_seed(0)
    return request.param, torchvision.models.get_model(request.param, weights=None).features.eval()


def build(name, features, pooling="max", preprocessing="torchvision"):
    parameters = {f"features.{key}": value for key, value in features.state_dict().items()}
    return Network(ARCHITECTURES[name], parameters, PREPROCESSING[preprocessing], pooling)


def test_responses_equal_those_of_torchvision(theirs):
    name, features = theirs
    pictures = torch.rand(2, 3, 70, 85) * 255
    responses = build(name, features)(pictures, set(INDICES[name]))
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    current = (pictures / 255 - mean.view(1, 3, 1, 1)) / deviation.view(1, 3, 1, 1)
    for index, module in enumerate(features):
        current = module(current.clone())
        for layer in (layer for layer, place in INDICES[name].items() if place == index):
            assert torch.allclose(responses[layer], current, rtol=1e-4, atol=1e-5), layer
    assert set(responses) == set(INDICES[name])


def test_average_pooling_replaces_every_maximum(theirs):
    name, features = theirs
    for index, module in enumerate(features):
        if isinstance(module, nn.MaxPool2d):
            features[index] = nn.AvgPool2d(module.kernel_size, module.stride, ceil_mode=module.ceil_mode)
    pictures = torch.rand(1, 3, 64, 64) * 255
    deepest = max(INDICES[name], key=INDICES[name].get)
    ours = build(name, features, "average")(pictures, {deepest})[deepest]
    from torchvision.transforms.functional import normalize

    normalised = normalize(pictures / 255, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    for module in features[: INDICES[name][deepest] + 1]:
        normalised = module(normalised.clone())
    assert torch.allclose(ours, normalised, rtol=1e-4, atol=1e-5)


@pytest.fixture(scope="module")
def vgg16():
    import torchvision

    torch.manual_seed(0)
    return torchvision.models.vgg16(weights=None).features


def test_the_original_weights_take_the_mean_pixel_off_and_divide_by_nothing(vgg16):
    """Oxford's own mean pixel, which torchvision's description of IMAGENET1K_FEATURES gives rounded."""
    from torchvision.models import VGG16_Weights

    pictures = torch.rand(1, 3, 16, 16) * 255
    mean = torch.tensor([123.68, 116.779, 103.939])
    ours = build("vgg16", vgg16, preprocessing="vgg-original")(pictures, {"conv1_1"})["conv1_1"]
    assert torch.allclose(ours, torch.relu(vgg16[0](pictures - mean.view(1, 3, 1, 1))), rtol=1e-4, atol=1e-3)
    described = VGG16_Weights.IMAGENET1K_FEATURES.transforms()
    assert described.std == pytest.approx([1 / 255] * 3)
    assert [255 * value for value in described.mean] == pytest.approx(mean.tolist(), abs=0.7)


def test_bgr_weights_see_the_channels_turned_around(vgg16):
    pictures = torch.rand(1, 3, 16, 16) * 255
    turned = build("vgg16", vgg16, preprocessing="vgg-original-bgr")(pictures, {"conv1_1"})["conv1_1"]
    mean = torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1)
    assert torch.allclose(turned, torch.relu(vgg16[0](pictures.flip(1) - mean)), rtol=1e-4, atol=1e-3)


def test_nothing_deeper_than_the_deepest_layer_runs(vgg16):
    network = build("vgg16", vgg16)
    ran = []
    for stage, module in zip(network.architecture.stages, network._body.stages, strict=True):
        module.register_forward_hook(lambda *_, name=stage.name: ran.append(name))
    network(torch.rand(1, 3, 16, 16), {"conv1_1", "conv2_1"})
    assert ran == ["conv1_1", "conv1_2", None, "conv2_1"]


def test_a_held_response_is_not_overwritten_by_later_layers(vgg16):
    network = build("vgg16", vgg16)
    pictures = torch.rand(1, 3, 16, 16) * 255
    alone = network(pictures, {"conv1_1"})["conv1_1"].clone()
    assert torch.equal(network(pictures, {"conv1_1", "conv3_1"})["conv1_1"], alone)


def test_parameters_take_no_gradient(vgg16):
    assert not any(parameter.requires_grad for parameter in build("vgg16", vgg16).parameters())


@pytest.mark.parametrize("damage", ["missing", "shape"])
def test_a_missing_or_misshapen_parameter_is_named(vgg16, damage):
    parameters = {f"features.{key}": value for key, value in vgg16.state_dict().items()}
    if damage == "missing":
        del parameters["features.7.weight"]
    else:
        parameters["features.7.weight"] = torch.zeros(1)
    with pytest.raises(ValueError, match=r"features\.7\.weight"):
        Network(ARCHITECTURES["vgg16"], parameters, PREPROCESSING["torchvision"])


@pytest.mark.parametrize("padding", ["replicate", "reflect"])
@pytest.mark.parametrize("width", [1, 2])
def test_the_border_is_that_of_numpy(padding, width):
    responses = torch.rand(2, 3, 5, 7, generator=torch.Generator().manual_seed(0))
    around = [(0, 0), (0, 0), (width, width), (width, width)]
    expected = np.pad(responses.numpy(), around, mode={"replicate": "edge", "reflect": "reflect"}[padding])
    assert np.array_equal(Border(width, padding)(responses).numpy(), expected)
    assert Border(2, padding)(responses[..., :2, :1]).shape == (2, 3, 6, 5)  # too narrow to mirror


@pytest.mark.parametrize("name", ["vgg16-slim", "alexnet", "squeezenet1_1"])
@pytest.mark.parametrize("padding", ["replicate", "reflect"])
def test_padding_keeps_shapes_and_changes_what_is_near_the_border(name, padding):
    architecture = ARCHITECTURES[name]
    generator = torch.Generator().manual_seed(0)
    parameters = {
        key: torch.randn(shape, generator=generator) * (2 / np.prod(shape[1:])) ** 0.5
        for key, shape in architecture.parameter_shapes().items()
    }
    picture = torch.rand(1, 3, 64, 96, generator=generator) * 255
    layers = architecture.layers[:4]
    preprocessing = PREPROCESSING["vgg-original"]
    zero, other = (
        Network(architecture, parameters, preprocessing, padding=one)(picture, layers) for one in ("zero", padding)
    )
    for layer in layers:
        assert zero[layer].shape == other[layer].shape
    assert not torch.allclose(zero[layers[-1]], other[layers[-1]])
    first = layers[1]
    height, width = (side // 2 for side in zero[first].shape[2:])
    assert torch.allclose(zero[first][..., height, width], other[first][..., height, width], rtol=1e-4)


def test_l2_pooling_is_the_root_mean_square_of_each_window():
    responses = torch.rand(1, 2, 6, 9, generator=torch.Generator().manual_seed(0)) * 10
    windows = responses.double().numpy().reshape(1, 2, 3, 2, 9, 1)[:, :, :, :, :8].reshape(1, 2, 3, 2, 4, 2)
    expected = np.sqrt((windows**2).mean(axis=(3, 5)))
    found = _L2Pool(Pool())(responses)
    assert np.abs(found.numpy() - expected).max() < 1e-5
    nothing = torch.zeros(1, 1, 4, 4, requires_grad=True)
    [gradient] = torch.autograd.grad(_L2Pool(Pool())(nothing).sum(), nothing)
    assert gradient.isfinite().all()
