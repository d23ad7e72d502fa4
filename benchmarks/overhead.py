"""What a sweep costs beside the optimisation itself: planning, committing, reading, drawing.

The 100,000 trials are committed by a simulated optimiser: the driver's own code with rows that no worker computed.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.measurement import Measurement
from benchmarks.sweeps import sweep

if TYPE_CHECKING:
    from orchestrator.plan.batches import Batch

MANY, FEW, CELLS = 100_000, 1_000, 2_500

GRID = """\
title: Many
settings: {{content: astronaut, style: swirls, size: [32, 32], iterations: 1, history_every: 1,
           architecture: vgg16-slim, style_layers: [conv1_1, conv2_1], content_layers: [conv2_2], init: noise}}
axes:
  ratio: {{logspace: [1e-4, 1e-2, {ratios}]}}
  seed: {{linspace: [0, {last}, {seeds}]}}
sheet: {{rows: ratio, columns: seed}}
"""


def run() -> list[Measurement]:
    """One row for each goal."""
    folder = Path(tempfile.mkdtemp(prefix="overhead-"))
    return [_one_step_trials(folder), worker_time(folder), *_many_trials(folder), _many_cells(folder)]


def many_grid(folder: Path, trials: int) -> Path:
    """A grid of so many trials of one step at 32 px."""
    ratios = 10
    path = folder / f"many_{trials}.yaml"
    path.write_text(GRID.format(ratios=ratios, seeds=trials // ratios, last=trials // ratios - 1))
    return path


def _one_step_trials(folder: Path) -> Measurement:
    """The slope between a small and a large sweep, so that the start of Ray and its workers does not count."""
    seconds = [sweep(many_grid(folder, count), folder / f"run-{count}", {}) for count in (FEW // 10, FEW)]
    each = (seconds[1] - seconds[0]) / (FEW - FEW // 10)
    return Measurement(f"{FEW} trials of 1 step at 32 px: a trial, end to end", f"{1000 * each:.1f} ms", "10 ms")


def worker_time(folder: Path) -> Measurement:
    """Processor time that a worker takes for a trial, with all its threads, in a process of its own."""
    grid, out = many_grid(folder, FEW), folder / "worker"
    figure = in_a_process("overhead", "worker_seconds", str(grid), str(out))
    name = "the same: processor time of a worker, a trial: its steps + metrics, image and small copies"
    return Measurement(name, figure)


def worker_seconds(grid: str, out: str) -> str:
    """The milliseconds of `worker_time`. The worker's methods are called without Ray, on one thread."""
    import ray
    import torch

    from orchestrator.cluster.material_store import MaterialStore, load_networks
    from orchestrator.cluster.worker import Worker
    from orchestrator.describe import write_run
    from orchestrator.request import Request
    from orchestrator.sweep import prepare
    from orchestrator.versions import versions_text

    request = Request(grid=Path(grid), out=out, offline=True)
    plan, run = prepare(request, fetch=True)
    write_run(run, plan, request)
    ray_module: Any = ray
    ray_module.put, ray_module.get = (lambda value: value), (lambda value, **options: value)
    networks = load_networks((trial for batch in plan.batches for trial in batch.trials), plan.inputs)
    store, worker = MaterialStore(run, networks, plan.inputs), Worker(1, 0.0, versions_text())
    torch.set_num_threads(1)

    def seconds(batches: Sequence[Batch]) -> tuple[float, float]:
        started = time.process_time()
        for batch in batches:
            materials = store.of(batch)
            worker.prepare(batch, materials)
            worker.optimise(batch, materials)
        optimised = time.process_time()
        for batch in batches:
            worker.finish(batch)
        return optimised - started, time.process_time() - optimised

    seconds(plan.batches[:2])  # which loads libraries and reference pictures
    batches = plan.batches[2:32]
    trials = sum(len(batch.trials) for batch in batches)
    optimising, finishing = (1000 * part / trials for part in seconds(batches))
    return f"{optimising:.1f} + {finishing:.1f} ms"


