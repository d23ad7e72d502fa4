"""Random weights are He-normal, and a seed gives the same ones everywhere."""

import math

import pytest
import torch

from stylize import ARCHITECTURES
from weights import find_weights

SHAPES = ARCHITECTURES["alexnet"].parameter_shapes()


def _weights(reference, tmp_path, shapes=SHAPES):
    return find_weights("alexnet", reference, base=tmp_path).load(shapes)[0]


def test_weights_are_normal_with_the_deviation_of_he_and_biases_are_zero(tmp_path):
    parameters = _weights("random:1", tmp_path)
    assert list(parameters) == list(SHAPES)
    for key, tensor in parameters.items():
        assert tensor.shape == SHAPES[key]
        if key.endswith("bias"):
            assert not tensor.any()
            continue
        _, inputs, height, width = SHAPES[key]
        values = tensor.double().flatten() / math.sqrt(2 / (inputs * height * width))
        # Five standard errors of each statistic for so many values.
        error = 5 / math.sqrt(len(values))
        assert abs(values.mean()) < error
        assert abs(values.std() - 1) < error / math.sqrt(2)
        assert abs((values.abs() < 1).double().mean() - 0.6827) < error * 0.4655


def test_a_seed_gives_the_same_weights_whatever_else_is_drawn(tmp_path):
    before = _weights("random:7", tmp_path)
    torch.manual_seed(123)
    torch.rand(10)
    after = _weights("random:7", tmp_path)
    assert all(torch.equal(before[key], after[key]) for key in SHAPES)


def test_seeds_differ_and_none_is_seed_0(tmp_path):
    zero, one, bare = (_weights(reference, tmp_path) for reference in ("random:0", "random:1", "random"))
    for key in (key for key in SHAPES if key.endswith("weight")):
        assert torch.equal(zero[key], bare[key])
        assert torch.corrcoef(torch.stack([zero[key].flatten(), one[key].flatten()]))[0, 1].abs() < 0.05


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("alexnet", "random"), ("alexnet", "random:0"), True),
        (("alexnet", "random:0"), ("alexnet", "random:1"), False),
        (("alexnet", "random"), ("vgg16", "random"), False),
    ],
)
def test_the_hash_tells_random_weights_apart(tmp_path, one, other, same):
    hashes = {find_weights(*which, base=tmp_path).sha256 for which in (one, other)}
    assert (len(hashes) == 1) == same


@pytest.mark.parametrize("architecture", ["vgg16", "vgg19"])
def test_in_vgg_the_first_layer_of_each_block_is_louder_or_softer_and_no_other(tmp_path, architecture):
    """He-normal all through, the paper's ratios would not reach from photograph to painting."""
    plan = ARCHITECTURES[architecture]
    parameters = find_weights(architecture, "random", base=tmp_path).load(plan.parameter_shapes())[0]
    changed = set()
    for stage in plan.stages:
        for convolution in stage.convolutions:
            weight = parameters[f"{convolution.key}.weight"]
            if not 0.95 < weight.std() / math.sqrt(2 / weight[0].numel()) < 1.05:
                changed.add(stage.name)
    assert changed == {f"conv{block}_1" for block in range(1, 6)}
