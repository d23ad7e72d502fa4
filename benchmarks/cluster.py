"""How well 64 GPUs are kept at work: the code that cuts batches for them, in a simulation of events, without Ray.

Devices are numbers here and batches take simulated time, so that 64 of them fit on any computer. What Ray itself does
when machines come, go and break is shown with real processes by `tests/faults/scenarios.py`, on as many machines as
this computer holds.
"""

from __future__ import annotations

import heapq
import random
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measurement import Measurement
from benchmarks.simulation import grid_of
from orchestrator.plan.batches import Batch
from orchestrator.plan.device_batches import DeviceBatches
from orchestrator.request import Request
from orchestrator.sweep import prepare

DEVICES = 64
HAND_OUT = 0.05
"""Seconds between the end of a batch and the begin of the next one on the same device."""


@dataclass(frozen=True)
class Played:
    """A sweep that was played through. `idle`: the share of all devices' time, from the first batch to the last end."""

    batches: int
    seconds: float
    idle: float


def run() -> list[Measurement]:
    """Idle time over a whole sweep, and how what is left over is shared out."""
    rows = []
    for trials, goal in ((10_000, "5 %"), (2_000, "5 %"), (500, "")):
        played = play(batches_of(trials), DEVICES, seconds_per_image=0.3, spread=0.15)
        name = f"{trials:,} trials on {DEVICES} GPUs, batches of about 1 to 10 s: idle over the whole span (simulated)"
        rows.append(Measurement(name, f"{played.idle:.1%} in {played.batches} batches", f"< {goal}" if goal else ""))
    return rows


def batches_of(trials: int) -> list[Batch]:
    """The batches of a grid of so many trials of one kind."""
    with tempfile.TemporaryDirectory() as folder:
        grid = Path(folder) / "grid.yaml"
        grid.write_text(grid_of(trials, size=448))
        request = Request(grid, out=str(Path(folder) / "run"), offline=True, however_many=True)
        plan, _ = prepare(request, fetch=True)
        return plan.batches


def play(batches: list[Batch], devices: int, *, seconds_per_image: float, spread: float) -> Played:
    """Hand batches to devices as the engine does: whichever is free first gets the next one, cut for it.

    A batch takes as long as its images, times a factor with a standard deviation of `spread`.
    """
    chance = random.Random(0)
    left = DeviceBatches()
    for batch in batches:
        left.add(batch)
    free = [(0.0, device) for device in range(devices)]
    busy, end, count = 0.0, 0.0, 0
    while len(left):
        now, device = heapq.heappop(free)
        width = left.cut(None, devices).width
        seconds = width * seconds_per_image * max(0.3, chance.gauss(1.0, spread))
        busy, count = busy + seconds, count + 1
        end = max(end, now + HAND_OUT + seconds)
        heapq.heappush(free, (now + HAND_OUT + seconds, device))
    return Played(count, end, 1 - busy / (end * devices))
