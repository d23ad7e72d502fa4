"""Runs in an object store that refuses, dawdles, errs, and hangs up in the middle of a PUT."""

import os
import socket
import time
import uuid

import pyarrow as pa
import pytest
import s3fs

import results
from orchestrator.cluster import crew
from orchestrator.cluster.worker import Worker
from results import Run, RunError
from results.run import lease
from results.run.commits import Commits
from results.run.rows import read_rows


@pytest.fixture
def location():
    return f"s3://runs/{uuid.uuid4().hex}"


CONTENT = bytes(range(256)) * 4000


@pytest.mark.parametrize("faults", ["reset", "busy", "error error", "cut", "slow", "cut reset error"])
def test_a_write_survives_what_passes_and_appears_whole(s3, location, faults):
    run = Run(location)
    s3.faults[:] = faults.split()
    run.write("images/ab/abcdef01.png", CONTENT)
    assert s3.injected == faults.split()
    assert Run(location).read("images/ab/abcdef01.png") == CONTENT


def test_a_store_that_never_answers_is_named_and_nothing_stays_half_written(s3, location, monkeypatch):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr("s3fs.core.S3FileSystem.retries", 1)
    run = Run(location)
    run.write("plan.parquet", b"before")
    s3.faults[:] = ["cut"] * 200
    with pytest.raises(RunError, match=r"cannot write plan.parquet in s3://runs/"):
        run.write("plan.parquet", CONTENT)
    s3.faults.clear()
    assert Run(location).read("plan.parquet") == b"before"


def test_nothing_is_there_under_the_final_name_after_half_a_put(s3, location, monkeypatch):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr("s3fs.core.S3FileSystem.retries", 1)
    run = Run(location)
    s3.faults[:] = ["cut"] * 50
    with pytest.raises(RunError):
        run.write("images/ab/abcdef01.png", CONTENT)
    s3.faults.clear()
    assert not Run(location).exists("images/ab/abcdef01.png")


def test_a_store_that_refuses_connections_is_named(s3, location, sweep, small_grid, monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{closed.getsockname()[1]}")
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        monkeypatch.setattr("s3fs.core.S3FileSystem.retries", 1)
        s3fs.S3FileSystem.clear_instance_cache()
        ran = sweep(small_grid, "--out", location)
    assert ran.exit_code == 2
    assert ran.stderr.count("error:") == 1
    assert f"in {location}" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_lease_in_a_bucket_keeps_a_second_sweep_out(s3, location, monkeypatch):
    monkeypatch.setattr(lease, "SETTLE", 0.05)
    monkeypatch.setattr(lease, "HEARTBEAT", 0.5)
    with Run(location).locked(), pytest.raises(RunError, match="another sweep is running in s3://"):
        Run(location).locked().__enter__()
    with Run(location).locked():
        pass


def test_a_run_that_was_written_batch_by_batch_is_read_in_few_requests(s3, location, monkeypatch):
    run = Run(location)
    commits = Commits(run, pa.schema([]))
    for number in range(40):
        commits.add(number, [{"trial_id": f"{number:020x}", "status": "done"}])
        while commits.waiting:
            commits.committed()
            time.sleep(0.002)  # the thread that writes needs the interpreter, too
    commits.close()
    requests = []
    call = s3fs.S3FileSystem._call_s3

    def counting(self, method, *arguments, **options):
        requests.append(method)
        return call(self, method, *arguments, **options)

    monkeypatch.setattr(s3fs.S3FileSystem, "_call_s3", counting)
    assert len(read_rows(Run(location))) == 40
    assert "get_object" in requests
    assert len(requests) <= 20  # of 40 batches; without merging it takes one for each


def test_a_sweep_into_a_bucket_is_the_sweep_into_a_folder(s3, location, small_grid, sweep, ray_session, monkeypatch):
    environment = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}

    class LedToTheBucket(Worker):
        def __init__(self, *arguments):
            os.environ.update(environment)  # its process is older than this test
            super().__init__(*arguments)

    monkeypatch.setattr(crew, "Worker", LedToTheBucket)
    s3.faults[:] = ["slow", "error", "cut", "reset"]
    ran = sweep(small_grid, "--out", location)
    assert ran.exit_code == 0, ran.stderr
    assert s3.injected == ["slow", "error", "cut", "reset"]
    assert sweep(small_grid).exit_code == 0
    telling = ["trial_id", "pixels_sha256", "total_loss", "status"]
    assert results.load(location)[telling].equals(results.load("runs/small")[telling])
    verified = sweep("verify", location)
    assert verified.exit_code == 0
    assert "4 images compared with their rows: 0 damaged files or rows" in verified.stderr
