"""How soon other settings reach the loss that Adam at rate 8 has after 500 steps."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.measurement import Measurement
from pictures import Finder, resize
from stylize import ARCHITECTURES, PREPROCESSING, Network, Settings, Targets, Transfer, transfer_batch
from weights import find_weights

EDGE, STEPS = 224, 500
OTHERS: dict[str, dict[str, Any]] = {
    "Adam, pyramid 56, 112": {"pyramid": [56, 112]},
    "L-BFGS": {"optimizer": "lbfgs"},
    "L-BFGS, pyramid 56, 112": {"optimizer": "lbfgs", "pyramid": [56, 112]},
}


def run() -> list[Measurement]:
    """Seconds to that loss for each, with the embedded VGG-16 in what `auto` means here."""
    architecture = ARCHITECTURES["vgg16-slim"]
    parameters, preprocessing = find_weights("vgg16-slim", None, base=Path()).load(architecture.parameter_shapes())
    network = Network(architecture, parameters, PREPROCESSING[preprocessing])
    network.to("cuda" if torch.cuda.is_available() else "cpu")
    targets = Targets(network)
    content, style = (_picture(name) for name in ("astronaut", "improvisation"))

    def optimise(**settings: Any) -> tuple[float, float]:
        started = time.perf_counter()
        chosen = Settings(**({"history_every": 10_000} | settings))
        [result] = transfer_batch([Transfer(content, style, chosen)], targets)
        return result.total_loss, time.perf_counter() - started

    optimise(iterations=2)
    goal, adam_seconds = optimise(iterations=STEPS)
    rows = [Measurement(f"Adam, rate 8, {STEPS} steps at {EDGE} px: loss {goal:.4g}", f"{adam_seconds:.1f} s")]
    for name, settings in OTHERS.items():
        for iterations in (30, 45, 60, 90, 120, 180, 250, 350, 500):
            loss, seconds = optimise(iterations=iterations, **settings)
            if loss <= goal:
                figure = f"{seconds:.1f} s, {iterations} steps: {adam_seconds / seconds:.1f} times sooner"
                break
        else:
            figure = f"not within {STEPS} steps"
        rows.append(Measurement(f"the same loss by {name}", figure, "5 times sooner"))
    return rows


def _picture(name: str) -> torch.Tensor:
    image = resize(Finder(Path()).find(name).image(), (EDGE, EDGE))
    return torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1)
