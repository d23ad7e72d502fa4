"""The driver is interrupted or killed: real processes, real signals, and a terminal for Ctrl-C."""

import contextlib
import os
import pty
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

import results

TELLING = ["trial_id", "pixels_sha256", "total_loss", "content_loss", "style_loss", "status", "batch_width"]
COMMAND = [sys.executable, "-c", "from orchestrator.cli import main; main()", "small.yaml"]


@pytest.fixture
def slow_grid(small_grid):
    """Sixteen trials of some tenths of a second."""
    grid = small_grid.read_text().replace("[1e-3, 1e-2]", "{logspace: [1e-4, 1e-1, 8]}")
    small_grid.write_text(grid.replace("iterations: 4", "iterations: 25"))
    return small_grid


@pytest.fixture
def start(slow_grid):
    """Starts `sweep` as a process of its own and waits until its first rows are committed."""
    started = []

    def begin(rows=1, **options):
        process = subprocess.Popen(COMMAND, **options)
        started.append(process)
        deadline = time.monotonic() + 60
        while len(list(slow_grid.parent.glob("runs/small/trials/*.parquet"))) < rows:
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


def test_kill_9_of_the_driver_and_a_second_run_give_the_table_of_an_undisturbed_run(
    start, slow_grid, sweep, ray_session
):
    process = start(rows=3, stderr=subprocess.DEVNULL)
    # Ray's agents, which do nothing then, notice after a minute or so that they are alone.
    children = [child for child in psutil.Process(process.pid).children(recursive=True) if "Agent" not in child.name()]
    process.kill()
    process.wait()
    assert 0 < len(results.load("runs/small")) < 16
    # Images without a row may be there, and a shard is whole or absent; both are as if they had never been.
    again = sweep(slow_grid)
    assert again.exit_code == 0, again.stderr
    assert "another sweep" not in again.stderr
    assert sweep(slow_grid, "--out", "undisturbed").exit_code == 0
    assert results.load("runs/small")[TELLING].equals(results.load("undisturbed")[TELLING])
    assert gone(children, 30), "Ray's processes outlive their driver"


def read_all(terminal):
    """What a process writes to its terminal until it closes it."""
    text = b""
    with contextlib.suppress(OSError):  # EIO: the other end is closed
        while part := os.read(terminal, 65536):
            text += part
    # Ctrl-C throws away what is on its way, in the middle of a character too; and the terminal's width breaks lines.
    return " ".join(text.decode(errors="replace").split())


def interrupt(start, *signals):
    """Start a sweep in a terminal of its own, give it these signals, and wait for its end. Returns what it said."""
    terminal, other_end = pty.openpty()
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(read_all, terminal)
        process = start(stdin=other_end, stdout=subprocess.PIPE, stderr=other_end, preexec_fn=own)
        os.close(other_end)
        for number, send in enumerate(signals):
            time.sleep(0.3 * number)
            send(process, terminal)
        said = reading.result()
    os.close(terminal)
    assert process.wait(30) == 130
    assert process.stdout.read() == b""
    assert "Traceback" not in said
    assert "what is running will be finished and kept; press Ctrl-C again to end at once" in said
    return said


def press_ctrl_c(process, terminal):
    os.write(terminal, b"\x03")


def send_sigterm(process, terminal):
    process.send_signal(signal.SIGTERM)


def test_ctrl_c_finishes_what_runs_and_the_same_command_goes_on(start, slow_grid, sweep, ray_session):
    assert "interrupted with" in interrupt(start, press_ctrl_c)
    kept = results.load("runs/small").set_index("trial_id")["pixels_sha256"]
    assert 0 < len(kept) < 16
    assert sweep(slow_grid).exit_code == 0
    trials = results.load("runs/small").set_index("trial_id")
    assert len(trials) == 16
    assert trials.loc[kept.index, "pixels_sha256"].equals(kept)


def test_sigterm_is_taken_as_the_first_ctrl_c_and_a_second_one_ends_at_once(start):
    assert "interrupted; run the same command again" in interrupt(start, send_sigterm, press_ctrl_c)
    assert 0 < len(results.load("runs/small")) < 16


def own():
    """Make the terminal on standard input the controlling one, so that Ctrl-C typed into it is a signal."""
    import fcntl
    import termios

    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
