"""The main loop of a sweep: workers start and get batches, rows come back and are committed, lost workers are replaced.

Everything that matters is in the run's folder. Ray's state can be lost at any moment; running the grid again continues
from the committed rows. The engine only connects the parts: `batch_queue` says which batch is next, `hand_out` when a
worker gets it, `recruiter` how many workers to ask for, `crew` starts and ends them, `recorder` commits rows, and
`retry` decides about a batch whose worker was lost.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import ray
from ray import exceptions as ray_exceptions

from orchestrator.cluster.batch_queue import BatchQueue
from orchestrator.cluster.crew import Crew
from orchestrator.cluster.hand_out import Load, takes_another
from orchestrator.cluster.material_store import MaterialStore
from orchestrator.cluster.ray_errors import LOST, classify, last_line
from orchestrator.cluster.recorder import Recorder, cannot_store
from orchestrator.cluster.recruiter import Recruiter
from orchestrator.cluster.retry import Loss, LossKind, after_loss
from orchestrator.cluster.status import Listener, Status
from orchestrator.cluster.worker_handle import WorkerHandle
from orchestrator.cluster.workforce import Workforce
from orchestrator.plan.batches import Batch
from orchestrator.plan.device_batches import DeviceBatches
from orchestrator.plan.known_row import known_row
from orchestrator.plan.source import Source, ToCome
from orchestrator.plan.trial import Trial
from results import Run, RunError

POLL_SECONDS, COMMIT_SECONDS = 0.5, 0.01
"""How long to wait for answers of workers, in seconds; and how long while rows are being committed, for which other
batches may wait.
"""

WAITING_SECONDS = 2.0
"""How often a source is asked that waits for people, in seconds."""

LAST_COMMITS_SECONDS = 10.0
"""How many seconds a sweep that ends in an error waits for its rows to be written. A storage that hangs may never
answer.
"""


class Engine:
    """Runs batches until all are done; after `interrupt`, until the running ones are done."""

    def __init__(
        self,
        source: Source,
        run: Run,
        force: Workforce,
        materials: MaterialStore,
        listener: Listener,
        *,
        max_failures: int | None = None,
        survey: Callable[[], Workforce] | None = None,
        cut_for_devices: bool = False,
    ) -> None:
        """`source` gives the batches, at the start and whenever rows were committed. Trials that failed in its plan
        are not run again. `max_failures`: after this many failures nothing new is submitted. `survey`: for a cluster
        that may grow, returns the workforce to ask it for now. `cut_for_devices`: a batch is cut for each GPU when it
        asks, from the lanes of the batches that the source gives.
        """
        self.status = Status(total=0, total_work=0.0)
        self.stopping = False
        self._source = source
        self._given = ToCome()  # what the source has given
        failed_before = {trial for trial, state in source.plan.states.items() if state == "failed"}
        self._queue = BatchQueue([], failed_before, DeviceBatches() if cut_for_devices else None)
        self._crew = Crew(run)
        self._recorder = Recorder(run, self.status, listener)
        self._recruiter = Recruiter(self._crew, force, survey)
        self._materials = materials
        self._listener = listener
        self._max_failures = max_failures
        self._failures = 0
        self._workers = force.fitting or force.workers
        self._deadline = math.inf
        self._waiting_for, self._ask_again = "", 0.0
        self._to_say: deque[str] = deque()
        self._ask_for_batches()

    def interrupt(self, why: str, within: float | None = None) -> None:
        """Submit nothing more. Running batches are finished and committed, if they are done `within` seconds.

        Signal handlers may call it: it only notes the request. The engine prints `why` the next time it looks.
        """
        self.stopping = True
        self._to_say.append(why)
        if within is not None:
            self._deadline = min(self._deadline, time.monotonic() + within)

    def run(self) -> Status:
        """Work until everything is committed; after `interrupt`, until the running batches are.

        Raises EngineError if the sweep cannot go on; committed rows are kept.
        """
        self._release()
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
            self._wait_for_people()
            self._say_interruptions()
            self._watch()
            if time.monotonic() > self._deadline:
                self._say_interruptions()  # the signal may have come after they were last said
                return

    def _has_work(self) -> bool:
        """Whether a worker has a batch, rows are being committed, or a batch may be handed out, now or later."""
        left = not self.stopping and (len(self._queue) > 0 or bool(self._source.to_come().waiting_for))
        return left or self._recorder.waiting or any(worker.batches for worker in self._crew)

    def _hand_out(self) -> None:
        """Give batches to workers that can take one, idle workers first."""
        for worker in sorted(self._crew, key=lambda worker: len(worker.batches)):
            while len(self._queue) and not self.stopping and self._takes(worker):
                assert worker.introduction
                worker.hand(self._queue.take(worker.introduction.memory, self._recruiter.devices), self._materials)

    def _takes(self, worker: WorkerHandle) -> bool:
        """Whether to give a worker a batch now. A worker that has not started gets none: it may never start."""
        if not worker.ready:
            return False
        suspected = self._queue.is_next_suspected() or any(map(self._queue.is_suspected, worker.batches.values()))
        load = Load(len(worker.optimising), len(worker.finishing), suspected, worker.wants_next())
        return takes_another(load, len(self._queue), self._recruiter.devices)

    def _collect(self, worker: WorkerHandle, answer: ray.ObjectRef[Any]) -> None:
        """Commit the rows in an answer; or handle the loss of the worker, if that is what the answer says."""
        try:
            rows: list[dict[str, Any]] = ray.get(answer)
        except LOST as error:
            self._lose(worker, error)
            return
        except RunError as error:
            # An exception in a worker arrives as one of Ray's errors, whose text is the worker's stack trace.
            reason = error.cause if isinstance(error, ray_exceptions.RayTaskError) else error
            raise cannot_store(reason) from error
        except ray_exceptions.RayTaskError as error:
            # An error that we do not know. The batch fails, and the other batches go on.
            reason = f"the worker failed: {type(error.cause).__name__}: {last_line(error.cause)}"
            rows = [self._failed_row(trial, reason) for trial in worker.batches[answer].trials]
        self._record(worker.take_back(answer), rows)

    def _record(self, batch: Batch, rows: Sequence[Mapping[str, Any]]) -> None:
        """Start to commit rows; `_take_committed` sees when that is done."""
        self._recorder.record(batch, rows)
        self._failures += sum(row["status"] == "failed" for row in rows)
        if self._failures and self._max_failures is not None and self._failures >= self._max_failures:
            self.stopping = True

    def _take_committed(self) -> None:
        """Let batches run that waited for rows which are committed now."""
        committed = self._recorder.committed()
        for rows in committed:
            failed = {row["trial_id"] for row in rows if row["status"] == "failed"}
            self._queue.settle({row["trial_id"] for row in rows}, failed)
            self._source.tell(rows)
        if committed:
            if not self.stopping:
                self._ask_for_batches()
            self._release()

    def _ask_for_batches(self) -> None:
        """Take what the source gives now into the queue."""
        batches = self._source.ask()
        self._queue.add(batches)
        self._given = ToCome(
            self._given.trials + sum(len(batch.trials) for batch in batches),
            self._given.operations + sum(batch.operations for batch in batches),
        )
        later = self._source.to_come()
        self.status.total = self._given.trials + later.trials
        self.status.total_work = self._given.operations + later.operations

    def _wait_for_people(self) -> None:
        """Ask the source again if it waits for people, and say so the first time."""
        what = "" if self.stopping else self._source.to_come().waiting_for
        if what and what != self._waiting_for:
            self._say([f"waiting for {what}"])
        self._waiting_for = what
        if what and time.monotonic() >= self._ask_again:
            self._ask_again = time.monotonic() + WAITING_SECONDS
            self._ask_for_batches()
            self._release()

    def _release(self) -> None:
        """Let batches run that no longer have to wait. Trials that depend on a failed one fail, too."""
        is_empty = not len(self._queue)
        while orphans := self._queue.release():
            for batch in orphans:
                why = "trial {}, the frame before, failed"
                self._record(batch, [self._failed_row(one, why.format(one.after)) for one in batch.trials])
        if is_empty:
            self._queue.sort(self._workers)

    def _failed_row(self, trial: Trial, reason: str) -> dict[str, Any]:
        return known_row(trial, self._materials.sha256(trial)) | {"status": "failed", "error": reason}

    def _lose(self, worker: WorkerHandle, error: Exception) -> None:
        """Handle the loss of a worker: commit what it had finished, decide about the batches that it was working at,
        give back the others.

        It may have been working at two batches: one that it finished, and one that it optimised. It is not known which
        of them was the cause.
        """
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
        suspects = worker.at_work(device=loss.kind is LossKind.DEVICE)
        self._queue.put_back(batch for batch in worker.batches.values() if batch not in suspects)
        said = [self._decide(batch, loss, finishing=batch in worker.finishing.values()) for batch in suspects]
        self._say(dict.fromkeys(line for line in said if line))

    def _decide(self, batch: Batch, loss: Loss, *, finishing: bool) -> str:
        """Run a batch again that a lost worker was working at, or record it as failed. Returns a line for the user."""
        losses = self._queue.losses(batch)
        verdict = after_loss(batch, loss, losses, finishing=finishing)
        losses.append(loss.kind)
        if not verdict.again:
            self._record(batch, [self._failed_row(trial, verdict.reason) for trial in batch.trials])
            return ""
        self._queue.put_back(verdict.again, suspected=verdict.suspected)
        return verdict.reason

    def _watch(self) -> None:
        """Update the progress of the workers, and end those that are stuck."""
        self._crew.update()
        for worker in self._crew:
            if worker.lost and not worker.batches:  # if it has batches, the answers to those say that it is lost
                self._lose(worker, worker.lost)
            elif worker.is_stuck():
                self._lose(worker, TimeoutError("it made no step for far longer than any step has taken"))
        self._count_work()
        self._listener(self.status, None)

    def _count_work(self) -> None:
        """Update in the status how much work is done, from the steps that workers have made."""
        left, running = self._queue.operations + self._source.to_come().operations, 0
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
