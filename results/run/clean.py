"""What a run keeps of trials that its grid no longer has: their rows, images, snapshots, states and thumbnails.

They are kept because a grid may be changed back. Here they are found, and removed on request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from results.run.compact import merge, shards_with
from results.run.rows import EARLIER_RUNGS, read_plan, read_rows
from results.run.storage import Run

_OF_TRIAL = "trial:"
"""How a grid writes an initial image that is the image of a trial; `orchestrator/plan/inputs.py` resolves it."""


@dataclass(frozen=True)
class Superseded:
    """Trials that the grid no longer has, and the bytes of each of their files, by path below the run."""

    trials: tuple[str, ...]
    files: Mapping[str, int]

    @property
    def images(self) -> list[str]:
        """The paths of the images among the files."""
        return [path for path in self.files if path.startswith("images/")]


def superseded(run: Run) -> Superseded:
    """What a run has of trials that are not in its plan. Raises RunError."""
    plan = read_plan(run)
    kept = set(plan["trial_id"].to_pylist()) | _initial_images(plan) | _earlier_rungs(plan)
    rows = read_rows(run, columns=["trial_id", "pixels_sha256", "kept_by"]).to_pylist()
    gone = tuple(sorted({row["trial_id"] for row in rows} - kept))
    snapshots = kept | {row["kept_by"] for row in rows if row["trial_id"] in kept}
    shown = {row["pixels_sha256"][:20] for row in rows if row["trial_id"] in kept and row["pixels_sha256"]}
    files = {path: size for path, size in run.sizes("images/**").items() if _stem(path) not in kept}
    files |= {path: size for path, size in run.sizes("prints/**").items() if _stem(path) not in kept}
    files |= {path: size for path, size in run.sizes("states/**").items() if _stem(path) not in kept}
    files |= {path: size for path, size in run.sizes("frames/**").items() if _folder(path) not in snapshots}
    for path, size in run.sizes("gallery/thumbnails/**").items():
        if _stem(path).partition("-")[0] not in shown:
            files[path] = size
    return Superseded(gone, {path: size for path, size in files.items() if not path.endswith(".tmp")})


def remove_superseded(run: Run, found: Superseded) -> None:
    """Remove the rows and then the files of these trials; the run must be locked. Raises RunError.

    Rows go first: a killed removal leaves images without rows, which the next one finds.
    """
    trials = pa.array(found.trials, pa.string())
    if shards := shards_with(run, trials):
        merge(run, shards, without=trials)
    run.remove(list(found.files))


def _earlier_rungs(plan: pa.Table) -> set[str]:
    """The trials by which `halving` decided which others go on: without their rows it would run them again."""
    if EARLIER_RUNGS not in plan.column_names:
        return set()
    return {trial for trials in plan[EARLIER_RUNGS].to_pylist() for trial in trials or ()}


def _initial_images(plan: pa.Table) -> set[str]:
    """The trials whose images other trials start from; they need not be of this grid."""
    values = plan["init_image"].to_pylist() if "init_image" in plan.column_names else []
    return {value.removeprefix(_OF_TRIAL) for value in values if value and value.startswith(_OF_TRIAL)}


def _stem(path: str) -> str:
    return path.rpartition("/")[2].partition(".")[0]


def _folder(path: str) -> str:
    return path.rpartition("/")[0].rpartition("/")[2]
