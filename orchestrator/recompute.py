"""Computes some trials of a run again, to see whether the pixels are the same."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from downloads import Watch
from orchestrator.cluster.status import Listener
from orchestrator.errors import UsageError
from orchestrator.plan.batches import Batch
from orchestrator.repair import request_of
from orchestrator.request import Request
from orchestrator.sweep import prepare, run_batches
from results import Run, image, load
from results.run.rows import CIRCUMSTANCES

LOSS_TOLERANCE = 0.02
"""If they differ because of rounding, the final losses still agree within this share."""


@dataclass(frozen=True)
class Comparison:
    """One trial computed again. `differing`: the circumstances that differ from those in which the row was made."""

    trial_id: str
    identical: bool
    differing: tuple[str, ...]
    pixel_difference: float  # mean over pixels and channels, of 255
    loss_difference: float  # share of the row's total loss

    @property
    def passed(self) -> bool:
        """Whether the pixels are identical or, if circumstances differ, the losses are close."""
        return self.identical if not self.differing else self.loss_difference <= LOSS_TOLERANCE


def recompute(
    run: Run, count: int, seed: int, display: AbstractContextManager[Listener], *, watch: Watch | None = None
) -> Iterator[Comparison]:
    """Run the batches of `count` random trials again, in a folder of their own that is removed afterwards.

    Raises UsageError if the run's grid was moved or gives other trials, and what a sweep raises.
    """
    trials = load(run.location).set_index("trial_id", drop=False)
    done = sorted(trials.index[trials["status"] == "done"])
    request = _request_again(run)
    plan, _ = prepare(request, fetch=True, watch=watch, images=run)
    known = plan.halved.every_trial() if plan.halved else plan.trials
    lost = set(done) - known.keys()
    if lost:
        raise UsageError(
            f"{len(lost)} trials of {run.location} are not in its grid any more: pictures, weights, plugins or "
            "the grid changed"
        )
    chosen = set(random.Random(seed).sample(done, min(count, len(done))))
    batches = [batch for batch in plan.batches if chosen & {trial.id for trial in batch.trials}]
    if plan.halved:  # which trials shared a batch after the first rung depended on rows that may have changed since
        batches = [Batch(((known[trial],),)) for trial in sorted(chosen)]
        anywhere = plan.points[0][0]
        points = [(anywhere, known[trial]) for trial in sorted(chosen)]
        plan = replace(plan, points=points, halved=None, standing=None)
    with tempfile.TemporaryDirectory(prefix="sweep-verify-") as folder:
        run_batches(replace(plan, batches=batches), Run(folder), request, display)
        again = load(folder).set_index("trial_id", drop=False)
        for trial_id in sorted(chosen):
            yield _compare(trials.loc[trial_id], again.loc[trial_id])


def _request_again(run: Run) -> Request:
    """The request of the run with an empty folder, so that batches have the widths of the first plan."""
    nowhere = str(Path(tempfile.gettempdir()) / "sweep-verify-nothing-is-here")
    return replace(request_of(run), out=nowhere, however_many=True)


def _compare(before: Any, after: Any) -> Comparison:
    one, other = (np.asarray(image(row), dtype=np.float64) for row in (before, after))
    return Comparison(
        trial_id=before["trial_id"],
        identical=before["pixels_sha256"] == after["pixels_sha256"],
        differing=_differing(before, after),
        pixel_difference=float(np.abs(one - other).mean()),
        loss_difference=abs(after["total_loss"] / before["total_loss"] - 1) if before["total_loss"] else 0.0,
    )


def _differing(before: Any, after: Any) -> tuple[str, ...]:
    """The circumstances that differ. Those of steps that an earlier trial made count, too."""
    earlier = before.get("continued_under")
    other_before = ("continued_under",) if isinstance(earlier, str) and earlier else ()
    return tuple(name for name in CIRCUMSTANCES if _differs(before.get(name), after.get(name))) + other_before


def _differs(before: Any, after: Any) -> bool:
    """Whether two cells differ. A cell that an older version did not write counts as different, because it is not
    known.
    """
    return not (pd.notna(before) and pd.notna(after) and before == after)


def as_line(comparison: Comparison) -> str:
    """The result as one line for people."""
    where = f"{', '.join(comparison.differing)} differ" if comparison.differing else "the same circumstances"
    close = f"mean difference {comparison.pixel_difference:.2f} of 255, loss {100 * comparison.loss_difference:.2g} %"
    outcome = "identical" if comparison.identical else close
    verdict = "ok" if comparison.passed else "NOT as recorded"
    return f"{verdict}: trial {comparison.trial_id}: {outcome} ({where})"
