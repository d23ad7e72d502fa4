"""Measures images in tiles: the memory of 4096×4096 pixels where 6 GB are free, and the time against whole images.

Time is CPU seconds of one loss with its gradient, which other work on the machine changes little.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

import torch

from benchmarks.device import batch
from benchmarks.limit import feature_network
from benchmarks.measurement import Measurement
from stylize import Targets, transfer_batch
from stylize.losses.objective import Objective
from stylize.losses.term import Circumstances
from stylize.network import memory

FREE, EDGE = 6e9, 4096


def run() -> list[Measurement]:
    """Peak memory for two networks, and the time for some sizes."""
    rows = []
    for name in ("vgg16-slim", "vgg19"):
        gigabytes, seen = _alone(f"print(*tiles.peak({name!r}))").split()
        what = f"{name}, {EDGE}×{EDGE} pixels, one step with {FREE / 1e9:g} GB free: tiles of {seen}"
        rows.append(Measurement(what, f"{float(gigabytes):.2f} GB", "6 GB"))
    for name, size, tile in (("vgg16-slim", 2048, (1024, 2048)), ("vgg19", 1024, (512, 1024))):
        ratio = float(_alone(f"print(tiles.slower({name!r}, {size}, {tile}))"))
        what = f"{name}, {size}×{size} pixels, tiles of {tile[0]}×{tile[1]}: CPU seconds"
        rows.append(Measurement(what, f"{ratio:.2f} ×", "1.6 ×"))
    return rows


def _alone(code: str) -> str:
    command = [sys.executable, "-c", f"from benchmarks import tiles; {code}"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def peak(name: str) -> tuple[float, str]:
    """The peak memory of this process in GB after a step of a large image, and its tiles."""
    memory.free_bytes = lambda device: int(FREE)
    [result] = transfer_batch(batch(1, EDGE, iterations=1, precision="fp32"), Targets(feature_network(name)))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9, result.tiles


def slower(name: str, size: int, tile: tuple[int, int]) -> float:
    """By which factor a loss with its gradient takes longer in such tiles (rows, columns) than of the whole image."""
    network = feature_network(name)
    transfers = batch(1, size, precision="fp32")
    settings = transfers[0].settings.for_architecture(network.architecture)
    transfers = [type(one)(one.content, one.style, settings) for one in transfers]
    image = torch.rand(1, 3, size, size) * 255
    image = image.contiguous(memory_format=torch.channels_last)
    seconds = []
    for seen in (None, tile):
        objective = Objective(transfers, Circumstances(Targets(network), "fp32", (size, size)), tile=seen)
        best = float("inf")
        for _ in range(2):
            start = time.process_time()
            at = image.detach().requires_grad_()
            torch.autograd.grad(objective.parts(at), at, objective.weights)
            best = min(best, time.process_time() - start)
        seconds.append(best)
    return seconds[1] / seconds[0]
