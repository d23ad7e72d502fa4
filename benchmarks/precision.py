"""Whether bf16 convolutions end where fp32 ends: figure 5, both losses evaluated in fp32."""

from __future__ import annotations

import tempfile
from pathlib import Path

import results
from benchmarks.measurement import Measurement
from benchmarks.sweeps import sweep

EDGE, ITERATIONS = 128, 100


def run() -> list[Measurement]:
    """The largest and the middle difference of the final total loss over the 15 trials."""
    folder = Path(tempfile.mkdtemp(prefix="precision-"))
    losses = {}
    for precision in ("fp32", "bf16"):
        out = folder / precision
        options = {"size": f"[{EDGE},{EDGE}]", "iterations": ITERATIONS, "precision": precision, "weights": "random"}
        sweep("figure5", out, options)
        losses[precision] = results.load(out).set_index(["style_layers", "ratio"])["total_loss"]
    difference = (losses["bf16"] / losses["fp32"] - 1).abs()
    name = f"bf16 against fp32, figure 5 at {EDGE} px, {ITERATIONS} iterations: difference of the final loss"
    return [
        Measurement(f"{name}, largest", f"{100 * difference.max():.2f} %", "2 %"),
        Measurement(f"{name}, middle", f"{100 * difference.median():.2f} %"),
    ]
