"""How well `sweep plan` foresees how long a sweep takes: by a short measurement, and then by the rows of that sweep."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measurement import Measurement
from benchmarks.sweeps import sweep

CASES: tuple[tuple[str, dict[str, object]], ...] = (
    ("figure5", {"size": "[128,128]", "iterations": 60}),
    ("figure5", {"size": "[224,224]", "iterations": 30, "weights": "random"}),
    ("optimisers", {"iterations": 100}),
    ("quickstart", {}),
)
"""Grids that come with the program, and settings that make them short."""


def run() -> list[Measurement]:
    """Estimated and measured seconds of each grid."""
    rows = []
    for grid, settings in CASES:
        folder = Path(tempfile.mkdtemp(prefix="estimate-"))
        os.environ["SWEEP_CACHE"] = str(folder / "cache")  # nothing was measured before
        estimates = [estimated(grid, folder / "first", settings)]
        measured = sweep(grid, folder / "first", settings)
        estimates.append(estimated(grid, folder / "second", settings))
        figure = ", ".join(f"{seconds:.0f} s ({seconds / measured:.2f} ×)" for seconds in estimates)
        changed = ", ".join(f"{name} {value}" for name, value in settings.items())
        rows.append(
            Measurement(
                f"{grid}{f' ({changed})' if changed else ''}: estimate by a short measurement, and by rows; "
                f"it took {measured:.0f} s",
                figure,
                "within 1.5 ×",
            )
        )
    return rows


def estimated(grid: str, out: Path, settings: dict[str, object]) -> float:
    """Seconds that `sweep plan` says."""
    options = [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
    command = [sys.executable, "-m", "orchestrator", "plan", grid, "--offline", "--json", "--out", str(out), *options]
    planned = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(json.loads(planned)["seconds"])
