"""A worker finishes a batch, and prepares the next one, while it makes the steps of another."""

import sys
import threading
from types import SimpleNamespace

import pytest
from ray import cloudpickle

import results
from orchestrator.cluster import crew, finisher, hand_out
from orchestrator.cluster.finisher import Failure, Finisher, Optimised
from orchestrator.cluster.handovers import Introduction, Progress
from orchestrator.cluster.worker import Worker
from orchestrator.cluster.worker_handle import WorkerHandle
from orchestrator.plan.batches import Batch
from results import Run, RunError
from results.run import image_file

LONG = 120.0
"""Seconds that a thread waits for another before it gives up, and the test fails."""


class Beside(Worker):
    """Ends no batch's steps before the batch after it is prepared, and stores no image of a batch before the steps of
    the batch after it begin: with one thread for all, it would wait for ever. It is for four batches.
    """

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._prepared, self._begun, self._finished = 0, 0, 0
        self._changed = threading.Condition()

    def _count(self, what):
        with self._changed:
            setattr(self, what, getattr(self, what) + 1)
            self._changed.notify_all()
            return getattr(self, what)

    def _wait_for(self, what, count):
        with self._changed:
            assert self._changed.wait_for(lambda: getattr(self, what) >= min(count, 4), timeout=LONG)

    def prepare(self, batch, materials):
        super().prepare(batch, materials)
        self._count("_prepared")

    def optimise(self, batch, materials):
        number = self._count("_begun")
        super().optimise(batch, materials)
        self._wait_for("_prepared", number + 1)

    def finish(self, batch):
        number = self._count("_finished")
        self._wait_for("_begun", number + 1)
        return super().finish(batch)


@pytest.mark.usefixtures("ray_session")
def test_a_batch_is_finished_and_another_prepared_while_one_is_optimised(
    sixteen, sweep, monkeypatch, request, undisturbed
):
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    request.addfinalizer(lambda: cloudpickle.unregister_pickle_by_value(sys.modules[__name__]))
    monkeypatch.setattr(crew, "Worker", Beside)
    monkeypatch.setattr(hand_out, "PLENTY", 0)
    ran = sweep(sixteen, "--only", "style_layers=shallow")
    assert ran.exit_code == 0, ran.stderr
    telling = ["trial_id", "pixels_sha256", "batch_width", "total_loss", "style_distance"]
    shallow = undisturbed(sixteen).query("style_layers_label == 'shallow'")
    assert len(shallow) == 8
    assert results.load("runs/small")[telling].equals(shallow[telling])


def optimised(number):
    """A trial that was optimised; its image is one colour."""
    import torch

    result = SimpleNamespace(pixels=lambda: torch.full((4, 4, 3), number, dtype=torch.uint8), state=None)
    setup = SimpleNamespace(settings=SimpleNamespace(print_file="none"))
    return Optimised(SimpleNamespace(id=f"{number:020x}", setup=setup, begins=None), None, result, None)


class Plain(Finisher):
    """Its rows say nothing but what this file is about."""

    def _outcome_columns(self, optimised):
        return {"status": "done"}

    def _look_together(self, outcomes):
        pass

    def _measured(self, optimised):
        if optimised.trial.id.endswith("7"):
            raise ZeroDivisionError("no metric")
        return {}


@pytest.fixture
def plain(monkeypatch, tmp_path):
    """The rows of trials by `Plain`, in a run in a temporary folder."""
    monkeypatch.setattr(finisher, "known_row", lambda trial, sha256: {"trial_id": trial.id})
    monkeypatch.setattr(image_file, "image_file", lambda pixels, settings: pixels.tobytes())
    monkeypatch.setattr(finisher, "_settings_text", lambda trial: "")
    materials = SimpleNamespace(run=str(tmp_path), sha256={})
    return lambda *outcomes: Plain("a device", 1).rows(outcomes, materials)


def test_rows_come_when_their_images_are_stored(plain, monkeypatch):
    gate, found, write = threading.Event(), [], Run.write

    def slow(run, path, content):
        assert gate.wait(LONG)
        write(run, path, content)

    monkeypatch.setattr(Run, "write", slow)
    thread = threading.Thread(target=lambda: found.extend(plain(optimised(1), optimised(2))))
    thread.start()
    thread.join(0.2)
    assert not found
    gate.set()
    thread.join(LONG)
    assert [row["status"] for row in found] == ["done", "done"]
    assert all(row["image_path"] and row["pixels_sha256"] for row in found)


def test_what_goes_wrong_with_one_image_fails_that_trial_and_no_other(plain, tmp_path):
    rows = plain(optimised(1), optimised(7), Failure(SimpleNamespace(id="f"), "it ran away"), optimised(2))
    assert [row["status"] for row in rows] == ["done", "failed", "failed", "done"]
    assert [row.get("error") for row in rows] == [None, "ZeroDivisionError: no metric", "it ran away", None]
    assert "image_path" not in rows[1]
    assert (tmp_path / rows[3]["image_path"]).read_bytes() == bytes([2] * 48)


def test_storage_that_fails_is_no_trials_fault(plain, monkeypatch):
    def full(run, path, content):
        raise RunError("the disk is full")

    monkeypatch.setattr(Run, "write", full)
    with pytest.raises(RunError, match="the disk is full"):
        plain(optimised(1))


def test_a_gallery_that_cannot_be_written_costs_no_image(plain, tmp_path):
    """The gallery makes small copies that are missing, and says so where it cannot."""
    (tmp_path / "gallery").touch()
    (row,) = plain(optimised(1))
    assert row["status"] == "done"
    assert (tmp_path / row["image_path"]).is_file()


def batch(number, steps=100, first_step=0):
    return Batch(((SimpleNamespace(id=f"{number:020x}", iterations=steps, first_step=first_step),),))


def test_both_batches_that_a_lost_worker_was_at_are_suspected_and_only_one_where_its_device_failed():
    worker = WorkerHandle(None, None, optimising={1: batch(2), 2: batch(3)}, finishing={0: batch(1)})
    assert worker.at_work() == [batch(1), batch(2)]
    assert worker.at_work(device=True) == [batch(2)]
    assert list(worker.batches.values()) == [batch(1), batch(2), batch(3)]
    assert worker.take_back(0) == batch(1)
    assert worker.at_work() == [batch(2)]


@pytest.mark.parametrize(
    ("memory", "step", "wants"), [(8e9, 94, False), (8e9, 95, True), (8e9, None, False), (None, 99, False)]
)
def test_a_worker_on_a_gpu_wants_its_next_batch_when_its_last_is_nearly_done(memory, step, wants):
    worker = WorkerHandle(None, None, optimising={1: batch(2)}, introduction=Introduction("node", "device", memory))
    worker.progress = Progress(batch(2).name, step) if step is not None else Progress(batch(1).name, 99)
    assert worker.wants_next() == wants


def test_a_batch_that_is_finished_counts_as_done():
    worker = WorkerHandle(None, None, optimising={1: batch(2)}, finishing={0: batch(1)})
    worker.progress = Progress(batch(2).name, 25)
    assert [worker.share_done(one) for one in worker.batches.values()] == [1.0, 0.25]
