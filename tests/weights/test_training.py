"""The training of the slim networks: a few steps on a few pictures, and what becomes of them."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from stylize import ARCHITECTURES, PREPROCESSING, Network
from weights.training.data import CropPairs, make_picture
from weights.training.disturb import ATTACK, attack
from weights.training.export import folded, scaled
from weights.training.network import PIXEL_SCALE, TrainingNetwork, normalise
from weights.training.objective import TEMPERATURE, contrastive
from weights.training.strokes import SIZE
from weights.training.train import train

PICTURES = (0, 20, 90, 150)
"""A photograph, a recoloured one, a painted one, a drawing."""


@pytest.fixture(scope="module")
def bank():
    return torch.stack([torch.from_numpy(make_picture(index)).permute(2, 0, 1) for index in PICTURES])


@pytest.fixture(scope="module")
def trained(bank):
    return _train(bank, seed=1)


def _train(bank, seed):
    return train("vgg16-slim", bank, seed=seed, steps=3, pairs=3, compiled=False, report=lambda line: None).network


def test_the_pictures_are_the_same_at_every_call_and_different_from_each_other(bank):
    assert bank.shape == (len(PICTURES), 3, SIZE, SIZE)
    for place, index in enumerate(PICTURES):
        assert np.array_equal(make_picture(index).transpose(2, 0, 1), bank[place].numpy())
        assert bank[place].float().std() > 10
    assert len({picture.numpy().tobytes() for picture in bank}) == len(PICTURES)


def test_two_views_show_the_same_place(bank):
    """Their mean colours are closer to each other than to those of other places."""
    first, second = next(iter(CropPairs(bank, 24, seed=5)))
    means = [views.mean((2, 3)) for views in (first, second)]
    distances = torch.cdist(*means)
    others = distances[~torch.eye(24, dtype=torch.bool)]
    assert distances.diagonal().mean() < 0.4 * others.mean()


def test_a_seed_gives_the_same_network_and_another_seed_another(bank, trained):
    again, other = _train(bank, seed=1).state_dict(), _train(bank, seed=2).state_dict()
    weights = trained.state_dict()
    assert all(torch.allclose(weights[key], again[key], atol=1e-6) for key in weights)
    assert not torch.allclose(weights["weights.conv3_2"], other["weights.conv3_2"], atol=1e-3)


def test_training_changes_every_layer_but_the_fixed_bank(trained):
    torch.manual_seed(1)
    before, after = TrainingNetwork("vgg16-slim").state_dict(), trained.state_dict()
    for key, value in after.items():
        assert torch.equal(value, before[key]) == (key in ("first", "basis")), key


def test_without_batch_norm_it_responds_as_before(bank, trained):
    crops, _ = next(iter(CropPairs(bank, 2, seed=9)))
    trained.eval()
    with torch.no_grad():
        expected = trained.double()(normalise(crops).double())
        parameters = folded(trained.float())
        network = Network(ARCHITECTURES["vgg16-slim"], parameters, PREPROCESSING["vgg-original"])
        found = network(crops, ARCHITECTURES["vgg16-slim"].layers)
    for layer, response in expected.items():
        assert torch.allclose(found[layer].double(), response, rtol=1e-3, atol=1e-4), layer


def test_scaling_changes_the_size_of_responses_and_nothing_else(bank, trained):
    parameters = folded(trained)
    architecture = ARCHITECTURES["vgg16-slim"]
    crops, _ = next(iter(CropPairs(bank, 2, seed=9)))
    before, after = (
        Network(architecture, some, PREPROCESSING["vgg-original"])(crops, architecture.layers)
        for some in (parameters, scaled("vgg16-slim", parameters))
    )
    for layer, response in before.items():
        factor = after[layer].norm() / response.norm()
        assert torch.allclose(after[layer], factor * response, rtol=1e-3, atol=1e-3 * factor * response.abs().max())


def test_the_contrastive_loss_is_simclrs():
    """Chen et al. 2020, equation 1, written out in float64."""
    generator = torch.Generator().manual_seed(3)
    first, second = torch.randn(2, 4, 6, generator=generator)
    rows = [row / row.norm() for row in [*first.double(), *second.double()]]
    terms = []
    for here, row in enumerate(rows):
        weights = [torch.exp(row @ other / TEMPERATURE) for other in rows]
        terms.append(-torch.log(weights[(here + 4) % 8] / (sum(weights) - weights[here])))
    assert contrastive(first, second).item() == pytest.approx((sum(terms) / 8).item(), rel=1e-5)


def test_an_attack_has_its_size_and_the_gradients_direction():
    gradient = torch.randn(3, 3, 8, 8, generator=torch.Generator().manual_seed(4))
    change = attack(gradient)
    assert torch.allclose(change.square().mean((1, 2, 3)).sqrt() * PIXEL_SCALE, torch.tensor(ATTACK))
    assert torch.allclose(torch.nn.functional.cosine_similarity(change.flatten(1), gradient.flatten(1)), torch.ones(3))


def test_the_command_writes_both_networks(tmp_path):
    options = ["--steps", "1", "--pairs", "2", "--pictures", "2", "--no-compile", "--out", str(tmp_path)]
    subprocess.run([sys.executable, "-m", "weights.training", *options], check=True, capture_output=True)
    for name in ("vgg16-slim", "vgg19-slim"):
        parameters = load_file(tmp_path / f"{name}.safetensors")
        assert {key: tuple(value.shape) for key, value in parameters.items()} == ARCHITECTURES[name].parameter_shapes()
