"""Measures how 100,000 trials are stored: the number of files, the time to read the table, and the requests to an
object store.

Seconds are seconds of the processor, so that other work on the machine hardly matters. A simulated optimiser commits
the rows through the driver's own code. The run is read twice: first as a sweep leaves it that was killed after its
last row, before the final merge of its files, and then after that merge.
"""

from __future__ import annotations

import datetime
import os
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.measurement import Measurement
from benchmarks.overhead import in_a_process, many_grid, simulated

MANY, AT_ONCE = 100_000, 16
"""Trials, and batches whose results come while a shard is being written, as they do from many GPUs."""


def run() -> list[Measurement]:
    """One row for each goal."""
    folder = Path(tempfile.mkdtemp(prefix="storage-"))
    grid, out = many_grid(folder, MANY), folder / "many"
    most, left, seconds = in_a_process("storage", "commit_many", str(grid), str(out)).split()
    loading = in_a_process("storage", "load_many", str(out))
    requests = in_a_process("storage", "resume_from_s3", str(grid), str(out))
    merging = in_a_process("storage", "merge_many", str(out))
    merged = in_a_process("storage", "load_many", str(out))
    return [
        Measurement(
            f"committing {MANY:,} trials in batches of 8, 16 batches at a time: shards at most, and left",
            f"{most}, {left}",
            "50",
        ),
        Measurement("the same: processor time of a batch", f"{seconds} ms"),
        Measurement("`results.load` of that run, whose sweep was killed", f"{loading} s", "2 s"),
        Measurement("merging its shards at the end of a sweep", f"{merging} s"),
        Measurement("`results.load` after that", f"{merged} s", "2 s"),
        Measurement("resuming the killed run from S3", f"{requests}", "50 requests"),
    ]


def commit_many(grid: str, out: str) -> str:
    """Commits a row for each trial of a grid, and says how many shards there were at most and are left, and the
    milliseconds of the processor that a batch took, making its rows included.
    """
    from orchestrator.describe import write_run
    from orchestrator.plan.known_row import known_row
    from orchestrator.plan.settings_columns import SETTINGS_SCHEMA
    from orchestrator.request import Request
    from orchestrator.sweep import prepare
    from results.run.commits import Commits

    request = Request(grid=Path(grid), out=out, offline=True)
    plan, run = prepare(request, fetch=True)
    write_run(run, plan, request)
    hashes = {reference: picture.sha256 for reference, picture in plan.inputs.pictures.items()}
    commits: Commits[str] = Commits(run, SETTINGS_SCHEMA)
    now = datetime.datetime.now(datetime.UTC)
    most, started = 0, time.process_time()
    for start in range(0, len(plan.batches), AT_ONCE):
        for batch in plan.batches[start : start + AT_ONCE]:
            rows = [known_row(trial, hashes) | simulated(trial.id) | {"committed_at": now} for trial in batch.trials]
            commits.add(batch.name, rows)
        while commits.waiting:
            commits.committed()
            time.sleep(0.0005)
        most = max(most, len(os.listdir(Path(out) / "trials")))
    commits.close()
    return f"{most} {len(run.names('trials/*'))} {1000 * (time.process_time() - started) / len(plan.batches):.1f}"


def load_many(out: str) -> str:
    """Seconds of the processor that `results.load` takes."""
    import results

    results.load  # noqa: B018 - imports pandas before the clock runs
    started = time.process_time()
    trials = results.load(out)
    seconds = time.process_time() - started
    assert len(trials) == MANY
    return f"{seconds:.2f}"


def merge_many(out: str) -> str:
    """Seconds of the processor that a sweep takes to merge the shards at its end."""
    from results import Run
    from results.run.compact import compact

    started = time.process_time()
    compact(Run(out))
    return f"{time.process_time() - started:.1f}"


def resume_from_s3(grid: str, out: str) -> str:
    """Requests of a sweep that reads a run in S3, up to the moment when it knows that there is nothing to compute."""
    import s3fs  # type: ignore[import-untyped]
    from moto.server import ThreadedMotoServer

    from orchestrator.request import Request
    from orchestrator.sweep import prepare

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    os.environ["AWS_ENDPOINT_URL"] = f"http://{host}:{port}"
    files = s3fs.S3FileSystem()
    files.mkdir("runs")
    files.put(out, "runs/many", recursive=True)
    counted: Counter[str] = Counter()
    call = s3fs.S3FileSystem._call_s3

    async def counting(self: Any, method: str, *arguments: Any, **options: Any) -> Any:
        counted[method] += 1
        return await call(self, method, *arguments, **options)

    s3fs.S3FileSystem._call_s3 = counting
    plan, _ = prepare(Request(grid=Path(grid), out="s3://runs/many", offline=True), fetch=True)
    server.stop()
    assert plan.count("done") == MANY
    return f"{counted.total()} requests ({', '.join(f'{count} {name}' for name, count in counted.most_common())})"
