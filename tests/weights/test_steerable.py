"""The steerable networks: that a shipped file is the design, and that channels respond to what they are for."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import weights
from stylize import ARCHITECTURES, PREPROCESSING, Network
from weights.training.export import reference_pictures, scaled
from weights.training.steerable import EMPHASIS, STEERABLE_SCALE, along, begin, bend, designed, go_on, slope

NAME = "vgg16-steerable"
FOLDER = Path(weights.__file__).parent
ROWS, COLUMNS = np.mgrid[-1:2, -1:2].astype(float)


@pytest.fixture(scope="module")
def parameters():
    return designed(NAME)


def channels(layer):
    """The channels of conv1_1 … conv3_1 in their order."""
    found = {}
    for block in range(1, int(layer[4]) + 1):
        found = begin(block, found)
        if block < int(layer[4]):
            found = go_on(block, found)
    return list(found)


def test_the_shipped_file_is_the_design(parameters):
    shipped = load_file(FOLDER / f"{NAME}.safetensors")
    for key, value in scaled(NAME, parameters, STEERABLE_SCALE).items():
        assert torch.allclose(shipped[key].double(), value.double(), rtol=2e-3, atol=1e-6), key


def test_derivatives_are_exact_for_polynomials_of_their_degree_in_all_directions():
    """A ramp of 1 a pixel has slope 1, and a bend of x² is −1/2; neither sees what is constant."""
    for direction in range(8):
        angle = direction * np.pi / 4
        towards = COLUMNS * np.cos(angle) + ROWS * np.sin(angle)
        beside = ROWS * np.cos(angle) - COLUMNS * np.sin(angle)
        steep, curved, edge = (kernel(direction).numpy() for kernel in (slope, bend, along))
        assert (steep * towards).sum() == pytest.approx(1)
        assert (steep * beside).sum() == pytest.approx(0, abs=1e-12)
        assert (curved * towards**2).sum() == pytest.approx(-0.5)
        for flat in (np.ones((3, 3)), towards, beside, beside**2):
            assert (curved * flat).sum() == pytest.approx(0, abs=1e-12)
        assert steep.sum() == pytest.approx(0, abs=1e-12)
        assert edge.sum() == pytest.approx(1)
        assert (edge * beside**2).sum() > 1.2 * (edge * towards**2).sum()


def test_every_channel_responds_to_the_photographs_with_the_same_strength_within_its_kind(parameters):
    responses = Network(ARCHITECTURES[NAME], parameters, PREPROCESSING["vgg-original"])
    for layer in ("conv1_1", "conv3_1"):
        found = responses(reference_pictures(), [layer])[layer].square().mean((0, 2, 3)).sqrt()
        for channel, strength in zip(channels(layer), found.tolist(), strict=True):
            assert strength == pytest.approx(EMPHASIS.get(channel.kind, 1), rel=1e-3), channel


def test_slopes_of_stripes_respond_across_them_and_not_along(parameters):
    network = Network(ARCHITECTURES[NAME], parameters, PREPROCESSING["vgg-original"])
    stripes = 128 + 60 * torch.sin(torch.arange(96) * 2 * torch.pi / 12).expand(1, 3, 96, 96)
    response = network(stripes, ["conv2_1"])["conv2_1"][0, :, 8:-8, 8:-8].square().mean((1, 2)).sqrt()
    slopes = {
        channel.direction: strength
        for channel, strength in zip(channels("conv2_1"), response.tolist(), strict=True)
        if channel.kind == "slope" and channel.block == 2
    }
    assert max(slopes, key=slopes.get) in (0, 4)
    assert slopes[2] < 0.02 * slopes[0]


@pytest.mark.parametrize("colour", [(1, 1, 1), (1, -1, 0), (1, 1, -2)], ids=["lightness", "red-green", "yellow-blue"])
def test_a_weave_of_single_pixels_is_seen_in_every_colour(parameters, colour):
    """What no channel sees costs nothing, so that an optimiser leaves it in the image."""
    network = Network(ARCHITECTURES[NAME], parameters, PREPROCESSING["vgg-original"])
    rows, columns = np.mgrid[:32, :32]
    weave = torch.from_numpy((-1.0) ** (rows + columns)).float() * torch.tensor(colour).view(3, 1, 1)
    flat = torch.full((1, 3, 32, 32), 128.0)
    change = (network(flat + 10 * weave, ["conv1_1"])["conv1_1"] - network(flat, ["conv1_1"])["conv1_1"]).abs()
    assert change[0, :, 4:-4, 4:-4].mean() > 0.05
