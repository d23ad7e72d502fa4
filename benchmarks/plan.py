"""What planning costs: CPU seconds and memory of `sweep plan`, and of a resumed sweep up to its first batch.

Figures are of a process of its own, from its start to its end. CPU seconds, because they do not depend on what else
the machine does.
"""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.measurement import Measurement

MANY, MOST, LEFT = 100_000, 1_000_000, 1_000

AT_ONCE = 10_000
"""Rows in a file before the files are merged."""

GRID = """\
title: Many
settings: {{size: [32, 32], iterations: 1, history_every: 1, architecture: vgg16-slim, init: noise,
           style_layers: [conv1_1, conv2_1], content_layers: [conv2_2]}}
axes:
  content: [astronaut, chelsea]
  style: [coffee, rocket]
  ratio: {{logspace: [1e-4, 1e-2, 10]}}
  learning_rate: {{linspace: [1, 10, 10]}}
  seed: {{linspace: [1, {seeds}, {seeds}]}}
sheet: {{rows: [style, ratio], columns: [content, seed]}}
"""


def run() -> list[Measurement]:
    """One row for each goal."""
    from benchmarks.measurement import Measurement  # loads torch, which the processes below do without

    folder = Path(tempfile.mkdtemp(prefix="plan-"))
    many, most = _grid(folder, MANY), _grid(folder, MOST)
    for grid in (many, most):
        _cost("benchmarks.plan", "record", str(grid), str(grid.with_suffix("")))
    os.environ["SWEEP_CACHE"] = str(folder / "cache")  # in which no step was measured
    planning = "orchestrator", "plan", str(many), "--offline"
    return [
        Measurement(f"`sweep plan` of {MANY:,} trials that also measures a step, with torch", _cost(*planning)),
        Measurement(f"`sweep plan` of {MANY:,} trials within a day of that", _cost(*planning), "3 s, 300 MB"),
        Measurement(
            f"`sweep run` of {MANY:,} trials of which {LEFT:,} are left, up to the first batch",
            _cost("benchmarks.plan", "resume", str(many), str(many.with_suffix(""))),
            "5 s, 400 MB",
        ),
        Measurement(
            f"`sweep plan` of {MOST:,} trials",
            _cost("orchestrator", "plan", str(most), "--offline", "--yes"),
            "30 s, 1.5 GB",
        ),
        Measurement(
            f"`sweep run` of {MOST:,} trials of which {LEFT:,} are left, up to the first batch",
            _cost("benchmarks.plan", "resume", str(most), str(most.with_suffix(""))),
        ),
    ]


def _grid(folder: Path, trials: int) -> Path:
    path = folder / f"many_{trials}.yaml"
    path.write_text(GRID.format(seeds=trials // 400))
    return path


def _cost(*arguments: str) -> str:
    """CPU seconds and the largest memory of a Python process."""
    process = subprocess.Popen([sys.executable, "-m", *arguments], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {process.returncode}")
    return f"{usage.ru_utime + usage.ru_stime:.1f} s, {usage.ru_maxrss / 1024:.0f} MB"


def record(grid: str, out: str) -> None:
    """Write a run of which all trials but some are done, without images: what a resumed sweep reads."""
    from benchmarks.overhead import simulated
    from orchestrator.describe import write_run
    from orchestrator.plan.known_row import known_row
    from orchestrator.plan.settings_columns import SETTINGS_SCHEMA
    from orchestrator.request import Request
    from orchestrator.sweep import prepare
    from results.run.compact import compact
    from results.run.rows import commit

    request = Request(grid=Path(grid), out=out, offline=True, however_many=True)
    plan, to = prepare(request, fetch=True)
    write_run(to, plan, request)
    hashes = {reference: picture.sha256 for reference, picture in plan.inputs.pictures.items()}
    now = datetime.datetime.now(datetime.UTC)
    trials = list(plan.trials.values())[LEFT:]
    for start in range(0, len(trials), AT_ONCE):
        rows = [
            known_row(trial, hashes) | simulated(trial.id) | {"committed_at": now}
            for trial in trials[start : start + AT_ONCE]
        ]
        commit(to, SETTINGS_SCHEMA, f"{start:016x}", "simulated", rows)
    compact(to)


def resume(grid: str, out: str) -> None:
    """What a sweep does before its first batch: plan, and write the plan into the run."""
    from orchestrator.describe import write_run
    from orchestrator.request import Request
    from orchestrator.sweep import prepare

    request = Request(grid=Path(grid), out=out, offline=True, however_many=True)
    plan, to = prepare(request, fetch=True)
    assert plan.count("to run") == LEFT, plan.count("to run")
    write_run(to, plan, request)


if __name__ == "__main__":
    {"record": record, "resume": resume}[sys.argv[1]](*sys.argv[2:])
