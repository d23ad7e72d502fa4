"""Workers that die, run out of memory or disk, or meet a trial that cannot be done: nothing else is lost."""

import errno
import os
import signal
import sys
from pathlib import Path

import pytest
from ray import cloudpickle

import results
from orchestrator.cluster import crew
from orchestrator.cluster.finisher import Finisher
from orchestrator.cluster.worker import Worker
from results import Run, RunError
from results.run import storage

pytestmark = pytest.mark.usefixtures("ray_session")

TELLING = ["trial_id", "pixels_sha256", "total_loss", "content_loss", "style_loss", "status", "batch_width"]
POISON = 1e-2
"""The ratio of the two trials, one for each set of layers, that are made to go wrong."""


@pytest.fixture(autouse=True)
def _workers_need_not_import_this_module():
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    yield
    cloudpickle.unregister_pickle_by_value(sys.modules[__name__])


@pytest.fixture
def workers(monkeypatch):
    """Makes sweeps use another class of worker."""
    return lambda kind: monkeypatch.setattr(crew, "Worker", kind)


class KilledOnce(Worker):
    """The first of all workers to start a second batch is killed as the kernel would kill it."""

    def optimise(self, batch, materials):
        marker = Path(materials.run) / "killed"
        if self._progress and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().optimise(batch, materials)


class KilledFinishing(Worker):
    """The first of all workers to finish its second batch is killed: its images are not stored yet."""

    _finished = 0

    def finish(self, batch):
        run = Run(self._outcomes[batch.name][1].run)
        self._finished += 1
        if self._finished == 2 and not (marker := Path(run.url) / "killed").exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().finish(batch)


@pytest.mark.parametrize("kind", [KilledOnce, KilledFinishing])
def test_a_killed_worker_is_replaced_and_the_table_is_that_of_an_undisturbed_sweep(
    kind, sixteen, sweep, workers, undisturbed
):
    workers(kind)
    disturbed = sweep(sixteen, "--out", "disturbed")
    assert disturbed.exit_code == 0
    assert Path("disturbed/killed").exists()
    assert disturbed.stderr.count("a worker was lost") == 1
    assert results.load("disturbed")[TELLING].equals(undisturbed(sixteen)[TELLING])


class Raising(Worker):
    """One trial raises an error that nobody has foreseen."""

    def _attempt(self, name, batch, *others):
        import stylize

        whole = stylize.transfer_lanes

        def raising(lanes, *arguments):
            if any(ready.transfer.settings.ratio == POISON for ready in lanes):
                raise ZeroDivisionError("a fault\nof one trial")
            return whole(lanes, *arguments)

        stylize.transfer_lanes = raising
        try:
            return super()._attempt(name, batch, *others)
        finally:
            stylize.transfer_lanes = whole


def test_an_error_in_one_trial_fails_that_trial_and_no_other(sixteen, sweep, workers):
    workers(Raising)
    failed = sweep(sixteen)
    assert failed.exit_code == 1
    assert "2 failed" in failed.stderr
    trials = results.load("runs/small")
    assert trials.loc[trials["status"] == "failed", "ratio"].tolist() == [POISON, POISON]
    assert set(trials.loc[trials["status"] == "failed", "error"]) == {"ZeroDivisionError: a fault of one trial"}
    assert (trials["status"] == "done").sum() == 14
    # The trial that shared a batch with the bad one ran alone, and its row says so.
    assert trials["batch_width"].value_counts().to_dict() == {2: 12, 1: 2}


class BadFinisher(Finisher):
    def _measured(self, optimised):
        if optimised.trial.settings.ratio == POISON:
            raise ZeroDivisionError("no row")
        return super()._measured(optimised)


class BadRow(Worker):
    """One trial raises after it was optimised, while its row is made."""

    def __init__(self, threads, *others):
        super().__init__(threads, *others)
        self._finisher = BadFinisher("a device", threads)


class Unforeseen(Worker):
    """A worker that lets an error out, which it never should."""

    def optimise(self, batch, materials):
        if any(trial.settings.ratio == POISON for trial in batch.trials):
            raise KeyError("nobody knows")
        return super().optimise(batch, materials)


@pytest.mark.parametrize(
    ("kind", "error", "failed"),
    [(BadRow, "ZeroDivisionError: no row", 1), (Unforeseen, "the worker failed: KeyError: 'nobody knows'", 2)],
)
def test_whatever_goes_wrong_with_one_batch_the_sweep_goes_on(kind, error, failed, sixteen, sweep, workers):
    workers(kind)
    ran = sweep(sixteen, "--only", "style_layers=deep")
    assert ran.exit_code == 1
    trials = results.load("runs/small")
    assert len(trials) == 8
    assert set(trials.loc[trials["status"] == "failed", "error"]) == {error}
    assert (trials["status"] == "failed").sum() == failed