def _many_trials(folder: Path) -> list[Measurement]:
    grid, out = many_grid(folder, MANY), folder / "many"
    started = time.perf_counter()
    command = [
        sys.executable,
        "-m",
        "orchestrator",
        "plan",
        str(grid),
        "--offline",
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    planning = time.perf_counter() - started
    committing = in_a_process("overhead", "commit_many", str(grid), str(out))
    loading = in_a_process("overhead", "load_many", str(grid), str(out))
    return [
        Measurement(f"`sweep plan` of {MANY:,} trials", f"{planning:.1f} s", "5 s"),
        Measurement(f"planning and committing {MANY:,} trials: memory of the driver", f"{committing} MB", "600 MB"),
        Measurement(f"`results.load` of {MANY:,} rows", f"{loading} s", "2 s"),
    ]


def _many_cells(folder: Path) -> Measurement:
    out = folder / "cells"
    figure = in_a_process("overhead", "draw_many", str(many_grid(folder, CELLS)), str(out))
    return Measurement(f"a sheet of {CELLS:,} cells", figure, "60 s, 2 GB")


def in_a_process(module: str, function: str, *arguments: str) -> str:
    """What a function of a benchmark returns, run alone, so that its memory is its own."""
    code = f"from benchmarks import {module}; print({module}.{function}(*{arguments!r}))"
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def commit_many(grid: str, out: str) -> str:
    """Plans the grid, commits a row for each trial batch by batch, and says the peak of its memory in MB."""
    import datetime

    from orchestrator.describe import write_run
    from orchestrator.plan.known_row import known_row
    from orchestrator.plan.settings_columns import SETTINGS_SCHEMA
    from orchestrator.request import Request
    from orchestrator.sweep import prepare
    from results.run.compact import compact
    from results.run.rows import commit

    request = Request(grid=Path(grid), out=out, offline=True)
    plan, run = prepare(request, fetch=True)
    write_run(run, plan, request)
    hashes = {reference: picture.sha256 for reference, picture in plan.inputs.pictures.items()}
    for batch in plan.batches:
        rows = [known_row(trial, hashes) | simulated(trial.id) for trial in batch.trials]
        now = datetime.datetime.now(datetime.UTC)
        commit(run, SETTINGS_SCHEMA, batch.name, "simulated", [row | {"committed_at": now} for row in rows])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    compact(run)  # as a sweep does at its end
    return str(peak)


def simulated(trial_id: str) -> dict[str, object]:
    """The outcome columns of a row that no worker computed."""
    loss = float(int(trial_id, 16) % 1000)
    history = {f"history_{name}": [loss, loss / 2] for name in ("content_loss", "style_loss", "total_loss")}
    return {
        "status": "done",
        "content_loss": loss,
        "style_loss": loss,
        "total_loss": loss,
        "history_step": [0, 1],
        "history_total_variation": [0.0, 0.0],
        **history,
    }


def load_many(grid: str, out: str) -> str:
    """Seconds that `results.load` takes for the rows of `commit_many`."""
    import results

    started = time.perf_counter()
    trials = results.load(out)
    seconds = time.perf_counter() - started
    assert len(trials) == MANY
    return f"{seconds:.2f}"


def draw_many(grid: str, out: str) -> str:
    """Seconds and memory for the sheet of a run whose images are noise of 128×128 pixels."""
    import io

    from PIL import Image

    import results
    from orchestrator.request import Request
    from orchestrator.sweep import prepare
    from results import Run
    from results.run.storage import SHEET

    commit_many(grid, out)
    run = Run(out)
    plan, _ = prepare(Request(grid=Path(grid), out=out, offline=True), fetch=True)
    random = np.random.default_rng(0)
    for trial in plan.trials.values():
        buffer = io.BytesIO()
        Image.fromarray(random.integers(0, 256, (128, 128, 3), dtype=np.uint8)).save(buffer, "PNG")
        run.write(Run.image_path(trial.id), buffer.getvalue())
    started = time.perf_counter()
    results.sheet(results.load(out)).save(Path(out) / SHEET)
    seconds = time.perf_counter() - started
    return f"{seconds:.0f} s, {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB"
