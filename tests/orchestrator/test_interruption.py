"""The driver is interrupted or killed: real processes, real signals, and a terminal for Ctrl-C.

One sweep starts a Ray of its own; those that are interrupted join the Ray of these tests, as they would a cluster.
"""

import contextlib
import os
import pty
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest
import ray

import results

TELLING = ["trial_id", "pixels_sha256", "total_loss", "content_loss", "style_loss", "status", "batch_width"]
COMMAND = [sys.executable, "-m", "orchestrator", "small.yaml", "--workers", "1"]


@pytest.fixture
def start(sixteen):
    """Starts `sweep` as a process of its own and waits until its first rows are committed."""
    started = []

    def begin(*arguments, rows=1, **options):
        process = subprocess.Popen([*COMMAND, *arguments], **options)
        started.append(process)
        deadline = time.monotonic() + 300
        while len(list(sixteen.parent.glob("runs/small/trials/*.parquet"))) < rows:
            assert process.poll() is None, "it ended before it was to be interrupted"
            assert time.monotonic() < deadline, "no row was committed"
            time.sleep(0.02)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()


def gone(processes, seconds):
    """Whether these processes end by themselves in time."""
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return not alive


def test_kill_9_of_the_driver_and_a_second_run_give_the_table_of_an_undisturbed_run(start, sixteen, sweep, undisturbed):
    process = start(rows=3, stderr=subprocess.DEVNULL)
    # Ray's agents, which do nothing then, notice after a minute or so that they are alone.
    children = [child for child in psutil.Process(process.pid).children(recursive=True) if "Agent" not in child.name()]
    process.kill()
    process.wait()
    assert 0 < len(results.load("runs/small")) < 16
    # Images without a row may be there, and a shard is whole or absent; both are as if they had never been.
    again = sweep(sixteen)
    assert again.exit_code == 0, again.stderr
    assert "another sweep" not in again.stderr
    assert results.load("runs/small")[TELLING].equals(undisturbed(sixteen)[TELLING])
    assert gone(children, 120), "Ray's processes outlive their driver"


class Terminal:
    """Reads what a process writes to a terminal of its own, from the start until it closes it."""

    def __init__(self):
        self._end, self.other_end = pty.openpty()
        self._text = b""
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self):
        with contextlib.suppress(OSError):  # EIO: the other end is closed
            while part := os.read(self._end, 65536):
                self._text += part

    def press_ctrl_c(self):
        os.write(self._end, b"\x03")

    def said(self):
        """Ctrl-C throws away what is on its way, in the middle of a character too; and the width breaks lines."""
        return " ".join(self._text.decode(errors="replace").split())

    def wait_for(self, text):
        deadline = time.monotonic() + 300
        while text not in self.said():
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.02)

    def close(self):
        self._reading.join()
        os.close(self._end)


def interrupt(start, *arguments, by_sigterm=False, twice=False):
    """Start a sweep in a terminal of its own, interrupt it, and wait for its end. Returns what it said."""
    terminal = Terminal()
    options = {"stdin": terminal.other_end, "stdout": subprocess.PIPE, "stderr": terminal.other_end}
    options["env"] = os.environ | {"RAY_ADDRESS": ray.get_runtime_context().gcs_address}
    process = start(*arguments, **options, preexec_fn=own)
    os.close(terminal.other_end)
    if by_sigterm:
        process.send_signal(signal.SIGTERM)
    else:
        terminal.press_ctrl_c()
    terminal.wait_for("press Ctrl-C again to end at once")
    if twice:
        terminal.press_ctrl_c()
    status = process.wait(300)
    terminal.close()
    assert status == 130, terminal.said()
    assert process.stdout.read() == b""
    assert "Traceback" not in terminal.said()
    assert "to go; run the same command again to go on" in terminal.said()
    return terminal.said()


def test_ctrl_c_finishes_what_runs_and_the_same_command_goes_on(start, sixteen, sweep, ray_session):
    assert "what is running will be finished and kept; press" in interrupt(start)
    kept = results.load("runs/small").set_index("trial_id")["pixels_sha256"]
    assert 0 < len(kept) < 16
    assert sweep(sixteen).exit_code == 0
    trials = results.load("runs/small").set_index("trial_id")
    assert len(trials) == 16
    assert trials.loc[kept.index, "pixels_sha256"].equals(kept)


def test_sigterm_is_taken_as_the_first_ctrl_c_and_a_second_one_ends_at_once(start, ray_session):
    # So long that nothing that runs is finished by itself before the second signal.
    said = interrupt(start, "--set", "iterations=500", by_sigterm=True, twice=True)
    assert "what is running will be finished and kept, if it is done within 25 s" in said
    assert "stopping at once" in said
    assert 0 < len(results.load("runs/small")) < 16


def own():
    """Make the terminal on standard input the controlling one, so that Ctrl-C typed into it is a signal."""
    import fcntl
    import termios

    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
