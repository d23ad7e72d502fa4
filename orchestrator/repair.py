"""Repairs a run: sets damaged files aside, and computes their trials again with the run's own grid.

Damage is found in `results/run/verify.py` and set aside in `results/run/repair.py`; here the trials are computed again.
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
    """The files that were set aside, and the outcome of the sweep that computed their trials again."""

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
    """Set aside the damage that `verify` found, and compute the trials again that lost their rows by it.

    The trials of a damaged shard are not known, so all trials with an image and no row are taken. Raises UsageError if
    the run's grid was moved (damaged files have been set aside by then), and what a sweep raises.
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
    """The request by which the run was made. Raises UsageError if its grid no longer exists."""
    record = run.metadata().get("request")
    if not record:
        raise UsageError(f"{run.location} was written by a version that did not keep how it was asked for")
    asked = Request.from_record(record)
    if not asked.grid.is_file():
        raise UsageError(f"the grid of {run.location} is no longer at {asked.grid}")
    return asked
