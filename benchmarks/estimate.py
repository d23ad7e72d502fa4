"""Compares the time that `sweep plan` estimates for figure 5 with the time that the sweep takes."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measurement import Measurement
from benchmarks.sweeps import sweep

CASES = ((128, 60), (224, 30))


def run() -> list[Measurement]:
    """Estimated and measured seconds at two sizes."""
    rows = []
    folder = Path(tempfile.mkdtemp(prefix="estimate-"))
    for edge, iterations in CASES:
        settings = {"size": f"[{edge},{edge}]", "iterations": iterations, "weights": "random"}
        options = [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
        command = [
            sys.executable,
            "-m",
            "orchestrator",
            "plan",
            "figure5",
            "--offline",
        ]
        planned = subprocess.run([*command, "--json", *options], check=True, capture_output=True, text=True).stdout
        estimated = json.loads(planned)["seconds_on_this_processor"]
        measured = sweep("figure5", folder / str(edge), settings)
        figure = f"{estimated:.0f} s, took {measured:.0f} s: {100 * (estimated / measured - 1):+.0f} %"
        rows.append(Measurement(f"estimate of figure 5 at {edge} px, {iterations} iterations", figure, "within 25 %"))
    return rows
