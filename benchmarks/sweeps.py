"""Runs `sweep` as a user does, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path


def sweep(grid: str | Path, out: Path, settings: Mapping[str, object], *options: str) -> float:
    """The seconds that it took from start to end."""
    command = [
        sys.executable,
        "-m",
        "orchestrator",
        str(grid),
        "--offline",
        "--out",
        str(out),
    ]
    for name, value in settings.items():
        command += ["--set", f"{name}={value}"]
    started = time.perf_counter()
    subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started
