"""Sets damaged files that `verify` found aside, so that the next sweep computes their trials again.

Nothing is thrown away: damaged files, and the rows of trials that have to be computed again, are kept below `damaged/`.
They are computed again in `orchestrator/repair.py`.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from results.run.compact import merge, shards_with
from results.run.derived import forget_derived
from results.run.parquet import to_parquet
from results.run.rows import merged_rows
from results.run.storage import Run
from results.run.verify import Finding

FOLDER = "damaged"


@dataclass(frozen=True)
class SetAside:
    """What a repair set aside. `trials` have no row any more and are computed again by the next sweep; `files` are the
    paths that files have now.
    """

    trials: tuple[str, ...]
    files: tuple[str, ...]


def set_aside(run: Run, findings: Sequence[Finding]) -> SetAside:
    """Move damaged files away and take back the rows of trials that have to be computed again.

    The run must be locked. It may be killed at any time: no step leaves the run worse than it was.
    Raises RunError.
    """
    damage = [finding for finding in findings if not finding.harmless]
    if not damage:
        return SetAside((), ())
    forget_derived(run)  # the next sweep writes plan, pictures, sheet and gallery anew
    folder = f"{FOLDER}/{datetime.datetime.now(datetime.UTC):%Y%m%dT%H%M%S%f}"
    files = [_move(run, path, folder) for path in _below_the_run(run, {finding.path for finding in damage})]
    trials = tuple(sorted({trial for finding in damage for trial in finding.trials}))
    if trials:
        files += _take_back(run, trials, folder)
    return SetAside(trials, tuple(files))


def _below_the_run(run: Run, paths: set[str]) -> list[str]:
    """The paths that are files of the run. A damaged row could name any other file of the machine."""
    return sorted(paths & set(run.names("**")))


def _move(run: Run, path: str, folder: str) -> str:
    target = f"{folder}/{path}"
    run.write(target, run.read(path))
    run.remove([path])
    return target


def _take_back(run: Run, trials: Sequence[str], folder: str) -> list[str]:
    """Write the shards that have rows of these trials anew without them; the rows are kept beside the other files."""
    wanted = pa.array(trials, pa.string())
    concerned = shards_with(run, wanted)
    if not concerned:
        return []
    rows = merged_rows(run, concerned)
    kept = f"{folder}/rows.parquet"
    run.write(kept, to_parquet(rows.filter(pc.is_in(rows["trial_id"], value_set=wanted))))
    merge(run, concerned, without=wanted)
    return [kept]
