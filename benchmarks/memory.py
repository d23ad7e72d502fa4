"""What a step holds in memory, beside what `Architecture.step_bytes` says; and an image of 2048 px on VGG-19."""

from __future__ import annotations

import resource
import subprocess
import sys

import torch

from benchmarks.limit import feature_network
from benchmarks.measurement import Measurement
from stylize.losses.style_representations.mean_gram import mean_gram_matrix
from stylize.network.arithmetic import storage

LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv4_2", "conv5_1")


def run() -> list[Measurement]:
    """Measured and modelled bytes for some sizes, with and without checkpointing."""
    rows = []
    cases = [("vgg16", 448, "fp32"), ("vgg16", 448, "bf16"), ("vgg16", 896, "bf16"), ("vgg19", 2048, "bf16")]
    for name, edge, arithmetic in cases:
        for checkpointing in (False, True):
            measured = float(_alone(f"print(memory.step_gigabytes({name!r}, {edge}, {arithmetic!r}, {checkpointing}))"))
            itemsize = storage(arithmetic).itemsize  # type: ignore[arg-type]
            model = feature_network(name).architecture.step_bytes("conv5_1", edge, edge, itemsize) / 1e9
            kept = "with checkpointing" if checkpointing else f"model {model:.2f} GB"
            goal = "24 GB" if edge == 2048 else ""
            rows.append(Measurement(f"{name}, {edge} px, {arithmetic}: {kept}", f"{measured:.2f} GB", goal))
    return rows


def _alone(code: str) -> str:
    command = [sys.executable, "-c", f"from benchmarks import memory; {code}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def step_gigabytes(name: str, edge: int, arithmetic: str, checkpointing: bool) -> float:
    """By how much one step raises the memory of this process, or what it takes of the GPU's."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network = feature_network(name).to(device)
    dtype = storage(arithmetic)  # type: ignore[arg-type]

    def step(pixels: int) -> None:
        images = torch.rand(1, 3, pixels, pixels, device=device).contiguous(memory_format=torch.channels_last)
        images.requires_grad_()
        responses = network(images, LAYERS, dtype, checkpointing=checkpointing)
        losses = [mean_gram_matrix(one).square().sum() for one in responses.values()]
        torch.autograd.grad(torch.stack(losses).sum(), images)

    step(64)
    before = _peak(device)
    step(edge)
    return _peak(device) - before


def _peak(device: str) -> float:
    if device == "cuda":
        return torch.cuda.max_memory_allocated() / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
