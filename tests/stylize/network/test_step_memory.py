"""The model of a step's memory against the tensors that steps really make, counted on a device without numbers."""

import pytest
import torch

from benchmarks.counting import peak_bytes
from benchmarks.device import network
from stylize import ARCHITECTURES, PREPROCESSING, Masks, Network, Previous, Settings, Targets, Transfer
from stylize.network.arithmetic import storage
from stylize.network.memory import free_bytes
from stylize.network.pixels import PIXELS
from stylize.network.step_memory import batch_bytes

CLOSE = 0.15


@pytest.fixture(scope="module")
def networks():
    made = {name: network(name, torch.device("meta")) for name in ("vgg16", "vgg19", "squeezenet1_1", "alexnet")}
    for one in made.values():
        one._body._stages_in(torch.bfloat16)  # rounded once for all batches: no part of a step
    return made


def compare(of_network, height, width, images, *, labels=0, follows=False, **changes):
    """The model's bytes over the counted ones."""
    content, style = (torch.zeros(3, height, width, dtype=torch.uint8).fill_(one) for one in (90, 160))
    mask = (torch.arange(width) * max(1, labels) // width).expand(height, width).clone()
    given = {"iterations": 4, "precision": "fp32", "history_every": 1000} | changes
    transfers = [
        Transfer(
            content,
            style,
            Settings(ratio=10.0 ** -(1 + place), **given),
            masks=Masks(mask, mask) if labels else None,
            previous=Previous(style.float(), torch.ones(height, width)) if follows else None,
        )
        for place in range(images)
    ]
    counted = peak_bytes(transfers, Targets(of_network))
    architecture = of_network.architecture
    settings = transfers[0].settings.for_architecture(architecture)
    itemsize = storage(settings.precision).itemsize
    return batch_bytes(settings, architecture, height, width, images, itemsize, labels) / counted


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("shape", [(128, 128, 1), (336, 448, 8)])
@pytest.mark.parametrize("name", ["vgg16", "vgg19", "squeezenet1_1", "alexnet"])
def test_it_is_close_for_every_architecture_size_width_and_precision(networks, name, shape, precision):
    assert compare(networks[name], *shape, precision=precision) == pytest.approx(1, abs=CLOSE)


METHODS = {
    "lbfgs": {"optimizer": "lbfgs"},
    "mean-variance": {"style_representation": "mean-variance"},
    "wasserstein": {"style_representation": "wasserstein"},
    "sliced-wasserstein": {"style_representation": "sliced-wasserstein"},
    "sliced-wasserstein, 16 directions": {"style_representation": "sliced-wasserstein", "sliced_directions": 16},
    "mrf": {"style_representation": "mrf", "mrf_rotations": [0, 5], "mrf_scales": [1]},
    "nnst": {"style_representation": "nnst"},
    "nnst, masks": {"style_representation": "nnst", "labels": 3},
    "matting": {"matting_weight": 1.0},
    "laplacian": {"laplacian_weight": 1.0},
    "total variation": {"tv_weight": 1.0},
    "masks": {"labels": 3},
    "temporal": {"follows": True, "temporal_weight": 1.0},
    "checkpointing": {"checkpointing": "always"},
    "content alone": {"style_layers": []},
    "one layer": {"style_layers": ["conv1_1"], "content_layers": []},
}


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("shape", [(336, 448, 4)])
@pytest.mark.parametrize("method", METHODS)
def test_it_is_close_for_every_method(networks, method, precision, shape):
    found = compare(networks["vgg16"], *shape, precision=precision, **METHODS[method])
    assert found == pytest.approx(1, abs=CLOSE)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_it_is_close_for_patches_of_pixels(precision):
    without_numbers = Network(PIXELS, PIXELS.random_parameters(0), PREPROCESSING["torchvision"]).to("meta")
    without_numbers._body._filters_in(torch.bfloat16)  # rounded once, as above
    found = compare(without_numbers, 336, 448, 4, precision=precision, style_representation="sliced-wasserstein")
    assert found == pytest.approx(1, abs=CLOSE)


def test_it_counts_up_with_images():
    settings = Settings().for_architecture(ARCHITECTURES["vgg16"])
    found = [batch_bytes(settings, ARCHITECTURES["vgg16"], 224, 224, images, 4) for images in (1, 2, 3)]
    assert found[1] - found[0] == pytest.approx(found[2] - found[1])
    assert found[0] > 50e6


@pytest.mark.parametrize(
    ("free", "aside", "used", "share", "expected"),
    [(30, 0, 0, 1.0, 30), (30, 20, 5, 1.0, 45), (30, 20, 5, 0.5, 45), (90, 0, 0, 0.25, 25), (0, 25, 20, 0.25, 5)],
)
def test_what_torch_has_set_aside_is_free_and_a_share_of_a_gpu_is_no_more(
    monkeypatch, free, aside, used, share, expected
):
    """Of a device of 100 bytes."""
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (free, 100))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: aside)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: used)
    monkeypatch.setattr(torch.cuda, "get_per_process_memory_fraction", lambda device: share)
    assert free_bytes(torch.device("cuda")) == expected
