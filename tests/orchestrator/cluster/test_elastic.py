"""Workers that come and go, hang, or never come: what the engine does, with Ray's real processes."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest
import ray
from ray import cloudpickle
from ray import exceptions as ray_exceptions

import results
from orchestrator.cluster import crew, hand_out, recruiter, worker_handle
from orchestrator.cluster.finisher import Failure
from orchestrator.cluster.worker import Worker
from orchestrator.interruption import Interruption

pytestmark = pytest.mark.usefixtures("ray_session")


@pytest.fixture(autouse=True)
def _workers_need_not_import_this_module():
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    yield
    cloudpickle.unregister_pickle_by_value(sys.modules[__name__])


class Occupier:
    """Somebody else's work on the cluster."""

    def here(self):
        return True


def test_a_sweep_without_room_says_what_it_waits_for_and_begins_when_there_is_some(
    sixteen, sweep, own_workers, monkeypatch
):
    monkeypatch.setattr(recruiter, "WAITING_SECONDS", 0.5)
    occupier = ray.remote(num_cpus=2)(Occupier).remote()
    assert ray.get(occupier.here.remote())
    looked, free_nodes = threading.Event(), recruiter.free_nodes

    def look():
        looked.set()
        return free_nodes()

    def leave():
        looked.wait(60)
        time.sleep(1.0)
        ray.kill(occupier)

    monkeypatch.setattr(recruiter, "free_nodes", look)
    leaving = threading.Thread(target=leave)
    leaving.start()
    ran = sweep(sixteen, "--limit", "2")
    leaving.join()
    assert ran.exit_code == 0
    assert "waiting for the cluster: asked for 1 worker with 1 CPU core; 0 CPU cores and 0 GPUs are free" in ran.stderr


def test_a_sweep_that_starts_its_workers_at_once_says_nothing_of_waiting(sixteen, sweep, own_workers, monkeypatch):
    """Importing torch takes seconds, in which nothing is waited for but the worker itself."""
    monkeypatch.setattr(recruiter, "WAITING_SECONDS", 0.5)
    ran = sweep(sixteen, "--limit", "1")
    assert ran.exit_code == 0, ran.stderr
    assert "waiting" not in ran.stderr


class Hanging(Worker):
    """The first of all workers to get work hangs at it for ever."""

    def optimise(self, batch, materials):
        marker = Path(materials.run) / "hung"
        if not marker.exists():
            marker.touch()
            time.sleep(1000)
        return super().optimise(batch, materials)


def test_a_worker_that_is_stuck_is_replaced(sixteen, sweep, monkeypatch):
    monkeypatch.setattr(crew, "Worker", Hanging)
    monkeypatch.setattr(worker_handle, "LEAST_PATIENCE", 5.0)
    ran = sweep(sixteen, "--limit", "4")
    assert ran.exit_code == 0, ran.stderr
    assert ran.stderr.count("it made no step for far longer than any step has taken") == 1
    assert (results.load("runs/small")["status"] == "done").sum() == 4


class Endless(Worker):
    """Never done with anything."""

    def optimise(self, batch, materials):
        (Path(materials.run) / "begun").touch()
        time.sleep(1000)


def test_sigterm_ends_what_is_not_done_within_the_grace(sixteen, sweep, monkeypatch):
    monkeypatch.setattr(crew, "Worker", Endless)

    def terminate():
        while not Path("runs/small/begun").exists():
            time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGTERM)

    killing = threading.Thread(target=terminate)
    killing.start()
    ran = sweep(sixteen, "--grace", "0.5")
    killing.join()
    assert ran.exit_code == 130
    assert "if it is done within 0.5 s" in ran.stderr
    assert "interrupted with 16 trials to go; run the same command again to go on" in ran.stderr


class DeadOnArrival(Worker):
    """Ends its process when it starts, as an import of a broken library may."""

    def __init__(self, *arguments):
        os._exit(1)


