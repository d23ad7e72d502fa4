"""A worker as the engine sees it: what it was handed, whether it is there, and whether it gets on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import ray
from ray import exceptions as ray_exceptions

from orchestrator.cluster.worker import Progress
from orchestrator.plan.batches import Batch

LOST = (
    ray_exceptions.RayActorError,
    ray_exceptions.WorkerCrashedError,
    ray_exceptions.NodeDiedError,
    ray_exceptions.ObjectLostError,
    ray_exceptions.OutOfMemoryError,
)

LEAST_PATIENCE, PATIENCE = 600.0, 50.0
"""A worker counts as stuck when it has made no step for so many seconds, and for so many times its longest step."""


@dataclass
class Crew:
    """A worker and its batches in order. `ready`: it has answered once, so that it is more than a wish."""

    actor: Any
    batches: dict[ray.ObjectRef[Any], Batch] = field(default_factory=dict)
    question: ray.ObjectRef[Any] | None = None
    progress: Progress | None = None
    ready: bool = False
    lost: Exception | None = None  # why it is gone, if it is
    changed: float = field(default_factory=time.monotonic)
    longest_step: float = 0.0

    def ask(self) -> None:
        """Ask how far it is, unless a question is on its way: one that starts or is busy is not waited for."""
        if self.question is None and self.lost is None:
            self.question = self.actor.progress.options(concurrency_group="control").remote()

    def hear(self) -> None:
        """Take the answer, which is there."""
        question, self.question = self.question, None
        try:
            progress = ray.get(question) if question is not None else None
        except LOST as error:
            progress, self.lost = None, error
        else:
            self.ready = True
        now = time.monotonic()
        if progress != self.progress or not self.batches:
            if progress and self.progress and progress.batch == self.progress.batch:
                steps = max(1, progress.step - self.progress.step)
                self.longest_step = max(self.longest_step, (now - self.changed) / steps)
            self.changed = now
        self.progress = progress

    def is_stuck(self) -> bool:
        """Whether it has work, and has made no step for far longer than it ever took."""
        patience = max(LEAST_PATIENCE, PATIENCE * self.longest_step)
        return self.ready and bool(self.batches) and time.monotonic() - self.changed > patience


def look(crews: Sequence[Crew]) -> None:
    """Ask all workers how far they are, and hear those that have answered."""
    for crew in crews:
        crew.ask()
    asked = {crew.question: crew for crew in crews if crew.question is not None}
    answered, _ = ray.wait(list(asked), num_returns=len(asked), timeout=0)
    for question in answered:
        asked[question].hear()


def is_lost(ref: ray.ObjectRef[Any]) -> bool:
    """Whether an answer that is there says that its worker is gone."""
    try:
        ray.get(ref)
    except ray_exceptions.RayError as error:
        return isinstance(error, LOST)
    return False


def node_died(error: Exception) -> bool:
    """Whether a worker was lost with its whole node, as Ray says when it has missed the node for some seconds."""
    return isinstance(error, ray_exceptions.NodeDiedError) or "node was terminated" in str(error)


def out_of_memory(error: Exception) -> bool:
    """Whether Ray ended a worker because its node had no memory left (that of the host; a GPU's is the worker's own
    affair).
    """
    return isinstance(error, ray_exceptions.OutOfMemoryError) or "low on memory" in str(error)
