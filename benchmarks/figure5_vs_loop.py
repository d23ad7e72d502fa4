"""Figure 5, 15 trials, end to end: the sweep against a shell loop around a one-image script (`loop.py`), in one run.

The same network file, pictures, size and number of iterations; process starts count on both sides.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from safetensors.torch import save_file

import results
from benchmarks.measurement import Measurement
from benchmarks.sweeps import sweep
from pictures import Finder, resize
from stylize import ARCHITECTURES
from weights import find_weights

EDGE, ITERATIONS = 224, 100
LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
RATIOS = (1e-4, 1e-3, 1e-2)


def run(edge: int = EDGE, iterations: int = ITERATIONS) -> list[Measurement]:
    """How many times faster the sweep is, and by how much the final losses differ."""
    folder = Path(tempfile.mkdtemp(prefix="figure5-"))
    weights = folder / "vgg16.safetensors"
    shapes = ARCHITECTURES["vgg16"].parameter_shapes()
    save_file(find_weights("vgg16", "random", base=folder).load(shapes)[0], weights, {"preprocessing": "vgg-original"})
    for role, name in (("content", "astronaut"), ("style", "improvisation")):
        resize(Finder(folder).find(name).image(), (edge, edge)).save(folder / f"{role}.png")

    started = time.perf_counter()
    slow = {}
    for count in range(1, len(LAYERS) + 1):
        for ratio in RATIOS:
            out = folder / f"{count}-{ratio:g}.json"
            command = [sys.executable, str(Path(__file__).parent / "loop.py"), str(weights)]
            command += [str(folder / "content.png"), str(folder / "style.png"), ",".join(LAYERS[:count])]
            subprocess.run([*command, f"{ratio:g}", str(iterations), str(out)], check=True)
            slow[LAYERS[:count], ratio] = json.loads(out.read_text())["total_loss"]
    loop_seconds = time.perf_counter() - started

    settings = {"content": "astronaut", "style": "improvisation", "size": f"[{edge},{edge}]", "iterations": iterations}
    sweep_seconds = sweep("figure5", folder / "run", {**settings, "weights": str(weights)})
    trials = results.load(folder / "run")
    fast = {(row["style_layers"], row["ratio"]): row["total_loss"] for _, row in trials.iterrows()}
    differences = np.array([abs(fast[key] / slow[key] - 1) for key in slow])
    where = f"figure 5, {edge} px, {iterations} iterations"
    return [
        Measurement(f"{where}: one image at a time in fp32", f"{loop_seconds:.0f} s"),
        Measurement(f"{where}: sweep, Ray and all", f"{sweep_seconds:.0f} s"),
        Measurement(f"{where}: times faster", f"{loop_seconds / sweep_seconds:.2f}", "2.5"),
        Measurement(f"{where}: largest difference of the final loss", f"{100 * differences.max():.2f} %", "2 %"),
    ]
