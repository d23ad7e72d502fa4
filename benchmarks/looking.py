"""What it costs to look at a run of 100,000 trials, and at one of a million: its table, its gallery, its sheet.

Seconds are of the processor and memory is the most that a process had, each of a process of its own. The rows are those
of a simulated optimiser, with curves of two points, and come in an order that is not the grid's. 100,000 trials have
images of 32×32 pixels, all of them the same, and small copies, as workers write them; a million trials have none. First
the sweep is brought to its end, which merges the row files: users look at a finished run.
"""

from __future__ import annotations

import contextlib
import datetime
import io
import os
import random
import resource
import tempfile
import time
import uuid
import warnings
from pathlib import Path
from typing import Literal

from benchmarks.measurement import Measurement
from benchmarks.overhead import in_a_process, many_grid, simulated

MANY, MOST = 100_000, 1_000_000

FIRST = ("index.html", "data.js", "state.js")
"""What a page reads beside its own scripts before it shows the first image."""


def run() -> list[Measurement]:
    """One row for each goal."""
    rows = []
    for count, goals in ((MANY, True), (MOST, False)):
        out = simulated_run(count)
        for name, function, goal in (
            ("the end of a sweep, from the last commit to the exit", "end", "30 s, 600 MB"),
            ("`results.load`", "load", "2 s"),
            (f"`sweep table`, which shows 1,000 of {count:,} rows and says so", "as_text", "5 s, 500 MB"),
            ("`sweep table --json`", "as_json", "5 s, 500 MB"),
            ("`sweep gallery`", "gallery", "10 s"),
            ("`sweep sheet`, which shows 5,000 trials and says so", "sheet", ""),
        ):
            figure = in_a_process("looking", function, str(out))
            rows.append(Measurement(f"{count:,} trials: {name}", figure, goal if goals else ""))
        size = sum((out / "gallery" / name).stat().st_size for name in FIRST)
        rows.append(
            Measurement(
                f"{count:,} trials: data that the gallery reads before the first image",
                f"{size / 1e6:.1f} MB",
                "8 MB" if goals else "",
            )
        )
    return rows


def simulated_run(trials: int) -> Path:
    """A run of so many trials that are done, as a sweep leaves it before it ends."""
    folder = Path(tempfile.mkdtemp(prefix="looking-"))
    out = folder / "many"
    in_a_process("looking", "make", str(many_grid(folder, trials)), str(out))
    return out


def make(grid: str, out: str) -> str:
    """Commit a row for each trial, and link an image and its small copy to each."""
    from PIL import Image

    from orchestrator.describe import write_run
    from orchestrator.plan.known_row import known_row
    from orchestrator.plan.settings_columns import SETTINGS_SCHEMA
    from orchestrator.request import Request
    from orchestrator.sweep import prepare
    from results import Run
    from results.run.rows import rows_table, write_shard

    request = Request(grid=Path(grid), out=out, offline=True, however_many=True)
    plan, run = prepare(request, fetch=True)
    write_run(run, plan, request)
    buffer = io.BytesIO()
    Image.effect_noise((32, 32), 90).convert("RGB").save(buffer, "PNG")
    hashes = {reference: picture.sha256 for reference, picture in plan.inputs.pictures.items()}
    trials = list(plan.trials.values())
    random.Random(0).shuffle(trials)
    for start in range(0, len(trials), 10_000):
        now = datetime.datetime.now(datetime.UTC)
        rows = []
        for trial in trials[start : start + 10_000]:
            row = known_row(trial, hashes) | simulated(trial.id) | {"committed_at": now}
            if len(trials) <= MANY:
                row |= {"image_path": Run.image_path(trial.id), "pixels_sha256": f"{trial.id:0<64}"}
                for path in (row["image_path"], Run.thumbnail_path(f"{trial.id:0<64}", 96)):
                    (Path(out) / path).parent.mkdir(parents=True, exist_ok=True)
                    (Path(out) / path).write_bytes(buffer.getvalue())
            rows.append(row)
        write_shard(run, uuid.uuid4().hex, rows_table(SETTINGS_SCHEMA, rows))
    return ""


def load(out: str) -> str:
    """Seconds of `results.load`, and the memory of the process."""
    import results

    results.load  # noqa: B018 - imports pandas before the clock runs
    with _Cost() as cost:
        results.load(out)
    return cost.figure


def as_text(out: str) -> str:
    """The same for `sweep table`, imports included."""
    return _table(out, "text")


def as_json(out: str) -> str:
    """The same for `sweep table --json`."""
    return _table(out, "json")


def _table(out: str, form: Literal["text", "json"]) -> str:
    import results
    from orchestrator.command.table_text import print_table

    with _Cost() as cost, open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        print_table(results.load(out), None, None, form)
    return cost.figure


def gallery(out: str) -> str:
    """The same for the gallery."""
    from results import Run
    from results.gallery.write import write_gallery

    with _Cost() as cost:
        write_gallery(Run(out))
    return cost.figure


def sheet(out: str) -> str:
    """The same for the sheet."""
    import results

    with _Cost() as cost, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results.sheet(results.load(out, missing=True)).save(Path(out) / "sheet.png")
    return cost.figure


def end(out: str) -> str:
    """The same for what a sweep does after its last row, in the process that planned it."""
    from orchestrator import finish
    from orchestrator.describe import write_run
    from orchestrator.request import Request
    from orchestrator.sweep import prepare

    [grid] = Path(out).parent.glob("*.yaml")
    request = Request(grid=grid, out=out, offline=True, however_many=True)
    plan, run = prepare(request, fetch=True)
    derived = write_run(run, plan, request)
    with _Cost() as cost:
        finish.check_rows(run, plan)
        finished = finish.finish(run, plan, derived, interrupted=False)
    assert finished.sheet, finished.notes
    assert finished.gallery, finished.notes
    return cost.figure


class _Cost:
    """Seconds of the processor meanwhile, and the most memory that the process had until its end."""

    def __enter__(self) -> _Cost:
        self._began = time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        self.figure = f"{time.process_time() - self._began:.1f} s, {memory:.0f} MB"
