"""The story of a sweep in Ray: workers start and get batches, rows come back and are committed, workers are replaced.

The run's folder is the only truth. Ray's state can be lost at any moment, and running the grid again goes on from what
is committed. Which batch is next is the queue's business, workers are the crew's, rows the recorder's, and what becomes
of a batch whose worker was lost is decided in `retry`.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import ray
from ray import exceptions as ray_exceptions

from orchestrator.cluster.batch_queue import BatchQueue
from orchestrator.cluster.crew import Crew
from orchestrator.cluster.materials import MaterialStore
from orchestrator.cluster.ray_errors import LOST, classify, last_line
from orchestrator.cluster.recorder import Recorder, cannot_store
from orchestrator.cluster.recruiter import Recruiter
from orchestrator.cluster.retry import after_loss
from orchestrator.cluster.status import Listener, Status
from orchestrator.cluster.worker_handle import WorkerHandle
from orchestrator.cluster.workforce import Workforce
from orchestrator.plan.batches import Batch
from orchestrator.plan.device_batches import DeviceBatches
from orchestrator.plan.known_row import known_row
from orchestrator.plan.trial import Trial
from results import Run, RunError

IN_FLIGHT, PLENTY = 2, 4
"""Batches that a worker holds at most, so that it need not wait for the driver between two; and it holds more than one
only while more than so many batches per worker are left, because at the end another worker would be free sooner.
"""

POLL_SECONDS, COMMIT_SECONDS = 0.5, 0.01
"""How long answers of workers are waited for, and how long while rows are on their way, which others may wait for."""

LAST_COMMITS_SECONDS = 10.0
"""How long a sweep that ends in an error waits for the rows that it has. A storage that hangs may not answer at all."""


class Engine:
    """Runs batches to their end, or to that of the running ones after `interrupt`."""

    def __init__(
        self,
        batches: Sequence[Batch],
        run: Run,
        force: Workforce,
        materials: MaterialStore,
        listener: Listener,
        *,
        failed_before: Collection[str] = (),
        max_failures: int | None = None,
        survey: Callable[[], Workforce] | None = None,
        cut_for_devices: bool = False,
    ) -> None:
        """`failed_before` are trials that failed and are not run again; after `max_failures` nothing
        new is submitted. `survey` says what the cluster should be asked for now, for one that machines may join.
        `cut_for_devices`: batches are made anew for each GPU that asks, from the lanes of those given.
        """
        self.status = Status(
            total=sum(len(batch.trials) for batch in batches), total_work=sum(batch.operations for batch in batches)
        )
        self.stopping = False
        self._queue = BatchQueue(batches, failed_before, DeviceBatches() if cut_for_devices else None)
        self._crew = Crew(run)
        self._recorder = Recorder(run, self.status, listener)
        self._recruiter = Recruiter(self._crew, force, survey)
        self._materials = materials
        self._listener = listener
        self._max_failures = max_failures
        self._failures = 0
        self._workers = force.fitting or force.workers
        self._deadline = math.inf
        self._to_say: deque[str] = deque()

    def interrupt(self, why: str, within: float | None = None) -> None:
        """Submit nothing more; what runs is finished and committed, if it is done `within` seconds.

        A signal handler may call it: it only notes the wish, and `why` is said when the engine next looks.
        """
        self.stopping = True
        self._to_say.append(why)
        if within is not None:
            self._deadline = min(self._deadline, time.monotonic() + within)

    def run(self) -> Status:
        """Work until everything is committed, or until what was running after `interrupt` is.

        Raises EngineError where it cannot go on; what is committed stays.
        """
        self._release()
        self._queue.sort(self._workers)
        self.status.started = time.monotonic()
        try:
            self._work()
        except BaseException:
            self._crew.dismiss()
            self._recorder.close(LAST_COMMITS_SECONDS)
            raise
        self._crew.dismiss()
        self._recorder.close()
        while self._recorder.waiting:
            self._take_committed()
        return self.status

    def _work(self) -> None:
        while True:
            if not self.stopping:
                self._say(self._recruiter.recruit(len(self._queue)))
            self._hand_out()
            if not self._has_work():
                return
            for worker, answer in self._crew.finished(COMMIT_SECONDS if self._recorder.waiting else POLL_SECONDS):
                if answer in worker.batches:  # not given back with its worker a moment ago
                    self._collect(worker, answer)
            self._take_committed()
            self._say_interruptions()
            self._watch()
            if time.monotonic() > self._deadline:
                self._say_interruptions()  # the signal may have come after they were last said
                return

    def _has_work(self) -> bool:
        """Whether a worker is at something, rows are on their way, or something is left that may be handed out."""
        left = len(self._queue) > 0 and not self.stopping
        return left or self._recorder.waiting or any(worker.batches for worker in self._crew)

    def _hand_out(self) -> None:
        """Give batches to the workers that can take some, to idle ones first."""
        for worker in sorted(self._crew, key=lambda worker: len(worker.batches)):
            while len(self._queue) and not self.stopping and self._takes(worker):
                assert worker.introduction
                worker.hand(self._queue.take(worker.introduction.memory, self._recruiter.devices), self._materials)

    def _takes(self, worker: WorkerHandle) -> bool:
        """Whether a worker should be handed a batch now. One that is still to start takes none: it may never."""
        if not worker.ready:
            return False
        if not worker.batches:
            return True
        if self._queue.is_next_suspected() or any(map(self._queue.is_suspected, worker.batches.values())):
            return False
        return len(worker.batches) < IN_FLIGHT and len(self._queue) > PLENTY * self._recruiter.devices

    def _collect(self, worker: WorkerHandle, answer: ray.ObjectRef[Any]) -> None:
        """Commit the rows of an answer, or find out from it that the worker is gone."""
        try:
            rows: list[dict[str, Any]] = ray.get(answer)
        except LOST as error:
            self._lose(worker, error)
            return
        except RunError as error:
            # One from a worker is an error of Ray's as well, whose text is the stack trace there.
            reason = error.cause if isinstance(error, ray_exceptions.RayTaskError) else error
            raise cannot_store(reason) from error
        except ray_exceptions.RayTaskError as error:
            # Nothing that is known to go wrong; all the same, the other batches go on.
            reason = f"the worker failed: {type(error.cause).__name__}: {last_line(error.cause)}"
            rows = [self._failed_row(trial, reason) for trial in worker.batches[answer].trials]
        self._record(worker.batches.pop(answer), rows)

    def _record(self, batch: Batch, rows: Sequence[Mapping[str, Any]]) -> None:
        """Have rows committed; `_take_committed` hears when they are."""
        self._recorder.record(batch, rows)
        self._failures += sum(row["status"] == "failed" for row in rows)
        if self._failures and self._max_failures is not None and self._failures >= self._max_failures:
            self.stopping = True

    def _take_committed(self) -> None:
        """Let batches run that waited for those whose rows are in place now."""
        committed = self._recorder.committed()
        for rows in committed:
            failed = {row["trial_id"] for row in rows if row["status"] == "failed"}
            self._queue.settle({row["trial_id"] for row in rows}, failed)
        if committed:
            self._release()

    def _release(self) -> None:
        """Let batches run that waited for others. Trials that follow a failed one are recorded as failed, too."""
        while orphans := self._queue.release():
            for batch in orphans:
                why = "trial {}, the frame before, failed"
                self._record(batch, [self._failed_row(one, why.format(one.after)) for one in batch.trials])

    def _failed_row(self, trial: Trial, reason: str) -> dict[str, Any]:
        return known_row(trial, self._materials.sha256(trial)) | {"status": "failed", "error": reason}

    def _lose(self, worker: WorkerHandle, error: Exception) -> None:
        """A worker is gone: commit what it had finished, decide about the batch it was at, give back the others."""
        for answer in self._crew.finished_before_loss(worker):
            self._collect(worker, answer)
        self._crew.let_go(worker)
        if not worker.ready:
            self._say(self._recruiter.start_failed(worker, error))
            return
        loss = classify(error)
        if not worker.batches:
            self._say([f"a worker was lost ({loss.cause}) that had nothing to do"])
            return
        running, *behind = worker.batches.values()
        self._queue.put_back(behind)
        losses = self._queue.losses(running)
        verdict = after_loss(running, loss, losses)
        losses.append(loss.kind)
        if verdict.again:
            self._queue.put_back(verdict.again, suspected=verdict.suspected)
            self._say([verdict.reason])
        else:
            self._record(running, [self._failed_row(trial, verdict.reason) for trial in running.trials])

    def _watch(self) -> None:
        """See how far the workers are, and end those that are stuck."""
        self._crew.update()
        for worker in self._crew:
            if worker.lost and not worker.batches:  # with batches, the answers to those say so
                self._lose(worker, worker.lost)
            elif worker.is_stuck():
                self._lose(worker, TimeoutError("it made no step for far longer than any step has taken"))
        self._count_work()
        self._listener(self.status, None)

    def _count_work(self) -> None:
        """Note in the status how much work is done, from the steps that workers have made."""
        left, running = self._queue.operations, 0
        for worker in self._crew:
            for batch in worker.batches.values():
                share = worker.share_done(batch)
                running += share is not None
                left += batch.operations * (1 - (share or 0.0))
        self.status.work, self.status.running = self.status.total_work - left, running

    def _say(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._listener(self.status, line)

    def _say_interruptions(self) -> None:
        while self._to_say:
            self._say([self._to_say.popleft()])
