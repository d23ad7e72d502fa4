"""A golden set: what the bundled grids give, small, to show that a change of the code changed no result.

    python -m benchmarks.golden /tmp/before.json          # on the code as it was
    python -m benchmarks.golden /tmp/after.json           # on the code as it is
    diff /tmp/before.json /tmp/after.json                 # nothing, where nothing changed

Each bundled grid runs at 64 pixels, batched and with --exact; one run is resumed, and one is a clip. The
file lists the columns of each table and, for every trial, its id, its status and the sha256 of its pixels. Pixels
depend on the processor, so that two files are compared on one machine only, and none is kept in the repository.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SMALL = ["--offline", "--workers", "2", "--set", "size=64"]
LONG = ("initialisation", "optimisers")
"""Grids that have `iterations` as an axis, which stays."""

MOST_TRIALS = 8


def main(path: Path) -> None:
    """Run every grid and write what came out."""
    folder = Path(tempfile.mkdtemp(prefix="golden-"))
    found: dict[str, Any] = {}
    for grid in sorted((Path(__file__).parents[1] / "grids").glob("*.yaml")):
        if grid.stem == "pictures":
            continue
        iterations = [] if grid.stem in LONG else ["--set", "iterations=6"]
        for exact in ([], ["--exact"]):
            name = f"{grid.stem}{' --exact' if exact else ''}"
            found[name] = sweep(grid, folder / name.replace(" ", ""), [*iterations, *exact], MOST_TRIALS)
            print(f"{name}: {len(found[name]['trials'])} trials", file=sys.stderr, flush=True)
    quickstart = Path(__file__).parents[1] / "grids" / "quickstart.yaml"
    sweep(quickstart, folder / "resumed", ["--set", "iterations=6"], 2)
    found["quickstart, resumed"] = sweep(quickstart, folder / "resumed", ["--set", "iterations=6"], None)
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def sweep(grid: Path, out: Path, options: list[str], limit: int | None) -> dict[str, Any]:
    """Run one grid into a folder of its own, and read its table."""
    limited = [] if limit is None else ["--limit", str(limit)]
    command = [sys.executable, "-m", "orchestrator"]
    ran = subprocess.run([*command, str(grid), "--out", str(out), *SMALL, *options, *limited], check=False)
    if ran.returncode > 1:
        raise SystemExit(f"{grid.stem} ended with status {ran.returncode}")
    import results

    trials = results.load(out)
    return {
        "columns": list(trials.columns),
        "trials": {
            row.trial_id: f"{row.status} {row.pixels_sha256}"
            for row in trials.sort_values("trial_id").itertuples(index=False)
        },
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
