"""The device of a worker: which one it is, what happens when it fails, and when it has too little memory."""

import threading
import weakref
from concurrent.futures import Future
from types import SimpleNamespace

import pytest
import torch

from orchestrator.cluster.device import DeviceFault, choose_device, is_device_fault, prepare_torch
from orchestrator.cluster.finisher import Failure
from orchestrator.cluster.worker import Worker
from orchestrator.errors import EngineError
from orchestrator.plan.batches import Batch


class Bare(Worker):
    """A worker without Ray, whose attempts at batches are the test's."""

    def __init__(self, attempt):
        self._fault, self._device, self._loading = "", torch.device("cpu"), threading.Lock()
        self._pictures, self._outcomes = {}, {}
        self._attempt = lambda name, batch, materials, pictures: attempt(batch.trials)

    def optimise(self, batch, materials):
        """Gives what became of each trial."""
        self._pictures[batch.name] = Future()
        self._pictures[batch.name].set_result(None)
        super().optimise(batch, materials)
        outcomes, _ = self._outcomes.pop(batch.name)
        return outcomes


def trial(id):
    return SimpleNamespace(id=id, begins=None, first_step=0)


def batch(*ids):
    return Batch(tuple((trial(id),) for id in ids))


def test_the_tensors_of_an_attempt_that_ran_out_of_memory_are_gone_before_the_halves_begin():
    tensors, still_there = [], []

    def attempt(trials):
        still_there.extend(tensor for tensor in tensors if tensor() is not None)
        tensor = torch.zeros(1000)
        tensors.append(weakref.ref(tensor))
        if len(trials) > 1:
            cycle = [tensor]
            cycle.append(cycle)
            raise torch.OutOfMemoryError("CUDA out of memory")
        return [trial.id for trial in trials]

    assert Bare(attempt).optimise(batch("a", "b", "c", "d"), None) == ["a", "b", "c", "d"]
    assert not still_there
    assert len(tensors) == 7  # 4, 2, 1, 1, 2, 1, 1


def test_one_trial_that_is_too_large_fails_with_the_reason():
    def attempt(trials):
        raise torch.OutOfMemoryError("CUDA out of memory")

    [outcome] = Bare(attempt).optimise(batch("a"), None)
    assert outcome == Failure(trial("a"), "OutOfMemoryError: CUDA out of memory")


def test_a_worker_whose_device_failed_gives_up_the_batch_and_takes_no_other():
    attempts = []

    def attempt(trials):
        attempts.append([trial.id for trial in trials])
        raise torch.AcceleratorError("CUDA error: an illegal memory access was encountered")

    worker = Bare(attempt)
    for trials in (("a", "b"), ("c",)):
        with pytest.raises(DeviceFault, match="illegal memory access"):
            worker.optimise(batch(*trials), None)
    assert attempts == [["a", "b"]]  # neither halves nor the next batch were tried


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (torch.AcceleratorError("CUDA error: unspecified launch failure"), True),
        (RuntimeError("CUDA error: device-side assert triggered"), True),
        (RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), True),
        (RuntimeError("CUBLAS_STATUS_EXECUTION_FAILED when calling cublasGemmEx"), True),
        (torch.OutOfMemoryError("CUDA error: out of memory"), False),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("CUDA error"), False),
    ],
)
def test_what_leaves_a_device_unusable(error, fault):
    assert is_device_fault(error) == fault


def test_a_worker_without_a_gpu_computes_on_the_processor_also_where_there_are_gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device(0).type == "cpu"
    assert choose_device(1).type == "cuda"


def test_workers_that_share_a_gpu_share_its_memory(monkeypatch):
    shares = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "set_per_process_memory_fraction", shares.append)
    for gpus in (0.25, 1, 2):
        assert choose_device(gpus).type == "cuda"
    assert shares == [0.25]


def test_a_worker_that_cannot_see_its_gpu_says_so_instead_of_computing_on_the_processor(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    with pytest.raises(EngineError, match=r"gave this worker a GPU.*CUDA_VISIBLE_DEVICES=3.*does not see it"):
        choose_device(1)


def test_torch_is_told_to_be_deterministic_by_what_does_not_import_its_compiler(monkeypatch):
    def imports_it(*_, **__):
        pytest.fail("torch.use_deterministic_algorithms imports torch._inductor: 1.5 s of each worker's start")

    monkeypatch.setattr(torch, "use_deterministic_algorithms", imports_it)
    torch.set_deterministic_debug_mode("default")
    prepare_torch(torch.get_num_threads())
    assert torch.are_deterministic_algorithms_enabled()
    torch.set_deterministic_debug_mode("default")
