"""The temporal loss against float64, and what it does to an image."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

import stylize
from stylize import ARCHITECTURES, PREPROCESSING, Network, Previous, Settings, Targets, Transfer
from stylize.losses.temporal import TemporalLoss
from stylize.losses.term import Circumstances

SMALL = {
    "content_layers": ["fire3"],
    "style_layers": ["conv1", "fire2"],
    "iterations": 12,
    "precision": "fp32",
    "init": "image",
}


@pytest.fixture
def previous():
    chance = torch.Generator().manual_seed(5)
    known = (torch.rand(40, 44, generator=chance) > 0.3).float()
    return Previous(torch.rand(3, 40, 44, generator=chance) * 255, known)


def test_loss_and_gradient_follow_the_equation(previous):
    image = torch.rand(3, 40, 44, generator=torch.Generator().manual_seed(6)) * 255
    difference = image.double().numpy() - previous.warped.double().numpy()
    known = previous.known.double().numpy()
    given = image.clone().requires_grad_()
    transfer = Transfer(image, None, Settings(**SMALL), start=image, previous=previous)
    network = SimpleNamespace(device=torch.device("cpu"))
    term = TemporalLoss([transfer], Circumstances(network, "fp32", (40, 44)))
    [[loss]] = term.parts(given[None], {})
    assert loss.item() == pytest.approx((known * difference**2).sum() / difference.size, rel=1e-5)
    [gradient] = torch.autograd.grad(loss, given)
    exact = 2 * known * difference / difference.size
    assert np.abs(gradient.double().numpy() - exact).max() <= 1e-5 * np.abs(exact).max()


def test_a_smaller_level_knows_only_what_is_known_throughout(previous):
    smaller = previous.resized(torch.Size([20, 22]))
    exact = previous.known.double().reshape(20, 2, 22, 2).mean((1, 3)) == 1
    assert torch.equal(smaller.known.bool(), exact)
    mean = previous.warped.double().reshape(3, 20, 2, 22, 2).mean((2, 4))
    assert torch.allclose(smaller.warped.double(), mean, rtol=1e-5)


def test_it_holds_the_image_where_the_flow_is_known_and_leaves_neighbours_in_the_batch_alone(previous):
    architecture = ARCHITECTURES["squeezenet1_1"]
    chance = torch.Generator().manual_seed(2)
    parameters = {
        name: torch.randn(shape, generator=chance) * 0.05 for name, shape in architecture.parameter_shapes().items()
    }
    network = Network(architecture, parameters, PREPROCESSING["torchvision"])
    content, style = (torch.rand(3, 40, 44, generator=chance) * 255 for _ in range(2))

    def transfer(weight, before=previous):
        settings = Settings(temporal_weight=weight, **SMALL)
        return Transfer(content, style, settings, start=previous.warped, previous=before)

    plain, free, held = stylize.transfer_batch([transfer(0, None), transfer(0), transfer(1e9)], Targets(network))
    assert plain.temporal_loss is None
    assert torch.equal(plain.image, free.image)
    assert held.temporal_loss < free.temporal_loss / 2
    exact = (previous.known * (held.image - previous.warped).square()).double().mean().item()
    assert held.temporal_loss == pytest.approx(exact, rel=1e-4)
    expected = held.content_loss + held.style_loss / 1e-3 + 1e9 * held.temporal_loss
    assert held.total_loss == pytest.approx(expected, rel=1e-5)
    in_pyramid = Settings(temporal_weight=1.0, pyramid=[20], **SMALL)
    coarse = stylize.transfer_batch(
        [Transfer(content, style, in_pyramid, start=previous.warped, previous=previous)], Targets(network)
    )
    assert np.isfinite(coarse[0].total_loss)
