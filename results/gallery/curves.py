"""Writes loss curves in files of a hundred trials. The page loads a file when one of its trials is opened."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

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
    curves = itertools.chain.from_iterable(_curves(run, trial_ids) for run, trial_ids in runs)
    files: dict[str, bytes] = {}
    versions: list[str] = []
    while of_file := list(itertools.islice(curves, PER_FILE)):
        number = len(files)
        content = call("gallery.receiveCurves", number, of_file)
        versions.append(hashlib.sha256(content).hexdigest()[:12])
        files[f"gallery/curves/{number:03}.js"] = content
    return files, versions


def _curves(run: Run, trial_ids: Sequence[str]) -> Iterator[list[Any] | None]:
    names = [f"history_{name}" for name in registry.curves()]
    rows = read_rows(run, columns=["trial_id", "history_step", *names])
    rows = rows.combine_chunks()  # which Arrow would do again for each file
    row_of = {trial: at for at, trial in enumerate(rows["trial_id"].to_pylist())}
    for start in range(0, len(trial_ids), PER_FILE):  # Python's numbers take ten times the memory of Arrow's
        found = [row_of.get(trial) for trial in trial_ids[start : start + PER_FILE]]
        some = rows.take(pa.array(found, pa.int64()))  # null where a trial has no row
        losses = [_rounded_lists(some[name].combine_chunks()) for name in names]
        for at, steps in enumerate(some["history_step"].to_pylist()):
            yield [steps, *(of_loss[at] for of_loss in losses)] if steps else None


def _rounded_lists(lists: pa.ListArray) -> list[list[float | None]]:
    """The rounded numbers of each list; none where a list is null."""
    ends = np.cumsum(lists.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)).tolist()
    numbers = rounded(lists.flatten().to_numpy(zero_copy_only=False))
    return [numbers[start:end] for start, end in itertools.pairwise([0, *ends])]
