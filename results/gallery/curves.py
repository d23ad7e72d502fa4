"""Writes loss curves in files of a hundred trials. The page loads a file when one of its trials is opened."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from results.gallery.script import call, rounded
from results.run.rows import read_rows
from results.run.storage import Run
from stylize import registry

PER_FILE = 100


def curve_files(runs: Sequence[tuple[Run, Sequence[str]]]) -> tuple[dict[str, bytes], list[str]]:
    """The files by their paths below the page's run, and the version of each, from which a browser knows that it
    changed.

    Each run is given with its trials, in the page's order. The curve of a trial is its steps, then each loss of
    `registry.curves()`; null if there is none.
    """
    curves = [curve for run, trial_ids in runs for curve in _curves(run, trial_ids)]
    files, versions = {}, []
    for number, start in enumerate(range(0, len(curves), PER_FILE)):
        content = call("gallery.receiveCurves", number, curves[start : start + PER_FILE])
        versions.append(hashlib.sha256(content).hexdigest()[:12])
        files[f"gallery/curves/{number:03}.js"] = content
    return files, versions


def _curves(run: Run, trial_ids: Sequence[str]) -> Iterator[list[Any] | None]:
    names = [f"history_{name}" for name in registry.curves()]
    rows = read_rows(run, columns=["trial_id", "history_step", *names]).to_pydict()
    row_of = {trial: at for at, trial in enumerate(rows["trial_id"])}
    for trial in trial_ids:
        if (at := row_of.get(trial)) is None or not rows["history_step"][at]:
            yield None
            continue
        losses = [[rounded(loss) for loss in rows[name][at] or ()] for name in names]
        yield [rows["history_step"][at], *losses]
