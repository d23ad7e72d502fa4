"""What `sweep plan` shows, as data: the trials of a grid, their inputs, and estimates of time and disk."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

from orchestrator.plan.plan import Plan
from orchestrator.plan.settings_columns import settings_row
from orchestrator.preview import space
from orchestrator.preview.time import Estimate, left_share
from results import Run
from stylize.registry import STYLE_REPRESENTATIONS


def _search(plan: Plan) -> dict[str, Any] | None:
    """What a search will try, of which the plan has only the trials that are proposed so far."""
    search = plan.grid.search
    if search is None:
        return None
    return {
        "trials": search.trials,
        "sampler": search.sampler,
        "minimise": [one.column for one in search.objectives if one.better == "lower"],
        "maximise": [one.column for one in search.objectives if one.better == "higher"],
        "at_once": search.at_once,
        "axes": {name: one.text() for name, one in search.distributions.items()},
        "to_propose": search.trials - len(plan.points),
    }


def preview(plan: Plan, run: Run, time: Estimate, price: float | None = None) -> dict[str, Any]:
    """A plan as data, for `--json` and for the terminal. `price`: of a GPU-hour, or of a worker's hour."""
    states = Counter(plan.states.values())
    return {
        "grid": plan.grid.name,
        "title": plan.grid.title,
        "run": run.location,
        "axes": [
            {"settings": list(dimension.settings), "values": [dimension.names(name) for name in dimension.settings]}
            for dimension in plan.grid.dimensions
        ],
        "fixed": {
            name: value
            for name, value in settings_row(plan.grid.settings).items()
            if name in plan.grid.settings.model_fields_set
        },
        "search": _search(plan),
        "trials": {
            "points": len(plan.points),
            "different": len(plan.trials),
            "done": states["done"],
            "failed": states["failed"],
            "to run": states["to run"],
            "not selected": states["not selected"],
            "continued": sum(trial.begins is not None for batch in plan.batches for trial in batch.trials),
        },
        "halving": _halving(plan),
        "batches": {
            "count": len(plan.batches),
            "at_once": plan.parallel,
            "patches_alone": any(
                STYLE_REPRESENTATIONS[setup.settings.style_representation].searches == "patches"
                for setup in plan.setups
            ),
            "widths": dict(sorted(Counter(batch.width for batch in plan.batches).items())),
        },
        "pictures": {
            reference: {
                "from": picture.origin,
                "size": list(picture.size) if picture.source else None,
                "stand_in": picture.stand_in,
                "to_download": picture.source is None,
            }
            for reference, picture in plan.inputs.pictures.items()
        }
        | {
            reference: {
                "from": f"{len(folder.files)} pictures to learn from in {folder.path}",
                "size": None,
                "stand_in": None,
                "to_download": False,
            }
            for reference, folder in plan.inputs.folders.items()
        },
        "weights": {
            " ".join(part for part in (architecture, weights.reference, given) if part): {
                "from": weights.origin,
                "stand_in": weights.stand_in,
                "to_download": not weights.is_here,
                "preprocessing": weights.preprocessing_used,
                "preprocessing_is_assumed": weights.preprocessing_is_assumed,
            }
            for (architecture, _, given), weights in plan.inputs.weights.items()
        },
        "seconds": None if time.seconds is None else round(time.seconds),
        "seconds_on_this_processor": None if time.seconds is None else round(time.seconds),  # the name before
        "time": {
            "workers": time.workers,
            "basis": time.basis,
            "gpu_hours": time.gpu_hours,
            "worker_hours": time.worker_hours,
            "cost": time.cost(price),
        },
        "state_bytes": space.state_bytes(plan.expected),
        "disk_bytes": round(space.disk_bytes(plan.expected) * left_share(plan)),
        "sheet_pixels": list(space.sheet_pixels(plan)),
    }


def _halving(plan: Plan) -> dict[str, Any] | None:
    """The rungs of a grid with `halving`, with what has reached them and what is expected to, and the share that all
    this is of the work of running every trial to its end.
    """
    if not (plan.halved and plan.standing):
        return None
    halving, standing = plan.halved.halving, plan.standing
    counts = [len(here) + len(later) for here, later in zip(standing.at_rung, standing.expected, strict=True)]
    steps = [last - first for first, last in itertools.pairwise((0, *halving.rungs))]
    work = sum(
        trial.setup.operations_a_step * more
        for here, later, more in zip(standing.at_rung, standing.expected, steps, strict=True)
        for trial in [*here, *later]
    )
    asked = {trial.id: trial for _, trial in plan.halved.asked}.values()
    return {
        "by": halving.by,
        "within": list(halving.within),
        "keep": halving.keep,
        "rungs": [{"steps": rung, "trials": count} for rung, count in zip(halving.rungs, counts, strict=True)],
        "share": work / sum(trial.operations for trial in asked),
    }
