"""Measures the memory of a batch and compares it with the model in `stylize/network/step_memory.py`.

Also checks that 2048 px on VGG-19 fits.
"""

from __future__ import annotations

import resource
import subprocess
import sys

import torch

from benchmarks.device import batch
from benchmarks.limit import feature_network
from benchmarks.measurement import Measurement
from stylize import ARCHITECTURES, Settings, Targets, transfer_batch
from stylize.network.arithmetic import storage
from stylize.network.step_memory import batch_bytes


def run() -> list[Measurement]:
    """Measured and modelled bytes for some sizes, with and without checkpointing."""
    rows = []
    cases = [("vgg16", 448, "fp32"), ("vgg16", 448, "bf16"), ("vgg16", 896, "bf16"), ("vgg19", 2048, "bf16")]
    for name, edge, arithmetic in cases:
        for checkpointing in ("never", "always"):
            measured = float(_alone(f"print(memory.gigabytes({name!r}, {edge}, {arithmetic!r}, {checkpointing!r}))"))
            itemsize = storage(arithmetic).itemsize  # type: ignore[arg-type]
            architecture = ARCHITECTURES[name]
            settings = Settings(checkpointing=checkpointing).for_architecture(architecture)
            model = batch_bytes(settings, architecture, edge, edge, 1, itemsize) / 1e9
            kept = ", with checkpointing" if checkpointing == "always" else ""
            goal = "24 GB" if edge == 2048 else ""
            rows.append(
                Measurement(f"{name}, {edge} px, {arithmetic}{kept}: model {model:.2f} GB", f"{measured:.2f} GB", goal)
            )
    return rows


def _alone(code: str) -> str:
    command = [sys.executable, "-c", f"from benchmarks import memory; {code}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def gigabytes(name: str, edge: int, arithmetic: str, checkpointing: str) -> float:
    """By how many GB a batch of one image raises the memory of this process; on a GPU, the peak of the GPU's memory."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    targets = Targets(feature_network(name).to(device))

    def optimise(pixels: int) -> None:
        transfer_batch(batch(1, pixels, iterations=2, precision=arithmetic, checkpointing=checkpointing), targets)

    optimise(64)
    before = _peak(device)
    optimise(edge)
    return _peak(device) - before


def _peak(device: str) -> float:
    if device == "cuda":
        return torch.cuda.max_memory_allocated() / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
