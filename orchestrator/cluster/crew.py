"""The workers of a sweep: starts them, asks for their progress, ends them.

How many there should be is decided in `recruiter`; which batch each gets is decided in `engine`. A single worker, as
the driver sees it, is a `WorkerHandle`; the code that runs in its process is in `worker`.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Iterator
from typing import Any

import ray

from orchestrator.cluster.ray_errors import says_lost
from orchestrator.cluster.worker import CONCURRENCY_GROUPS, Worker
from orchestrator.cluster.worker_handle import WorkerHandle
from orchestrator.cluster.workforce import Workforce
from orchestrator.versions import versions_text
from results import Run

NODE_LABEL = "ray.io/node-id"
"""The label with a machine's id, which Ray gives every machine."""


class Crew:
    """The workers that were started and not yet let go. A new one takes a while to start; nothing waits for it."""

    def __init__(self, run: Run) -> None:
        """`run.json` is already in `run`: workers compare it, to be sure that they see the driver's folder."""
        self._workers: list[WorkerHandle] = []
        self._run, self._description = run.url, hashlib.sha256(run.read("run.json")).hexdigest()

    def __len__(self) -> int:
        return len(self._workers)

    def __iter__(self) -> Iterator[WorkerHandle]:
        return iter(list(self._workers))

    @property
    def ready(self) -> int:
        """How many workers have started."""
        return sum(worker.ready for worker in self._workers)

    def hire(self, count: int, force: Workforce, avoid: Collection[str] = ()) -> None:
        """Start `count` more workers with the resources in `force`, on any machines except those to avoid."""
        for _ in range(count):
            actor = start_worker(force, avoid)
            question = actor.introduce.options(concurrency_group="control").remote(self._run, self._description)
            self._workers.append(WorkerHandle(actor, question))

    def let_go(self, worker: WorkerHandle) -> None:
        """End a worker, if it has not ended already."""
        self._workers.remove(worker)
        end_worker(worker.actor)

    def dismiss(self) -> None:
        """End all workers."""
        for worker in self:
            self.let_go(worker)

    def update(self) -> None:
        """Ask all workers for their progress, and note the answers that have arrived."""
        for worker in self._workers:
            worker.ask_progress()
        asked = {worker.question: worker for worker in self._workers if worker.question is not None}
        answered, _ = ray.wait(list(asked), num_returns=len(asked), timeout=0) if asked else ([], [])
        for question in answered:
            asked[question].take_answer()

    def finished(self, seconds: float) -> list[tuple[WorkerHandle, ray.ObjectRef[Any]]]:
        """The answers to batches (rows or an error), with their workers. Batches whose steps are done are given to
        their workers to finish; they have no answer yet.

        Waits for an answer, for steps that are done, or for a worker to start, but no longer than `seconds`.
        """
        owners = {answer: worker for worker in self._workers for answer in worker.batches}
        starting = [worker.question for worker in self._workers if worker.question and not worker.ready]
        if not owners and not starting:
            time.sleep(seconds)
            return []
        arrived, _ = ray.wait([*owners, *starting], num_returns=1, timeout=seconds)
        found = [(owners[answer], answer) for answer in arrived if answer in owners]
        return [(worker, answer) for worker, answer in found if not worker.goes_on(answer)]

    @staticmethod
    def finished_before_loss(worker: WorkerHandle) -> list[ray.ObjectRef[Any]]:
        """The answers to batches that a lost worker gave before it was lost."""
        asked = list(worker.batches)
        arrived, _ = ray.wait(asked, num_returns=len(asked), timeout=0) if asked else ([], [])
        return [answer for answer in arrived if not says_lost(answer) and not worker.goes_on(answer)]


def start_worker(force: Workforce, avoid: Collection[str] = ()) -> Any:
    """A new worker. It may take a while to start; calls to it wait until then."""
    options: dict[str, Any] = {
        "num_cpus": force.cpus,
        "num_gpus": force.gpus,
        "concurrency_groups": CONCURRENCY_GROUPS,
        # Ray restarts no worker. The engine starts the replacement, because it must know what was lost with a worker.
        "max_restarts": 0,
    }
    if avoid:
        options["label_selector"] = {NODE_LABEL: f"!in({','.join(sorted(avoid))})"}
    actor: Any = ray.remote(**options)(Worker)
    return actor.remote(*worker_arguments(force))


def worker_arguments(force: Workforce) -> tuple[Any, ...]:
    """The arguments of `Worker`."""
    return force.threads, force.gpus, versions_text()


def end_worker(actor: Any) -> None:
    """End a worker's process, whatever it is doing."""
    ray.kill(actor)
