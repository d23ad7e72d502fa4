"""The slim and steerable networks inside the package: what they are, and where they stand in for others."""

from pathlib import Path

import pytest
import torch
from safetensors import safe_open

import weights
from downloads import Access
from stylize import ARCHITECTURES, PREPROCESSING, Network
from weights import find_weights, manifest
from weights.training.export import OTHER_SCALE, SCALE, reference_pictures
from weights.training.steerable import STEERABLE_SCALE

SLIM = ["vgg16-slim", "vgg19-slim"]
STEERABLE = ["vgg16-steerable", "vgg19-steerable"]
FOLDER = Path(weights.__file__).parent


@pytest.fixture(params=SLIM + STEERABLE)
def architecture(request):
    return request.param


def test_they_are_small_and_say_what_they_are(architecture):
    path = FOLDER / f"{architecture}.safetensors"
    assert path.stat().st_size <= 2_600_000
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
        shapes = {key: tuple(file.get_tensor(key).shape) for key in file.keys()}  # noqa: SIM118
    assert metadata["architecture"] == architecture
    assert metadata["preprocessing"] == manifest()[architecture]["embedded"].preprocessing
    assert architecture in STEERABLE or int(metadata["steps"]) >= 1000  # no smoke run
    assert shapes == ARCHITECTURES[architecture].parameter_shapes()


def test_they_have_vggs_layers(architecture):
    small, full = ARCHITECTURES[architecture], ARCHITECTURES[architecture.partition("-")[0]]
    assert small.layers == full.layers
    assert (small.content_layers, small.style_layers) == (full.content_layers, full.style_layers)


@pytest.mark.parametrize("architecture", SLIM)
def test_slim_ones_have_a_quarter_of_the_width(architecture):
    for key, (outputs, *_) in ARCHITECTURES[architecture.partition("-")[0]].parameter_shapes().items():
        assert ARCHITECTURES[architecture].parameter_shapes()[key][0] == outputs // 4


def test_all_of_them_fit_into_8_megabytes():
    assert sum((FOLDER / f"{name}.safetensors").stat().st_size for name in SLIM + STEERABLE) <= 8_000_000


@pytest.mark.parametrize("reference", [None, "embedded"])
def test_they_are_found_without_a_network(architecture, reference, tmp_path):
    found = find_weights(architecture, reference, base=tmp_path, access=Access(fetch=False))
    assert found.is_here
    assert found.stand_in is None
    assert found.reference == "embedded"


@pytest.mark.parametrize("full", ["vgg16", "vgg19"])
def test_offline_they_stand_in_for_the_full_networks_and_say_so(full, tmp_path):
    found = find_weights(full, "torchvision", base=tmp_path, access=Access(offline=True))
    asked = find_weights(f"{full}-steerable", None, base=tmp_path)
    assert (found.stand_in, asked.stand_in) == (f"{full}-steerable", None)
    assert found.architecture == asked.architecture == f"{full}-steerable"
    assert found.reference == "torchvision"
    assert found.sha256 == asked.sha256


def test_their_responses_have_the_size_that_the_card_states(architecture, tmp_path):
    shapes = ARCHITECTURES[architecture].parameter_shapes()
    parameters, preprocessing = find_weights(architecture, None, base=tmp_path).load(shapes)
    network = Network(ARCHITECTURES[architecture], parameters, PREPROCESSING[preprocessing])
    with torch.no_grad():
        responses = network(reference_pictures(), ARCHITECTURES[architecture].layers)
    scale = STEERABLE_SCALE if architecture in STEERABLE else SCALE
    for layer, response in responses.items():
        assert response.square().mean().sqrt().item() == pytest.approx(scale.get(layer, OTHER_SCALE), rel=5e-3)


def test_the_two_are_different_networks(tmp_path):
    """A result of one is judged in the other: they share no training."""
    seeds = set()
    for architecture in SLIM:
        with safe_open(FOLDER / f"{architecture}.safetensors", framework="pt") as file:
            seeds.add(file.metadata()["seed"])
    assert len(seeds) == 2
