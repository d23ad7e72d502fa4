"""Loss curves in files of a hundred trials, which the page loads where somebody looks."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from results.gallery.script import call, rounded
from results.run.folder import Run
from results.run.rows import read_rows
from stylize import registry

PER_FILE = 100


def curve_files(run: Run, trial_ids: Sequence[str]) -> tuple[dict[str, bytes], list[str]]:
    """The files by their paths below the run, and the version of each, by which a browser knows that it is new.

    `trial_ids` are in the order that the page has. A trial's curve is its steps and then each loss of
    `registry.curves()`, or null.
    """
    names = [f"history_{name}" for name in registry.curves()]
    rows = read_rows(run, columns=["trial_id", "history_step", *names]).to_pydict()
    row_of = {trial: at for at, trial in enumerate(rows["trial_id"])}

    def curve(trial: str) -> list[Any] | None:
        if (at := row_of.get(trial)) is None or not rows["history_step"][at]:
            return None
        losses = [[rounded(loss) for loss in rows[name][at] or ()] for name in names]
        return [rows["history_step"][at], *losses]

    files, versions = {}, []
    for number, start in enumerate(range(0, len(trial_ids), PER_FILE)):
        curves = [curve(trial) for trial in trial_ids[start : start + PER_FILE]]
        content = call("gallery.receiveCurves", number, curves)
        versions.append(hashlib.sha256(content).hexdigest()[:12])
        files[f"gallery/curves/{number:03}.js"] = content
    return files, versions
