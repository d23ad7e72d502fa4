"""How close forward and backward come to what the machine can multiply.

The limit is the rate of one large dense matrix product in the same arithmetic, measured in the same run, with the same
threads. Operations are counted from the network's plan: convolutions only, forward and backward to the image.
"""

from __future__ import annotations

import torch

from benchmarks.measurement import Measurement, best_seconds
from stylize import ARCHITECTURES, PREPROCESSING, Network
from stylize.network.arithmetic import Arithmetic, resolve, storage, tf32_convolutions
from weights.he_normal import he_normal

CPU_CASES = ((128, 1), (128, 8), (224, 1), (224, 4), (448, 1), (448, 2), (896, 1))
GPU_CASES = ((128, 1), (128, 32), (224, 1), (224, 32), (448, 1), (448, 16), (896, 1), (896, 4))
"""Edge in pixels and images of a batch."""


def run() -> list[Measurement]:
    """One row for each size and width, in fp32 and in what `auto` means here."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    kinds: list[Arithmetic] = ["fp32", resolve("auto", device)]
    rows = []
    for arithmetic in dict.fromkeys(kinds):
        limit = _dense_rate(device, arithmetic)
        rows.append(Measurement(f"dense product, {arithmetic}", f"{limit / 1e9:.0f} GFLOP/s"))
        for name, deepest in (("vgg16", "conv4_2"), ("vgg16", "conv5_1"), ("vgg16-slim", "conv5_1")):
            network = feature_network(name).to(device)
            for edge, width in GPU_CASES if device.type == "cuda" else CPU_CASES:
                rate = _step_rate(network, deepest, edge, width, arithmetic)
                figure = f"{rate / 1e9:.0f} GFLOP/s, {100 * rate / limit:.0f} % of the limit"
                rows.append(Measurement(f"{name} to {deepest}, {edge} px × {width}, {arithmetic}", figure))
    return rows


def feature_network(name: str) -> Network:
    """VGG with random weights: numbers do not change how long they take."""
    architecture = ARCHITECTURES[name]
    return Network(architecture, he_normal(architecture.parameter_shapes(), seed=0), PREPROCESSING["vgg-original"])


def _dense_rate(device: torch.device, arithmetic: Arithmetic) -> float:
    size = 8192 if device.type == "cuda" else 2048
    left, right = (torch.randn(size, size, device=device).to(storage(arithmetic)) for _ in range(2))
    return 2 * size**3 / best_seconds(lambda: left @ right, repeats=5)


def _step_rate(network: Network, deepest: str, edge: int, width: int, arithmetic: Arithmetic) -> float:
    images = (torch.rand(width, 3, edge, edge, device=network.device) * 255).requires_grad_()
    images = images.contiguous(memory_format=torch.channels_last).detach().requires_grad_()

    def step() -> None:
        [response] = network(images, [deepest], storage(arithmetic)).values()
        torch.autograd.grad(response.float().square().sum(), images)

    with tf32_convolutions(arithmetic):
        seconds = best_seconds(step, repeats=3)
    return width * network.architecture.operations(deepest, edge, edge) / seconds
