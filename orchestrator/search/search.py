"""What a sweep of a grid with `search` does otherwise than any other: its plan, its source, and what it loads."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace

from orchestrator.errors import UsageError
from orchestrator.grid.grid import Grid
from orchestrator.plan.batches import DEFAULT_PACKING, EXACT
from orchestrator.plan.inputs import Inputs
from orchestrator.plan.plan import Plan, Selection
from orchestrator.plan.recorded import read_recorded
from orchestrator.plan.trial import Trial
from orchestrator.plan.trials import make_trials
from orchestrator.request import Request
from orchestrator.search.source import SearchSource
from results import Run

MOST_COMBINATIONS = 256
"""Of choices, whose pictures and weights are all looked up before anything runs."""


def search_plan(request: Request, grid: Grid, inputs: Inputs, run: Run, trials: frozenset[str] | None) -> Plan:
    """The plan of a search: what its run has, and what would be proposed next. `trials`: run only these of it.

    Raises GridError, UsageError and RunError.
    """
    for option, given in (("--only", request.only), ("--limit", request.limit)):
        if given:
            raise UsageError(f"{option} does not go with a search, which proposes its trials itself; change `trials`")
    make_trials(grid.with_points(_combinations(grid)), inputs)  # finds the pictures and weights of every choice
    packing = EXACT if request.exact else DEFAULT_PACKING
    plan = SearchSource(grid, inputs, run, packing, retry_failed=request.retry_failed).plan
    recorded, shards = read_recorded(run)
    if trials is not None:
        plan = replace(plan, selection=Selection(trials=trials)).updated(recorded.states)
    return replace(plan, shards=shards)


def search_source(request: Request, plan: Plan, run: Run, publish: Callable[[Plan], None]) -> SearchSource:
    """The source of a search that has this plan. `publish` is called with a larger plan before its new trials run."""
    retry = request.retry_failed
    return SearchSource(plan.grid, plan.inputs, run, plan.packing, retry_failed=retry, publish=publish)


def waits_for_votes(plan: Plan) -> bool:
    """Whether a search has more to propose, but not before people have voted on what is there."""
    return plan.grid.search is not None and not plan.batches and len(plan.points) < plan.grid.search.trials


def each_choice(plan: Plan) -> list[Trial]:
    """For a search, trials with every network that it may propose; otherwise none."""
    if not plan.grid.search:
        return []
    return [trial for _, trial in make_trials(plan.grid.with_points(_combinations(plan.grid)), plan.inputs)]


def _combinations(grid: Grid) -> list[tuple[object, ...]]:
    """Points with every combination of choices; if these are too many, points that have every choice among them."""
    assert grid.search is not None
    columns = [one.values if one.kind == "choice" else (one.at(0.5),) for one in grid.search.distributions.values()]
    if math.prod(map(len, columns)) <= MOST_COMBINATIONS:
        return list(itertools.product(*columns))
    longest = max(map(len, columns))
    return [tuple(column[number % len(column)] for column in columns) for number in range(longest)]
