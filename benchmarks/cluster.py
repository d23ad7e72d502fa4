"""How well 64 GPUs are kept at work, what is lost when machines come and go, and what the driver costs.

The first two are a simulation of events without Ray (`events`), so that 64 GPUs fit on any computer. The driver is a
real one, with Ray and workers that sleep (`simulation`): eight processes, because each takes seconds to start.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.events import Events, Played, World
from benchmarks.measurement import Measurement
from benchmarks.overhead import in_a_process
from benchmarks.simulation import Habits, Machines, Story, connect, grid_of, sweep
from orchestrator.plan.batches import Batch
from orchestrator.request import Request
from orchestrator.sweep import prepare

SEEDS = 5
"""How many times each sweep is played, with other times for its batches. Figures are means."""

WORKERS, TRIALS, IMAGE_SECONDS = 8, 1_000, 0.3
"""Of the sweep with a real driver."""

MANY = 100_000
"""Trials of the sweep through which the driver's memory is measured."""


def run() -> list[Measurement]:
    """Idle time over a whole sweep, lost trials, and the processor time of the driver."""
    world = World()
    lossy = replace(world, lost=0.4, joins=0.5)
    gpus = f"{world.machines * world.gpus} GPUs"
    rows = []
    for trials, goal in ((10_000, "< 5 %"), (2_000, ""), (500, "")):
        played = play(batches_of(trials), world)
        rows.append(
            Measurement(f"{trials:,} trials on {gpus}: idle over the whole span (simulated)", *_idle(played, goal))
        )
        if trials == 10_000:
            played = play(batches_of(trials), lossy)
            name = f"{trials:,} trials, a machine lost and one joining in the middle: idle (simulated)"
            rows.append(Measurement(name, *_idle(played, goal)))
            wasted = statistics.fmean(one.wasted for one in played)
            rows.append(Measurement("the same: GPU time of steps that were lost", f"{wasted:.1%}"))
            lost, twice = sum(one.lost for one in played), sum(one.twice for one in played)
            rows.append(Measurement("the same: trials lost / committed twice", f"{lost} / {twice}", "0 / 0"))
    share = float(in_a_process("cluster", "driver").split()[-1])
    name = f"processor cores that a real driver with {WORKERS} sleeping workers takes, a worker; times 64"
    rows.append(Measurement(name, f"{share / WORKERS:.4f}; {64 * share / WORKERS:.2f}", "< 1 at 64"))
    megabytes, seconds = in_a_process("cluster", "whole_sweep").split()[-2:]
    name = f"memory of a real driver through a sweep of {MANY:,} trials by workers that take no time, in {seconds} s"
    return [*rows, Measurement(name, f"{megabytes} MB", "600 MB")]


def play(batches: list[Batch], world: World) -> list[Played]:
    """The same sweep with different times of its batches."""
    return [Events(batches, replace(world, seed=seed)).play() for seed in range(SEEDS)]


def _idle(played: list[Played], goal: str) -> tuple[str, str]:
    mean = statistics.fmean(one.idle for one in played)
    return f"{mean:.1%} in {played[0].batches} batches, {played[0].seconds:.0f} s", goal


def batches_of(trials: int) -> list[Batch]:
    """The batches of a grid of so many trials of one kind."""
    with tempfile.TemporaryDirectory() as folder:
        grid = Path(folder) / "grid.yaml"
        grid.write_text(grid_of(trials, size=448))
        request = Request(grid, out=str(Path(folder) / "run"), offline=True, however_many=True)
        plan, _ = prepare(request, fetch=True)
        return plan.batches


def whole_sweep() -> str:
    """The most memory that a driver takes from its start to the last commit, in MB, and the seconds from the first
    batch to the last. Trials have 448 pixels, so that batches are as wide as on GPUs, and curves of 20 points.
    """
    machines = Machines()
    machines.add(WORKERS, WORKERS)
    connect(machines)
    try:
        story = sweep(machines, MANY, Habits(trial=0.0), size=448, workers=WORKERS, gpus_per_worker=1.0)
    finally:
        machines.close()
    if story.error or story.done != MANY:
        raise RuntimeError(f"the sweep did not end well: {story.error}, {story.done} done")
    return f"{story.megabytes} {story.seconds:.0f}"


def driver() -> float:
    """Cores that the driver takes while its workers are at work: its processor time by the clock's time, with Ray's
    threads in its process and the commits, without start and end.
    """
    machines = Machines()
    machines.add(WORKERS, WORKERS)
    connect(machines)
    marks: list[tuple[float, float]] = []

    def meanwhile(story: Story) -> None:
        for share in (0.05, 0.8):
            story.done_at_least(int(share * TRIALS))
            marks.append((time.process_time(), time.monotonic()))

    try:
        options: dict[str, Any] = {"workers": WORKERS, "gpus_per_worker": 1.0}
        story = sweep(machines, TRIALS, Habits(trial=IMAGE_SECONDS), meanwhile, **options)
    finally:
        machines.close()
    if story.error or story.done != TRIALS:
        raise RuntimeError(f"the sweep did not end well: {story}")
    (processor, clock), (processor_later, clock_later) = marks
    return (processor_later - processor) / (clock_later - clock)
