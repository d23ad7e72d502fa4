"""The way of `ray job submit`, for real: one job is stopped halfway, one has its driver killed, and one ends.

    python tests/faults/job.py

Starts a Ray head of its own with its job server (which needs `pip install "ray[default]"`), submits the same sweep
three times, and compares the table with that of an undisturbed sweep.
"""

import contextlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pyarrow.parquet as pq

import results

GRID = """\
title: Job
settings: {content: astronaut, style: swirls, size: 40, iterations: 60, history_every: 5, architecture: squeezenet1_1,
           weights: random, content_layers: [fire3], style_layers: [conv1, fire2]}
axes:
  ratio: {logspace: [1e-4, 1e-1, 16]}
"""
TELLING = ["trial_id", "pixels_sha256", "total_loss", "status", "batch_width"]
BIN = Path(sys.executable).parent
ENDED = ("SUCCEEDED", "FAILED", "STOPPED")


def free_port():
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]


class Head:
    """A Ray head with a job server, in a folder of its own; it and all that it started end with the block."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="job-", dir="/tmp")
        self.port = free_port()
        # Without these Ray would put a token into the user's home.
        os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        command = [sys.executable, "-c", "from ray.scripts.scripts import main; main()", "start", "--head", "--block"]
        command += [f"--port={free_port()}", "--num-cpus=2", "--include-dashboard=true"]
        command += [f"--dashboard-port={self.port}", f"--temp-dir={self.folder}", "--disable-usage-stats"]
        environment = {**os.environ, "RAY_JOB_STOP_WAIT_TIME_S": "40"}
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self

    def __exit__(self, *error):
        mine = [*psutil.Process(self.process.pid).children(recursive=True), self.process]
        for process in mine:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def client(self):
        from ray.job_submission import JobSubmissionClient

        deadline = time.monotonic() + 60
        while True:
            try:
                return JobSubmissionClient(f"http://127.0.0.1:{self.port}")
            except ConnectionError:
                assert time.monotonic() < deadline, "the job server does not answer"
                time.sleep(0.5)


def committed(run):
    return sum(pq.read_metadata(shard).num_rows for shard in run.glob("trials/*.parquet"))


def submit(client, folder):
    """Retried while the head still starts."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return client.submit_job(entrypoint=f"cd {folder} && {BIN / 'sweep'} job.yaml --address auto --out run")
        except RuntimeError as error:
            if "No available agent" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(1)


def wait(condition, client, job):
    deadline = time.monotonic() + 180
    while not condition():
        assert time.monotonic() < deadline, client.get_job_logs(job)
        time.sleep(0.1)


def drivers(folder):
    """The processes of the sweep in this folder."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "cwd"])
        if process.info["cwd"] == str(folder) and "job.yaml" in (process.info["cmdline"] or [])
    ]


def main():
    with tempfile.TemporaryDirectory(prefix="jobs-", dir="/tmp") as name, Head() as head:
        folder = Path(name).resolve()
        (folder / "job.yaml").write_text(GRID)
        run, client = folder / "run", head.client()

        def ended(job):
            return client.get_job_status(job).value in ENDED

        first = submit(client, folder)
        wait(lambda: committed(run) >= 2, client, first)
        client.stop_job(first)
        wait(lambda: ended(first), client, first)
        wait(lambda: not drivers(folder), client, first)
        log = client.get_job_logs(first)
        print(f"stopped with {committed(run)} of 16 rows: {client.get_job_status(first).value}")
        assert "what is running will be finished and kept" in log, log

        before = committed(run)
        second = submit(client, folder)
        wait(lambda: committed(run) > before, client, second)
        for process in drivers(folder):
            process.kill()
        wait(lambda: ended(second), client, second)
        print(f"killed with {committed(run)} of 16 rows: {client.get_job_status(second).value}")

        third = submit(client, folder)
        wait(lambda: ended(third), client, third)
        last_line = re.findall(r"\d+ trials done.*", client.get_job_logs(third))[-1]
        print(f"submitted again: {client.get_job_status(third).value}, {last_line}")
        assert client.get_job_status(third).value == "SUCCEEDED", client.get_job_logs(third)

        subprocess.run([BIN / "sweep", "job.yaml", "--out", "undisturbed"], cwd=folder, check=True, capture_output=True)
        expected, table = (results.load(folder / one)[TELLING] for one in ("undisturbed", "run"))
        assert len(table) == 16
        assert table.equals(expected)
        print("the table is that of an undisturbed sweep: 16 trials, the same pixels")


if __name__ == "__main__":
    main()