def test_workers_that_die_while_they_start_end_the_sweep(sixteen, sweep, own_workers, monkeypatch):
    monkeypatch.setattr(crew, "Worker", DeadOnArrival)
    ran = sweep(sixteen)
    assert ran.exit_code == 1
    assert "error: a worker could not start" in ran.stderr


class Poor(Worker):
    """A node without memory for two images: Ray's monitor would end this worker so."""

    def optimise(self, batch, materials):
        if len(batch.trials) > 1:
            raise ray_exceptions.OutOfMemoryError("Task was killed due to the node running low on memory.")
        return super().optimise(batch, materials)


def test_a_batch_that_exhausts_a_nodes_memory_runs_in_halves(sixteen, sweep, monkeypatch):
    monkeypatch.setattr(crew, "Worker", Poor)
    ran = sweep(sixteen, "--limit", "2", "--workers", "1")
    assert ran.exit_code == 0, ran.stderr
    assert "a node ran out of memory; the batch that was running runs in halves" in ran.stderr
    assert set(results.load("runs/small")["batch_width"]) == {1}


class Failing(Worker):
    """Every trial fails."""

    def _optimise(self, name, batch, *others):
        return [Failure(trial, "as it was told") for trial in batch.trials]


def test_max_failures_ends_a_sweep_that_goes_wrong(sixteen, sweep, monkeypatch):
    monkeypatch.setattr(crew, "Worker", Failing)
    monkeypatch.setattr(hand_out, "PLENTY", 100)  # none waits behind another
    ran = sweep(sixteen, "--max-failures", "3", "--workers", "1")
    assert ran.exit_code == 1
    failed = results.load("runs/small")["status"].eq("failed").sum()
    assert 3 <= failed < 16
    assert f"{failed} failed" in ran.stderr


class Told:
    """In place of an engine."""

    def __init__(self):
        self.interruptions = []

    def interrupt(self, why, within=None):
        self.interruptions.append(within)


@pytest.mark.parametrize(
    ("signals", "interruptions"),
    [
        ("INT", [None]),
        ("INT INT", [None, 0]),
        ("TERM", [9.0]),
        ("TERM TERM", [9.0]),  # some systems send it twice
        ("TERM INT", [9.0, 0]),
        ("INT TERM", [None, 9.0]),
        ("INT TERM INT", [None, 9.0, 0]),
    ],
)
def test_what_signals_ask_of_the_engine(signals, interruptions):
    told = Told()
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with Interruption(grace=9.0) as interruption:
        interruption.watch(told)
        for name in signals.split():
            signal.raise_signal(signal.Signals[f"SIG{name}"])
    assert told.interruptions == interruptions
    assert before == (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))


def test_a_signal_while_ray_starts_is_kept_and_a_third_press_raises():
    told = Told()
    with Interruption(grace=9.0) as interruption:
        signal.raise_signal(signal.SIGINT)
        interruption.watch(told)
        assert told.interruptions == [0]
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


class TakenAway(Worker):
    """A worker on a machine that is taken away, twice while it is at its first batch."""

    def optimise(self, batch, materials):
        marks = [Path(materials.run) / "first", Path(materials.run) / "second"]
        if left := [mark for mark in marks if not mark.exists()]:
            left[0].touch()
            raise ray_exceptions.NodeDiedError("The actor's node was terminated expectedly: preempted")
        return super().optimise(batch, materials)


def test_a_batch_that_loses_two_nodes_is_not_suspected(sixteen, sweep, undisturbed, monkeypatch):
    """It keeps its width, and so its pixels."""
    monkeypatch.setattr(crew, "Worker", TakenAway)
    ran = sweep(sixteen, "--limit", "2")
    assert ran.exit_code == 0, ran.stderr
    assert ran.stderr.count("its batch runs again") == 2
    telling = ["trial_id", "pixels_sha256", "batch_width"]
    assert results.load("runs/small")[telling].equals(undisturbed(sixteen)[telling].head(2))
