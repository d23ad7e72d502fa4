"""How many of the best trials of a grid `halving` finds, and at which share of the cost of running all to the end."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd

from benchmarks.measurement import Measurement
from orchestrator.cluster.status import Status
from orchestrator.request import Request
from orchestrator.sweep import execute
from results import load

TRIALS, BEST = 200, 5
METRIC = "style_distance"
RUNGS, KEEP = (50, 150, 500), 0.33

GRID = f"""\
settings: {{content: astronaut, style: swirls, size: 64, iterations: {RUNGS[-1]}, precision: fp32}}
axes:
  ratio: {{loguniform: [1e-5, 1e-1]}}
  learning_rate: {{loguniform: [0.5, 40]}}
  decay: {{choice: [none, staircase, inverse_time]}}
  init: {{choice: [content, noise]}}
sample: {{count: {TRIALS}, seed: 0}}
"""
HALVING = f"halving: {{by: {METRIC}, rungs: {list(RUNGS)}, keep: {KEEP}}}\n"


def run() -> list[Measurement]:
    """Two sweeps of the same grid, one of which stops trials early. One worker with one thread each."""
    with tempfile.TemporaryDirectory(prefix="halving-") as name:
        folder = Path(name)
        whole, halved = _swept(folder / "whole", GRID), _swept(folder / "halved", GRID + HALVING)
    best = list(whole.sort_values(METRIC)["trial_id"].head(BEST))
    ended = halved[halved["stopped_at_rung"].isna()]
    found = len(set(best) & set(ended["trial_id"]))
    ranks = whole[METRIC].rank().loc[ended.sort_values(METRIC)["trial_id"]].head(BEST)
    steps = halved["steps"].sum() / whole["steps"].sum()
    seconds = halved["seconds"].sum() / whole["seconds"].sum()
    what = f"{TRIALS} trials by {METRIC}, rungs {list(RUNGS)}, keep {KEEP}"
    return [
        Measurement(f"halving of {what}: share of all steps", f"{100 * steps:.1f} %", "30 %"),
        Measurement("the same: share of the seconds of all optimisations", f"{100 * seconds:.1f} %", "30 %"),
        Measurement(f"the same: how many of the best {BEST} of all were found", f"{found} of {BEST}"),
        Measurement(f"the same: places of its best {BEST} among all", ", ".join(f"{rank:.0f}" for rank in ranks)),
        Measurement("all to the end: seconds of all optimisations", f"{whole['seconds'].sum():.0f} s"),
    ]


def _swept(folder: Path, text: str) -> pd.DataFrame:
    folder.mkdir()
    (folder / "grid.yaml").write_text(text)
    request = Request(folder / "grid.yaml", out=str(folder / "run"), offline=True, workers=1)
    outcome = execute(request, _quiet())
    assert outcome.failed == outcome.unfinished == 0
    return load(folder / "run").set_index("trial_id", drop=False)


@contextlib.contextmanager
def _quiet() -> Iterator[Callable[[Status, str | None], None]]:
    yield lambda status, line: None
