"""One worker as the engine sees it: what it was handed, whether it has started, and how far it is."""

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
"""A worker counts as stuck when it has made no step for so many seconds, and for so many times its longest step."""


@dataclass
class WorkerHandle:
    """A worker and its batches, in the order in which it works at them.

    introduction: what it said of itself when it had started. Before that it may be waiting for room that never comes,
    and gets no batch.
    lost: the error that said that it is gone, or cannot start.
    """

    actor: Any
    question: ray.ObjectRef[Any] | None  # on its way; at first, its introduction
    batches: dict[ray.ObjectRef[Any], Batch] = field(default_factory=dict)
    introduction: Introduction | None = None
    progress: Progress | None = None
    lost: Exception | None = None
    asked: float = field(default_factory=time.monotonic)
    changed: float = field(default_factory=time.monotonic)
    longest_step: float = 0.0

    @property
    def ready(self) -> bool:
        """Whether it has started and can be handed work."""
        return self.introduction is not None

    def hand(self, batch: Batch, materials: MaterialStore) -> None:
        """Give it a batch, which it works at after those that it has."""
        self.batches[self.actor.optimise.remote(batch, materials.of(batch))] = batch

    def ask_progress(self) -> None:
        """Ask how far it is, unless it still owes an answer. Nobody waits: it may be starting, or busy."""
        if self.question is None and self.lost is None:
            self.question = self.actor.progress.options(concurrency_group="control").remote()

    def take_answer(self) -> None:
        """Note what it said of itself, or how far it is, from an answer that has arrived."""
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
        """Whether it has work, and has made no step for far longer than any step took."""
        patience = max(LEAST_PATIENCE, PATIENCE * self.longest_step)
        return self.ready and bool(self.batches) and time.monotonic() - self.changed > patience

    def share_done(self, batch: Batch) -> float | None:
        """How much of a batch it has done, from 0 to 1; None where it is not at that batch."""
        if self.progress is None or self.progress.batch != batch.name:
            return None
        return self.progress.step / batch.trials[0].settings.iterations
