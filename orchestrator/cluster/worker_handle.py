"""One worker as the driver sees it: its batches, whether it has started, and its progress.

Nothing here starts or ends a worker (see `crew`) or decides about its batches (see `engine`)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import ray
from ray import exceptions as ray_exceptions

from orchestrator.cluster.handovers import Introduction, Progress
from orchestrator.cluster.material_store import MaterialStore
from orchestrator.cluster.ray_errors import LOST
from orchestrator.errors import EngineError
from orchestrator.plan.batches import Batch

LEAST_PATIENCE, PATIENCE = 600.0, 50.0
"""A worker counts as stuck when it has made no step for this many seconds, and for this many times its longest step."""

NEARLY_DONE = 0.95
"""The share of a batch's steps after which its worker gets the next batch: hardly any other will be free before it."""

ASK_SECONDS = 0.1
"""The shortest time between two questions for a worker's progress. Without it, each answer of one worker would cost a
question to every worker, and the driver's work would grow with the square of their number.
"""


@dataclass
class WorkerHandle:
    """A worker and its batches, by the answers that it still has to give.

    optimising: in the order in which it runs them. The first is running, the others wait.
    finishing: their steps are done, and their images are being measured and stored.

    introduction: what it told the driver when it had started. Before that it gets no batch, because it may never start.
    lost: the error that said that it was lost, or cannot start.
    """

    actor: Any
    question: ray.ObjectRef[Any] | None  # a question without an answer yet; the first asks for its introduction
    optimising: dict[ray.ObjectRef[Any], Batch] = field(default_factory=dict)
    finishing: dict[ray.ObjectRef[Any], Batch] = field(default_factory=dict)
    introduction: Introduction | None = None
    progress: Progress | None = None
    lost: Exception | None = None
    asked: float = field(default_factory=time.monotonic)
    changed: float = field(default_factory=time.monotonic)
    longest_step: float = 0.0
    last_question: float = 0.0

    @property
    def ready(self) -> bool:
        """Whether it has started and can be given work."""
        return self.introduction is not None

    @property
    def batches(self) -> dict[ray.ObjectRef[Any], Batch]:
        """All batches that it has, the oldest first."""
        return self.finishing | self.optimising

    def hand(self, batch: Batch, store: MaterialStore) -> None:
        """Give it a batch, which it runs after those that it has already."""
        materials = store.of(batch)
        self.actor.prepare.options(concurrency_group="preparing").remote(batch, materials)
        self.optimising[self.actor.optimise.remote(batch, materials)] = batch

    def goes_on(self, answer: ray.ObjectRef[Any]) -> bool:
        """If an answer that has arrived says that the steps of a batch are done, tell the worker to finish the batch.

        Returns False if the answer is the rows of a batch, or an error.
        """
        if answer not in self.optimising:
            return False
        try:
            ray.get(answer)
        except Exception:  # the engine asks again, and handles it
            return False
        batch = self.optimising.pop(answer)
        self.finishing[self.actor.finish.options(concurrency_group="finishing").remote(batch)] = batch
        return True

    def take_back(self, answer: ray.ObjectRef[Any]) -> Batch:
        """Take the batch with this answer from the worker."""
        of = self.finishing if answer in self.finishing else self.optimising
        return of.pop(answer)

    def at_work(self, *, device: bool = False) -> list[Batch]:
        """The batches that it is working at now: those that it finishes and the first that it optimises. With `device`,
        only the one that uses the device.
        """
        steps = list(self.optimising.values())[:1]
        return steps if device else [*self.finishing.values(), *steps]

    def wants_next(self) -> bool:
        """Whether it should get its next batch before the last is done. That is so on a GPU when nearly all steps are
        done, so that the next pictures are on the device in time.
        """
        if self.introduction is None or self.introduction.memory is None:
            return False
        return all((self.share_done(batch) or 0.0) >= NEARLY_DONE for batch in self.optimising.values())

    def ask_progress(self) -> None:
        """Ask for its progress, unless the last question has no answer yet or was asked a moment ago. Does not wait for
        the answer.
        """
        now = time.monotonic()
        if self.question is None and self.lost is None and now - self.last_question >= ASK_SECONDS:
            self.last_question = now
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
        """The share of a batch's steps that it has done, from 0 to 1; None if it is not working at that batch."""
        if batch in self.finishing.values():
            return 1.0
        if self.progress is None or self.progress.batch != batch.name:
            return None
        first = batch.trials[0].first_step
        return max(0.0, (self.progress.step - first) / (batch.trials[0].iterations - first))
