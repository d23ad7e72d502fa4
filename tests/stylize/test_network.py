"""Networks against torchvision's own modules, which are built from other code and share only the parameters."""

import pytest
import torch
import torchvision
from torch import nn

from stylize import ARCHITECTURES, PREPROCESSING, Network

# Where torchvision's `features` has each layer's response: after the ReLU of a convolution, after a fire module.
INDICES = {
    "vgg16": {"conv1_1": 1, "conv1_2": 3, "conv2_1": 6, "conv3_3": 15, "conv4_2": 20, "conv5_1": 25, "conv5_3": 29},
    "vgg19": {"conv1_1": 1, "conv3_4": 17, "conv4_2": 22, "conv4_4": 26, "conv5_4": 35},
    "squeezenet1_1": {"conv1": 1, "fire2": 3, "fire3": 4, "fire5": 7, "fire9": 12},
    "alexnet": {"conv1": 1, "conv2": 4, "conv3": 7, "conv4": 9, "conv5": 11},
}


@pytest.fixture(scope="module", params=INDICES)
def theirs(request):
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
    normalised = torchvision.transforms.functional.normalize(
        pictures / 255, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    )
    for module in features[: INDICES[name][deepest] + 1]:
        normalised = module(normalised.clone())
    assert torch.allclose(ours, normalised, rtol=1e-4, atol=1e-5)


@pytest.fixture(scope="module")
def vgg16():
    torch.manual_seed(0)
    return torchvision.models.vgg16(weights=None).features


def test_the_original_weights_take_the_mean_pixel_off_and_divide_by_nothing(vgg16):
    """Oxford's own mean pixel, which torchvision's description of IMAGENET1K_FEATURES gives rounded."""
    pictures = torch.rand(1, 3, 16, 16) * 255
    mean = torch.tensor([123.68, 116.779, 103.939])
    ours = build("vgg16", vgg16, preprocessing="vgg-original")(pictures, {"conv1_1"})["conv1_1"]
    assert torch.allclose(ours, torch.relu(vgg16[0](pictures - mean.view(1, 3, 1, 1))), rtol=1e-4, atol=1e-3)
    described = torchvision.models.VGG16_Weights.IMAGENET1K_FEATURES.transforms()
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
    for stage, module in zip(network.architecture.stages, network._stages, strict=True):
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
