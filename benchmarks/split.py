"""How best to share the processor's cores: processes × threads × images of a batch, forward and backward."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import torch

from benchmarks.limit import feature_network
from benchmarks.measurement import Measurement
from stylize.network.arithmetic import resolve, storage

SECONDS = 6.0


def run() -> list[Measurement]:
    """Images a second for every split of the cores."""
    if torch.cuda.is_available():
        return []
    cores = os.cpu_count() or 1
    rows = []
    for edge in (128, 224):
        for processes in sorted({1, cores}):
            for width in (1, 2, 4, 8):
                threads = cores // processes
                rate = _together(processes, threads, width, edge)
                name = f"VGG-16 to conv4_2, {edge} px: {processes} × {threads} threads, width {width}"
                rows.append(Measurement(name, f"{rate:.2f} images/s"))
    return rows


def _together(processes: int, threads: int, width: int, edge: int) -> float:
    code = f"from benchmarks import split; print(split.images_per_second({threads}, {width}, {edge}))"
    running = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(processes)
    ]
    return sum(float(process.communicate()[0]) for process in running)


def images_per_second(threads: int, width: int, edge: int) -> float:
    """The rate of one process; others may run beside it."""
    torch.set_num_threads(threads)
    network = feature_network("vgg16")
    dtype = storage(resolve("auto", torch.device("cpu")))
    images = (torch.rand(width, 3, edge, edge) * 255).contiguous(memory_format=torch.channels_last).requires_grad_()
    count, started = -1, 0.0
    while count < 0 or time.perf_counter() - started < SECONDS:
        [response] = network(images, ["conv4_2"], dtype).values()
        torch.autograd.grad(response.float().square().sum(), images)
        count += 1
        if count == 0:  # the first does not count
            started = time.perf_counter()
    return count * width / (time.perf_counter() - started)
