"""Nearest neighbours of hypercolumns against an independent float64 calculation in NumPy, and what they are compared
with in batches and with masks.
"""

import numpy as np
import pytest
import torch

import stylize
from stylize import Masks, Settings, Targets, Transfer
from stylize.losses.style_representations.nnst import NearestNeighbours
from stylize.losses.style_representations.representation import LayerTargets
from stylize.settings.types import LayerWeight

LAYERS = (LayerWeight("fine", 0.5), LayerWeight("middle", 0.3), LayerWeight("coarse", 0.2))
CHANNELS = (3, 5, 6)
OF_IMAGE = ((13, 10), (6, 5), (3, 2))
OF_STYLE = ((9, 12), (5, 6), (2, 3))


def responses(shapes, seed):
    generator = np.random.default_rng(seed)
    return [np.maximum(generator.normal(0.3, 1.0, (n, *shape)), 0) for n, shape in zip(CHANNELS, shapes, strict=True)]


def resizing(old, new):
    """Triangles around the middle of each new position, as wide as it, and no narrower than an old position."""
    scale = old / new
    middles = (np.arange(new)[:, None] + 0.5) * scale
    weights = np.maximum(0, 1 - np.abs(np.arange(old) + 0.5 - middles) / max(scale, 1))
    return weights / weights.sum(1, keepdims=True)


def positions(layers):
    """The responses of each layer at the positions of the second, N×M."""
    height, width = layers[1].shape[1:]
    return [
        np.einsum("gh,nhw,kw->ngk", resizing(one.shape[1], height), one, resizing(one.shape[2], width)).reshape(
            len(one), -1
        )
        for one in layers
    ]


def apart(layer):
    return layer - layer.mean(1, keepdims=True)


def neighbours(image, style, lengths, allowed):
    """For each position of the image the place of its nearest neighbour."""
    weights = [np.sqrt(one.weight) / length for one, length in zip(LAYERS, lengths, strict=True)]
    columns, of_style = (
        np.concatenate([apart(one) * weight for one, weight in zip(layers, weights, strict=True)])
        for layers in (image, style)
    )
    similarity = columns.T @ of_style
    similarity /= np.linalg.norm(columns, axis=0)[:, None] * np.linalg.norm(of_style, axis=0)
    return np.where(allowed, similarity, -np.inf).argmax(1)


def losses(image, style, allowed=True):
    """E_l of each layer."""
    found, wanted = positions(image), positions(style)
    lengths = [np.sqrt((apart(one) ** 2).sum(0).mean()) for one in wanted]
    places = neighbours(found, wanted, lengths, allowed)
    mean = np.mean(np.square(lengths))
    return [
        ((one - other[:, places]) ** 2).sum(0).mean() * mean / length**2
        for one, other, length in zip(found, wanted, lengths, strict=True)
    ]


def tensors(layers, gradient=False):
    return [torch.tensor(one, dtype=torch.float32)[None].requires_grad_(gradient) for one in layers]


def found(image, style, masks=None):
    loss = NearestNeighbours(LAYERS, masks)
    layers = [
        LayerTargets([loss.target([target])], tuple(one.shape[2:]))
        for one, target in zip(image, tensors(style), strict=True)
    ]
    return loss.comparison(layers).losses(image)[:, 0]


@pytest.fixture(params=[1 << 26, 40], ids=["at once", "in parts"])
def chunk(request, monkeypatch):
    monkeypatch.setattr("stylize.losses.style_representations.nearest.CHUNK", request.param)


@pytest.mark.usefixtures("chunk")
def test_losses_and_their_gradients_follow_float64():
    image, style = responses(OF_IMAGE, seed=1), responses(OF_STYLE, seed=2)
    given = tensors(image, gradient=True)
    layers = found(given, style)
    assert layers.tolist() == pytest.approx(losses(image, style), rel=1e-5)
    gradients = torch.autograd.grad(layers.sum(), given)
    for layer, place in [(0, (1, 4, 7)), (0, (2, 12, 0)), (1, (4, 3, 2)), (2, (5, 0, 1))]:
        nudged = [[one.copy() for one in image] for _ in range(2)]
        nudged[0][layer][place] += 1e-5
        nudged[1][layer][place] -= 1e-5
        expected = (sum(losses(nudged[0], style)) - sum(losses(nudged[1], style))) / 2e-5
        assert gradients[layer][(0, *place)].item() == pytest.approx(expected, rel=2e-4, abs=1e-6)


def test_neighbours_have_the_same_label():
    image, style = responses(OF_IMAGE, seed=3), responses(OF_STYLE, seed=4)
    of_image, of_style = (np.tile(np.arange(width) >= 4, height) for height, width in (OF_IMAGE[1], OF_STYLE[1]))
    expected = losses(image, style, of_image[:, None] == of_style)
    assert expected != pytest.approx(losses(image, style), rel=0.01)
    masks = Masks(torch.tensor(of_image.reshape(OF_IMAGE[1])), torch.tensor(of_style.reshape(OF_STYLE[1])))
    assert found(tensors(image), style, masks).tolist() == pytest.approx(expected, rel=1e-5)


SMALL = {
    "content_layers": ["fire3"],
    "style_representation": "nnst",
    "style_layers": ["conv1", "fire2"],
    "iterations": 3,
    "precision": "fp32",
    "betas": [0.5, 0.9],
}


def test_images_with_other_layers_weights_and_pictures_share_a_batch_and_none_notices(network, pictures):
    content, style = pictures
    changes = [{}, {"style_layers": ["fire2", "fire3"]}, {"style_layers": {"conv1": 0.9, "fire2": 0.1}}]
    transfers = [Transfer(content, style, Settings(**SMALL | one)) for one in changes]
    transfers.append(Transfer(content, style.flip(2)[:, :-8], transfers[0].settings))
    together = stylize.transfer_batch(transfers, Targets(network))
    for one, result in zip(transfers, together, strict=True):
        alone = stylize.transfer(one.content, one.style, one.settings, network)
        assert result.style_loss_by_layer == pytest.approx(alone.style_loss_by_layer, rel=1e-3)
        assert result.total_loss == pytest.approx(alone.total_loss, rel=1e-3)
    assert len({result.style_loss for result in together}) == len(transfers)


def test_the_layers_are_those_of_the_authors_program_that_come_first_in_their_blocks():
    vgg = stylize.ARCHITECTURES["vgg16"]
    layers = Settings(style_representation="nnst").for_architecture(vgg).style_layers
    assert [layer for layer, _ in layers] == ["conv1_1", "conv2_1", "conv3_1", "conv4_1"]


def test_a_plan_counts_the_operations_of_comparing_hypercolumns():
    vgg = stylize.ARCHITECTURES["vgg16"]
    found = vgg.neighbour_operations(("conv1_1", "conv2_1", "conv3_1", "conv4_1"), 64, 48)
    positions, channels = 16 * 12, 64 + 128 + 256 + 512  # those of conv3_1
    assert found == 2 * positions**2 * channels
