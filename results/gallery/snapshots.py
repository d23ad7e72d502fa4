"""Lists the snapshots of a run for the page."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

_TRIAL_ID = re.compile(r"[0-9a-f]{8,64}")


def snapshots(trials: pd.DataFrame) -> dict[str, Any] | None:
    """The steps of the snapshots of these trials (a table of `load`); None if no trial has snapshots.

    `steps` has every list of steps once, and `codes` the index of each trial's list, -1 for none. `by` is the trial
    after which the snapshots are named, null for the trial itself: trials of one optimisation share snapshots. `ends`
    is the step of the last image.
    """
    if "kept_steps" not in trials:
        return None
    place: dict[tuple[int, ...], int] = {}
    codes: list[int] = []
    by: list[str | None] = []
    columns = (trials[name].tolist() for name in ("trial_id", "kept_steps", "kept_by"))
    for trial, kept, owner in zip(*columns, strict=True):
        known = isinstance(kept, tuple) and bool(kept) and isinstance(owner, str) and bool(_TRIAL_ID.fullmatch(owner))
        codes.append(place.setdefault(tuple(int(step) for step in kept), len(place)) if known else -1)
        by.append(owner if known and owner != trial else None)
    if not place:
        return None
    ends = [None if pd.isna(step) else int(step) for step in trials["steps"]]
    return {"steps": [list(steps) for steps in place], "codes": codes, "by": by, "ends": ends}