class BrokenDevice(Worker):
    """A trial that breaks its GPU: the process can compute nothing any more after it."""

    def _attempt(self, name, batch, *others):
        import torch

        if any(trial.settings.ratio == POISON for trial in batch.trials):
            raise torch.AcceleratorError("CUDA error: an illegal memory access was encountered")
        return super()._attempt(name, batch, *others)


def test_a_trial_that_breaks_its_device_is_recorded_and_others_run_on_new_workers(sixteen, sweep, workers):
    workers(BrokenDevice)
    ran = sweep(sixteen, "--only", "style_layers=deep")
    assert ran.exit_code == 1
    trials = results.load("runs/small").set_index("ratio")
    assert (trials["status"] == "done").sum() == 7
    assert "lost 2 times" in trials.loc[POISON, "error"]
    assert "illegal memory access" in trials.loc[POISON, "error"]


class Narrow(Worker):
    """A device with memory for one image at a time."""

    def _attempt(self, name, batch, *others):
        import torch

        import stylize

        whole = stylize.transfer_lanes

        def narrow(lanes, *arguments):
            if len(lanes) > 1:
                raise torch.OutOfMemoryError("out of memory")
            return whole(lanes, *arguments)

        stylize.transfer_lanes = narrow
        try:
            return super()._attempt(name, batch, *others)
        finally:
            stylize.transfer_lanes = whole


def test_out_of_memory_halves_the_batch_and_says_so(sixteen, sweep, workers):
    workers(Narrow)
    ran = sweep(sixteen, "--only", "style_layers=shallow")
    assert ran.exit_code == 0
    assert ran.stderr.count("a batch of 2 had to run in parts of 1 or fewer") == 4
    assert set(results.load("runs/small")["batch_width"]) == {1}


class FullDisk(Worker):
    """The disk is full when the fifth image is written, until somebody makes room."""

    def finish(self, batch):
        write = Run.write

        def full(run, path, content):
            folder = Path(run.url)
            if len(list(folder.glob("images/*/*.png"))) >= 4 and not (folder / "room").exists():
                raise RunError(f"cannot write {path} in {run.location}: the disk is full")
            write(run, path, content)

        Run.write = full
        try:
            return super().finish(batch)
        finally:
            Run.write = write


def test_a_disk_that_fills_up_ends_the_sweep_with_one_message_and_keeps_what_is_done(sixteen, sweep, workers):
    workers(FullDisk)
    full = sweep(sixteen, "--workers", "1")
    assert full.exit_code == 1
    assert full.stderr.count("error:") == 1
    _, _, message = full.stderr.partition("error: ")
    assert message.startswith(("cannot write images/", "cannot write gallery/thumbnails/"))  # a worker writes both
    assert message.endswith("the disk is full. Committed rows are kept; run the same command again to go on\n")
    assert message.count("\n") == 1
    assert "Traceback" not in full.stderr
    kept = results.load("runs/small").set_index("trial_id")["pixels_sha256"]
    assert 0 < len(kept) <= 4
    Path("runs/small/room").touch()
    assert sweep(sixteen).exit_code == 0
    trials = results.load("runs/small").set_index("trial_id")
    assert (trials["status"] == "done").sum() == 16
    assert trials.loc[kept.index, "pixels_sha256"].equals(kept)


def test_a_node_with_another_version_of_this_program_is_named(small_grid, sweep, own_workers, monkeypatch):
    monkeypatch.setattr(crew, "versions_text", lambda: "sweep 0.0.1, torch 1.0")
    failed = sweep(small_grid)
    assert failed.exit_code == 1
    assert "and the driver has sweep 0.0.1, torch 1.0; install the same on every node" in failed.stderr
    assert "Traceback" not in failed.stderr


@pytest.mark.parametrize("full", ["trials/", "sheet.png"])
def test_a_disk_that_fills_up_before_a_row_or_the_sheet_costs_nothing_that_is_committed(
    full, small_grid, sweep, monkeypatch
):
    write = storage._write_locally

    def refuse(path, content):
        if full in str(path):
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(storage, "_write_locally", refuse)  # in the driver; workers have their own
        ran = sweep(small_grid)
    assert "the disk is full" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.exit_code == (0 if full == "sheet.png" else 1)
    assert sweep(small_grid).exit_code == 0
    assert (results.load("runs/small")["status"] == "done").sum() == 4
    assert Path("runs/small/sheet.png").exists()
