"""One worker as the driver sees it: its batches, whether it has started, and its progress.

Nothing here starts or ends a worker (see `crew`) or decides about its batches (see `engine`)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import ray
from ray import exceptions as ray_exceptions

from orchestrator.cluster.materials import MaterialStore
from orchestrator.cluster.ray_errors import LOST
from orchestrator.cluster.worker import Introduction, Progress
from orchestrator.errors import EngineError
from orchestrator.plan.batches import Batch

LEAST_PATIENCE, PATIENCE = 600.0, 50.0
"""A worker counts as stuck when it has made no step for this many seconds, and for this many times its longest step."""


@dataclass
class WorkerHandle:
    """A worker and its batches, in the order in which it runs them.

    introduction: what it told the driver when it had started. Before that it gets no batch, because it may never start.
    lost: the error that said that it was lost, or cannot start.
    """

    actor: Any
    question: ray.ObjectRef[Any] | None  # a question without an answer yet; the first asks for its introduction
    batches: dict[ray.ObjectRef[Any], Batch] = field(default_factory=dict)
    introduction: Introduction | None = None
    progress: Progress | None = None
    lost: Exception | None = None
    asked: float = field(default_factory=time.monotonic)
    changed: float = field(default_factory=time.monotonic)
    longest_step: float = 0.0

    @property
    def ready(self) -> bool:
        """Whether it has started and can be given work."""
        return self.introduction is not None

    def hand(self, batch: Batch, materials: MaterialStore) -> None:
        """Give it a batch, which it runs after those that it has already."""
        self.batches[self.actor.optimise.remote(batch, materials.of(batch))] = batch

    def ask_progress(self) -> None:
        """Ask for its progress, unless the last question has no answer yet. Does not wait for the answer."""
        if self.question is None and self.lost is None:
            self.question = self.actor.progress.options(concurrency_group="control").remote()

    def take_answer(self) -> None:
        """Take its introduction or its progress from an answer that has arrived."""
        question, self.question = self.question, None
        try:
            answer = ray.get(question) if question is not None else None
        except (*LOST, ray_exceptions.RayTaskError) as error:
            self.progress, self.lost = None, error
            return
        if not isinstance(answer, Introduction):
            self._note(answer)
        elif answer.trouble:
            self.lost = EngineError(answer.trouble)
        else:
            self.introduction, self.changed = answer, time.monotonic()

    def _note(self, progress: Progress | None) -> None:
        now = time.monotonic()
        if progress != self.progress or not self.batches:
            if progress and self.progress and progress.batch == self.progress.batch:
                steps = max(1, progress.step - self.progress.step)
                self.longest_step = max(self.longest_step, (now - self.changed) / steps)
            self.changed = now
        self.progress = progress

    def is_stuck(self) -> bool:
        """Whether it has work, but has made no step for far longer than any step took."""
        patience = max(LEAST_PATIENCE, PATIENCE * self.longest_step)
        return self.ready and bool(self.batches) and time.monotonic() - self.changed > patience

    def share_done(self, batch: Batch) -> float | None:
        """How much of a batch it has done, from 0 to 1; None if it is not running that batch."""
        if self.progress is None or self.progress.batch != batch.name:
            return None
        return self.progress.step / batch.trials[0].settings.iterations
