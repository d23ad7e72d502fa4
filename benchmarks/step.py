"""What a step costs on this processor, in seconds of processor time with one thread, as a worker without a GPU has it.

Processor time does not count the time in which other programs run, so that it can be measured beside them.
"""

from __future__ import annotations

import statistics
import time

import torch

from benchmarks.device import batch, network
from benchmarks.measurement import Measurement
from stylize import Targets, transfer_batch

REPEATS = 3

FIGURE_5 = 224, 2
"""Edge in pixels, and the width of figure 5's batches on processors."""

WIDE = 64, 32
"""Edge and width at which L-BFGS once took half as long again as Adam, because it looped over the images."""


def run() -> list[Measurement]:
    """Adam at the width of figure 5's batches, and L-BFGS beside Adam in a wide batch."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        targets = Targets(network("vgg16", torch.device("cpu")))
        adam = step_seconds(targets, *FIGURE_5, steps=5)
        wide = {name: step_seconds(targets, *WIDE, steps=15, optimizer=name) for name in ("adam", "lbfgs")}
    finally:
        torch.set_num_threads(before)
    edge, width = WIDE
    times = f"{1e3 * wide['lbfgs']:.0f} ms, {wide['lbfgs'] / wide['adam']:.2f} times Adam's"
    return [
        Measurement(f"a step of Adam, {FIGURE_5[1]} × {FIGURE_5[0]} px, bf16", f"{1e3 * adam:.0f} ms"),
        Measurement(f"a step of Adam, {width} × {edge} px, bf16", f"{1e3 * wide['adam']:.0f} ms"),
        Measurement(f"a step of L-BFGS, {width} × {edge} px, bf16", times, "1.5 times"),
    ]


def step_seconds(targets: Targets, edge: int, width: int, steps: int, **changes: object) -> float:
    """Processor seconds of a step: the difference of a long and a short run, so that their beginnings do not count."""

    def seconds(iterations: int) -> float:
        transfers = batch(width, edge, iterations=iterations, **changes)
        started = time.process_time()
        transfer_batch(transfers, targets)
        return time.process_time() - started

    seconds(2)
    return statistics.median((seconds(2 + steps) - seconds(2)) / steps for _ in range(REPEATS))
