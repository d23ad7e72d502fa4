"""Mending a run: what is damaged is set aside, and its trials are computed again as the run's own grid says.

How damage is found and set aside is in `results/run/verify.py` and `repair.py`; this adds the computing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from downloads import Watch
from orchestrator.cluster.status import Listener
from orchestrator.errors import UsageError
from orchestrator.request import Request
from orchestrator.sweep import Outcome, execute
from results import Run
from results.run.repair import SetAside, set_aside
from results.run.rows import read_rows
from results.run.verify import Finding


@dataclass(frozen=True)
class Repair:
    """What was set aside, and how the sweep ended that computed it again."""

    aside: SetAside
    outcome: Outcome


def repair(
    run: Run,
    findings: Sequence[Finding],
    display: AbstractContextManager[Listener],
    *,
    watch: Watch | None = None,
    say: Callable[[str], None] | None = None,
) -> Repair:
    """Set aside what `verify` found, and compute again the trials that have lost their row by it.

    A damaged shard cannot be asked for its trials: those are taken that have an image and no row. Raises UsageError
    where the run's grid is no longer where it was, after what is damaged was set aside, and what a sweep raises.
    """
    with run.locked(say=say):
        aside = set_aside(run, findings)
        with_row = set(read_rows(run, columns=["trial_id"])["trial_id"].to_pylist())
    try:
        request = replace(request_of(run), out=run.location, however_many=True)
    except UsageError as error:
        again = f"what was damaged is set aside; a sweep of its grid with --out {run.location} computes it again"
        raise UsageError(f"{error}; {again}") from error
    names = (path.rpartition("/")[2].removesuffix(".png") for path in run.names("images/*/*.png"))
    trials = {*aside.trials, *(name for name in names if name not in with_row)}
    return Repair(aside, execute(request, display, trials=frozenset(trials), watch=watch, say=say))


def request_of(run: Run) -> Request:
    """What was asked for when the run was made. Raises UsageError where its grid is no longer there."""
    record = run.metadata().get("request")
    if not record:
        raise UsageError(f"{run.location} was written by a version that did not keep how it was asked for")
    asked = Request.from_record(record)
    if not asked.grid.is_file():
        raise UsageError(f"the grid of {run.location} is no longer at {asked.grid}")
    return asked
