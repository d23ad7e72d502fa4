"""Runs the batches of a plan on a cluster: joins it, decides on the workforce, and starts the engine.

This is the entry to this folder for `orchestrator/sweep.py`. The main loop is in `engine`."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager

from orchestrator.cluster.engine import Engine
from orchestrator.cluster.handovers import NetworkParts
from orchestrator.cluster.material_store import MaterialStore
from orchestrator.cluster.nodes import alive_nodes, gpus_may_come
from orchestrator.cluster.session import session
from orchestrator.cluster.status import Listener, Status
from orchestrator.cluster.workforce import Workforce, workforce
from orchestrator.interruption import Interruption
from orchestrator.plan.plan import Plan
from orchestrator.plan.source import Source
from orchestrator.request import Request
from results import Run
from results.gallery.live import live


def work(
    source: Source,
    run: Run,
    request: Request,
    networks: dict[str, NetworkParts],
    display: AbstractContextManager[Listener],
    say: Callable[[str], None] | None = None,
    *,
    repack: bool,
) -> tuple[Status, bool]:
    """Run the batches that a source gives on a cluster. With `repack`, GPUs get batches that are cut for each of them.

    Returns the progress, and whether the sweep was interrupted before the end. Raises EngineError if it cannot go on.
    """
    plan = source.plan
    with (
        Interruption(request.grace) as interruption,
        session(request.address, lambda: interruption.came, say or (lambda line: None)),
    ):
        joined = bool(request.address or os.environ.get("RAY_ADDRESS"))

        def survey() -> Workforce:
            return workforce_of_cluster(request, plan, joined=joined)

        force = survey()
        cut = repack and bool(force.gpus) and not request.exact
        force = force.for_batches(_most_batches(plan, cut=cut))
        with display as listener:
            engine = Engine(
                source,
                run,
                force,
                MaterialStore(run, networks, plan.inputs),
                listener,
                max_failures=request.failures_allowed,
                survey=survey if joined else None,
                cut_for_devices=cut,
            )
            batches = "" if cut else f" in {len(plan.batches)} batches"
            later = source.to_come().trials
            more = f", then probably {later} more," if later else ""
            listener(engine.status, f"{engine.status.total - later} trials{batches}{more} on {force.describe()}")
            interruption.watch(engine)
            with live(run):
                status = engine.run()
    finished = status.done + status.failed
    return status, engine.stopping and finished < status.total and not (
        request.failures_allowed is not None and status.failed >= request.failures_allowed
    )


def _most_batches(plan: Plan, *, cut: bool) -> int:
    """How many batches there may be at the same time. A search gives more than those that its plan has now."""
    if plan.grid.search:
        return plan.grid.search.at_once if cut else plan.parallel_at_first
    return sum(batch.width for batch in plan.batches) if cut else plan.parallel


def workforce_of_cluster(request: Request, plan: Plan, *, joined: bool) -> Workforce:
    """What the connected cluster should be asked for. `joined`: it was there before, and machines may join it."""
    return workforce(
        alive_nodes(),
        request.workers,
        request.gpus_per_worker,
        plan.parallel_at_first,
        joined=joined,
        gpus_may_come=joined and gpus_may_come(),
    )
