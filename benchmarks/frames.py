"""What frames_every costs: the same batch without frames and with one every ten steps, written to disk."""

from __future__ import annotations

import statistics
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import torch

from benchmarks.measurement import Measurement
from orchestrator.cluster.snapshot_writer import SnapshotWriter
from orchestrator.plan.trial import Trial
from pictures import Finder, resize
from results import Run
from stylize import ARCHITECTURES, PREPROCESSING, Network, Settings, Targets, Transfer, transfer_batch
from weights import find_weights

EVERY, IMAGES, ROUNDS = 10, 2, 5
CASES = {"vgg16-slim": (448, 40), "vgg16": (224, 20)}
"""Edge and steps; the slim one has the quicker steps, beside which a frame weighs more."""


def run() -> list[Measurement]:
    """Seconds of a trial with and without, one thread as a worker has; the middle of several rounds that take turns."""
    torch.set_num_threads(1)
    rows = []
    for name, (edge, steps) in CASES.items():
        architecture = ARCHITECTURES[name]
        found = find_weights(name, "random" if name == "vgg16" else None, base=Path())
        parameters, preprocessing = found.load(architecture.parameter_shapes())
        network = Network(architecture, parameters, PREPROCESSING[preprocessing])
        targets = Targets(network.to("cuda" if torch.cuda.is_available() else "cpu"))
        seconds: dict[int, list[float]] = {0: [], EVERY: []}
        for round_ in range(ROUNDS + 1):
            for every, found_seconds in seconds.items():
                took = _batch(targets, edge, steps, every)
                if round_:  # the first warms up
                    found_seconds.append(took)
        without, with_ = (statistics.median(each) for each in seconds.values())
        frames = -(-steps // EVERY)
        cost = f"{100 * (with_ / without - 1):+.1f} %, {1000 * (with_ - without) / frames:.0f} ms a frame"
        rows += [
            Measurement(f"{name}, {edge} px, {steps} steps: a trial without frames", f"{without:.2f} s"),
            Measurement(f"the same with {frames} frames written", f"{with_:.2f} s, {cost}"),
        ]
    return rows


def _batch(targets: Targets, edge: int, steps: int, every: int) -> float:
    """Seconds an image, writing included."""
    content, style = (_picture(name, edge) for name in ("astronaut", "improvisation"))
    each = [Settings(iterations=steps, frames_every=every, ratio=10.0**-place) for place in range(1, IMAGES + 1)]
    sizes = {"width": edge, "height": edge}
    trials = [
        SimpleNamespace(id=f"{place:020x}", settings=one, iterations=one.iterations, **sizes)
        for place, one in enumerate(each)
    ]
    with tempfile.TemporaryDirectory(prefix="frames-") as folder:
        started = time.perf_counter()
        writer: Any = (
            SnapshotWriter(Run(folder), cast(list[tuple[Trial]], [(trial,) for trial in trials]))
            if every
            else nullcontext()
        )
        with writer as on_snapshot:
            transfer_batch([Transfer(content, style, one) for one in each], targets, on_snapshot=on_snapshot)
        return (time.perf_counter() - started) / IMAGES


def _picture(name: str, edge: int) -> torch.Tensor:
    image = resize(Finder(Path()).find(name).image(), (edge, edge))
    return torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1)
