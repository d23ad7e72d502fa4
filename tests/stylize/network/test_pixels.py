"""`architecture: pixels`: its layers against NumPy in float64, its costs against torch's counts, and its transfers."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.lib.stride_tricks import sliding_window_view
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.counting import watched
from stylize import (
    PREPROCESSING,
    Masks,
    Network,
    Settings,
    SettingsError,
    Targets,
    Transfer,
    architecture_named,
    transfer_batch,
)
from stylize.network.pixels import PATCHES, PIXELS
from weights import find_weights

SLICED = {"style_representation": "sliced-wasserstein", "sliced_power": 1, "iterations": 6, "learning_rate": 12.0}
PREPROCESSED = PREPROCESSING["torchvision"]


@pytest.fixture(scope="module")
def network():
    return Network(PIXELS, PIXELS.random_parameters(0), PREPROCESSED)


@pytest.fixture(scope="module")
def photographs():
    generator = torch.Generator().manual_seed(0)
    return [(torch.rand(3, 24, 32, generator=generator) * brightest).byte() for brightest in (255, 90, 160)]


def test_patches_are_what_filters_see_of_the_mirrored_picture(network, photographs):
    [picture, *_] = photographs
    seen = (picture.double().numpy() - np.reshape(PREPROCESSED.mean, (3, 1, 1))) / np.reshape(
        PREPROCESSED.deviation, (3, 1, 1)
    )
    found = network(picture[None].float(), PIXELS.layers)
    parameters = PIXELS.random_parameters(0)
    for layer, edge in PATCHES.items():
        margin = edge // 2
        mirrored = np.pad(seen, ((0, 0), (margin, margin), (margin, margin)), mode="reflect")
        windows = sliding_window_view(mirrored, (edge, edge), axis=(1, 2))
        filters = parameters[f"{layer}.weight"].double().numpy()
        expected = np.einsum("chwij,kcij->khw", windows, filters)
        assert found[layer][0].numpy() == pytest.approx(expected, abs=1e-4)


def test_the_gradient_of_luminance_is_the_difference_to_the_right_and_below(network, photographs):
    [picture, *_] = photographs
    shares = np.reshape([0.299, 0.587, 0.114], (3, 1, 1)) / 32 / np.reshape(PREPROCESSED.deviation, (3, 1, 1))
    luminance = (picture.double().numpy() * shares).sum(0)
    expected = np.zeros((2, *luminance.shape))
    expected[0, :, :-1], expected[1, :-1] = luminance[:, 1:] - luminance[:, :-1], luminance[1:] - luminance[:-1]
    [found] = network(picture[None].float(), ["luminance_gradient"])["luminance_gradient"]
    assert found.numpy() == pytest.approx(expected, abs=1e-5)


def test_filters_are_orthogonal_in_colours_of_lengths_1_2_and_3_and_follow_from_the_seed():
    colours = np.array([[1, 1, 1], [1, 0, -1], [-1, 2, -1]]) / np.sqrt([[3], [2], [6]])
    one, same, other = (PIXELS.random_parameters(seed) for seed in (3, 3, 4))
    for key, shape in PIXELS.parameter_shapes().items():
        assert tuple(one[key].shape) == shape
        along = np.einsum("kcij,dc->kdij", one[key].double().numpy(), colours) / np.reshape([1, 2, 3], (1, 3, 1, 1))
        flat = along.reshape(len(along), -1)
        assert flat @ flat.T == pytest.approx(np.eye(len(flat)), abs=1e-6)
        assert torch.equal(one[key], same[key])
        assert not torch.equal(one[key], other[key])


@pytest.mark.parametrize("layer", PIXELS.layers)
def test_plans_know_shapes_and_operations(layer):
    network = Network(PIXELS, PIXELS.random_parameters(0), PREPROCESSED).to("meta")
    used = PIXELS.layers[: PIXELS.layers.index(layer) + 1]
    picture = torch.empty(1, 3, 20, 36, device="meta", requires_grad=True)
    with FlopCounterMode(display=False) as counter:
        found = network(picture, used)
        sum(one.sum() for one in found.values()).backward()
    assert PIXELS.operations(layer, 20, 36) == counter.get_total_flops()
    for response in PIXELS.responses(layer, 20, 36):
        assert found[response.names[0]].shape[1:] == (response.channels, response.height, response.width)


def test_it_is_an_architecture_like_others_with_layers_of_its_own():
    assert architecture_named("pixels") is PIXELS
    with pytest.raises(SettingsError, match=r"pixels has no layer 'conv4_2'; its layers are luminance_gradient"):
        Settings(content_layers=["conv4_2"]).for_architecture(PIXELS)
    with pytest.raises(SettingsError, match="use sliced-wasserstein with it"):
        Settings(style_representation="mrf").for_architecture(PIXELS)
    assert Settings(style_representation="mrf", ratio=math.inf).for_architecture(PIXELS).style_layers


def test_its_weights_are_random_and_need_no_torchvision(tmp_path, monkeypatch):
    def fail(architecture):
        raise AssertionError("torchvision is asked")

    monkeypatch.setattr("weights.torchvision_weights.entries", fail)
    found = find_weights("pixels", None, base=tmp_path)
    assert (found.origin, found.stand_in, found.is_here) == ("random filters, seed 0", None, True)
    parameters, preprocessing = found.load(PIXELS.parameter_shapes(), PIXELS.random_parameters)
    assert preprocessing == "torchvision"
    assert torch.equal(parameters["patches5.weight"], PIXELS.random_parameters(0)["patches5.weight"])


def batch(photographs):
    content, style, other = photographs
    mask = (torch.arange(32) < 16).long().expand(24, 32)
    return {
        "plain": Transfer(content, style, Settings(**SLICED)),
        "another ratio": Transfer(content, style, Settings(ratio=1.0, **SLICED)),
        "blended": Transfer(content, style, Settings(**SLICED), blend=((other, 0.4),)),
        "masked": Transfer(content, style, Settings(**SLICED), masks=Masks(mask, mask.flip(1))),
        "one layer": Transfer(content, style, Settings(style_layers=["patches9"], content_layers=[], **SLICED)),
        "gram": Transfer(content, style, Settings(**SLICED | {"style_representation": "gram"})),
    }


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_images_of_a_batch_are_as_alone_and_the_same_each_time(network, photographs, precision):
    transfers = [
        replace(one, settings=one.settings.model_copy(update={"precision": precision}))
        for one in batch(photographs).values()
    ]
    together, again = (transfer_batch(transfers, Targets(network)) for _ in range(2))
    for one, repeated, given in zip(together, again, transfers, strict=True):
        assert torch.equal(one.image, repeated.image)
        [alone] = transfer_batch([given], Targets(network))
        assert one.total_loss == pytest.approx(alone.total_loss, rel=1e-3 if precision == "fp32" else 5e-2)
    assert together[0].total_loss < 0.7 * together[0].history.total_loss[0]


def test_a_step_reads_nothing_from_the_device(photographs):
    network = Network(PIXELS, PIXELS.random_parameters(0), PREPROCESSED).to("meta")
    seen = watched([batch(photographs)[name] for name in ("plain", "another ratio")], Targets(network), first=0)
    assert seen.operations["convolution"] >= 3 * SLICED["iterations"]
