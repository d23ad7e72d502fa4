"""How long a step of an optimisation takes, measured in about half a second: with the code, the settings and the
arithmetic of the sweep, on noise in place of pictures and weights.

`measure` loads torch, so a plan runs it in a process of its own (`measure_apart`) or on a cluster. What was measured
on this machine is remembered for a day.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import itertools
import json
import math
import multiprocessing
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from downloads import NoFolderError, cache_folder
from orchestrator.plan.trial import Setup
from orchestrator.processor import processor
from orchestrator.versions import versions_text
from stylize import Settings, architecture_named
from stylize.plugin_source import Plugin
from stylize.plugins import load_plugin, loaded_plugins
from stylize.settings.types import Padding, Pooling

SECONDS = 0.5
"""That steps are measured for, all samples together."""

MOST_OPERATIONS, MOST_OPERATIONS_ON_GPU = 3e10, 2e13
"""Of one measured step: an image that takes more is measured smaller. Some tenths of a second on one core or GPU."""

WARM_STEPS = 1
"""Steps that do not count: threads start, memory is taken, libraries choose their kernels."""

WARM_STEPS_ON_GPU = 8
"""There a step is recorded as a graph first."""

KEPT_SECONDS = 86_400.0
"""A day: afterwards the machine may have become another one, or less busy."""


class ProbeError(Exception):
    """Nothing could be measured. The message says why, in one line."""


@dataclass(frozen=True)
class Sample:
    """A batch like those of a sweep: so many images, with these `Settings`, in this network."""

    architecture: str
    pooling: Pooling
    padding: Padding
    width: int
    height: int
    images: int
    operations: float  # of one step of the batch
    settings: dict[str, Any]


def sample(setup: Setup, images: int, on_gpu: bool) -> Sample:
    """A batch of at most so many images of a setup, small enough for a probe."""
    most = MOST_OPERATIONS_ON_GPU if on_gpu else MOST_OPERATIONS
    images = max(1, min(images, int(most / setup.operations_a_step)))
    smallest = architecture_named(setup.architecture).smallest_edge(setup.deepest)
    scale = min(1.0, math.sqrt(most / setup.operations_a_step))
    width, height = (max(smallest, min(edge, round(edge * scale))) for edge in (setup.width, setup.height))
    plain: dict[str, Any] = {  # nothing that needs more pictures, ends early or changes the size on the way
        "init": "noise",
        "pyramid": (),
        "plateau": 0.0,
        "iterations": 10_000,
        "history_every": 1_000,
        "temporal_weight": 0.0,
        "frames_every": 0,
    }
    given = {name: getattr(setup.settings, name) for name in Settings.model_fields} | plain
    for layers in ("content_layers", "style_layers"):
        given[layers] = dict(given[layers] or ())
    smaller = replace(setup, width=width, height=height)
    operations = images * smaller.operations_a_step
    pooling, padding = setup.settings.pooling, setup.settings.padding
    return Sample(setup.architecture, pooling, padding, width, height, images, operations, given)


def measure_apart(samples: Sequence[Sample], threads: int, on_gpu: bool, workers: int) -> list[float]:
    """For each sample the seconds of a step on this machine, while as many workers as in the sweep are at work.

    Raises ProbeError.
    """
    asked = {
        "samples": [dataclasses.asdict(one) for one in samples],
        "threads": threads,
        "on_gpu": on_gpu,
        "workers": 1 if on_gpu else workers,
        "plugins": [dataclasses.asdict(one) for one in loaded_plugins()],
    }
    if remembered := _remembered(asked):
        return remembered
    command = [sys.executable, "-m", "orchestrator.preview.probe"]
    ran = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=False)
    if ran.returncode:
        lines = [line for line in ran.stderr.splitlines() if line and not line[0].isspace()]
        raise ProbeError(f"measuring failed: {lines[-1][:200] if lines else ran.returncode}")
    with contextlib.suppress(OSError, NoFolderError):  # without a cache, the next plan measures again
        kept = _kept_at(asked)
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(ran.stdout)
    return list(json.loads(ran.stdout))


def _remembered(asked: dict[str, object]) -> list[float] | None:
    """What was measured within the last day. None if there is nothing, or nothing that can be read."""
    try:
        kept = _kept_at(asked)
        if time.time() - kept.stat().st_mtime < KEPT_SECONDS:
            return [float(seconds) for seconds in json.loads(kept.read_bytes())]
    except (OSError, ValueError, TypeError, NoFolderError):
        pass
    return None


def _kept_at(asked: dict[str, object]) -> Path:
    """Where the answer to a question is kept, which other processors and versions do not share."""
    known = json.dumps([asked, versions_text(), processor(), os.cpu_count()], sort_keys=True)
    return cache_folder("rates") / f"{hashlib.sha256(known.encode()).hexdigest()[:32]}.json"


def measure(samples: Sequence[Sample], threads: int, on_gpu: bool, plugins: Sequence[Plugin] = ()) -> list[float]:
    """For each sample the seconds of a step in this process. `plugins` are loaded here.

    Raises EngineError where a GPU is meant and torch sees none.
    """
    from orchestrator.cluster.device import choose_device, prepare_torch

    prepare_torch(threads)
    for plugin in plugins:
        load_plugin(plugin)
    device = choose_device(1.0 if on_gpu else 0.0)
    return [_seconds_of_a_step(one, device, SECONDS / len(samples)) for one in samples]


def _seconds_of_a_step(one: Sample, device: Any, seconds: float) -> float:
    """Begin the optimisation of a sample, and stop it when it has lasted long enough."""
    import torch

    from stylize import PREPROCESSING, Lane, Network, Targets, Transfer, transfer_lanes
    from weights.he_normal import he_normal

    architecture = architecture_named(one.architecture)
    settings = Settings.model_validate(one.settings)
    shapes = architecture.parameter_shapes()
    parameters = architecture.random_parameters(0) or he_normal(shapes, seed=0)
    network: Network = Network(architecture, parameters, PREPROCESSING["vgg-original"], one.pooling, one.padding).to(
        device
    )
    content, style = (torch.randint(0, 256, (3, one.height, one.width), dtype=torch.uint8) for _ in range(2))
    lane = Lane(Transfer(content, style, settings), (settings.iterations,))
    warm = WARM_STEPS_ON_GPU if device.type == "cuda" else WARM_STEPS
    starts: list[float] = []

    def on_step(step: int) -> None:
        if device.type == "cuda":
            torch.cuda.synchronize()
        starts.append(time.perf_counter())
        if len(starts) > warm + 1 and starts[-1] - starts[warm] > seconds:
            raise _Enough

    with contextlib.suppress(_Enough):
        transfer_lanes([lane] * one.images, Targets(network), on_step)
    return statistics.median(after - before for before, after in itertools.pairwise(starts[warm:]))


class _Enough(Exception):
    """Ends a probe."""


def main() -> None:
    """Answer the question on standard input, as JSON, with what was measured. On Linux, so many processes measure at
    the same time as the sweep has workers, because cores share caches and memory.
    """
    asked = json.load(sys.stdin)
    samples = [Sample(**one) for one in asked["samples"]]
    arguments = samples, asked["threads"], asked["on_gpu"], [Plugin(**one) for one in asked["plugins"]]
    import torch  # noqa: F401 - once, before the processes part

    if asked["workers"] == 1 or sys.platform != "linux":
        answers = [measure(*arguments)]
    else:
        with multiprocessing.get_context("fork").Pool(asked["workers"]) as pool:
            answers = pool.starmap(measure, [arguments] * asked["workers"], chunksize=1)
    print(json.dumps([sum(seconds) / len(answers) for seconds in zip(*answers, strict=True)]))


if __name__ == "__main__":
    main()
