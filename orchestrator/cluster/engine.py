"""Hands batches to workers, commits the rows that come back, and survives workers that die.

As long as there are plenty of batches, two are in flight for each worker, so that none waits for the driver. The
results folder is the only truth: Ray's state can be lost at any moment, and running the grid again goes on from what is
committed.
"""

from __future__ import annotations

import datetime
import math
import time
import uuid
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import ray
from ray import exceptions as ray_exceptions

from orchestrator.cluster.batch_order import in_order
from orchestrator.cluster.materials import MaterialStore
from orchestrator.cluster.session import Workforce, start_worker
from orchestrator.cluster.worker_handle import LOST, Crew, is_lost, look, node_died, out_of_memory
from orchestrator.errors import EngineError
from orchestrator.plan.batches import Batch
from orchestrator.plan.known_row import known_row
from orchestrator.plan.settings_columns import SETTINGS_SCHEMA
from orchestrator.plan.trial import Trial
from results import Run, RunError
from results.run.rows import commit

IN_FLIGHT, PLENTY = 2, 4
MOST_FALSE_STARTS = 3
"""So many workers may die one after the other before they have done anything; then something is wrong with them all."""

MOST_DEATHS = 2
"""So many workers may a batch take with it before its trials run one by one, and a trial before it is recorded as
failed.
"""

NODE_BLAME = 0.25
"""What a lost node counts for beside a lost worker: machines are taken away for reasons of their own."""

POLL_SECONDS = 0.5

GROW_SECONDS, WAITING_SECONDS = 5.0, 15.0
"""How often the cluster is asked whether it has grown, and how long nobody answers until that is said."""


@dataclass
class Status:
    """How far the sweep is; `work` counts floating-point operations, of which trials have very different numbers."""

    total: int
    total_work: float
    done: int = 0
    failed: int = 0
    work: float = 0.0
    running: int = 0  # batches that a worker is at
    started: float = field(default_factory=time.monotonic)

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.started

    @property
    def seconds_left(self) -> float | None:
        """From the work done so far; None before there is any."""
        return self.elapsed * (self.total_work - self.work) / self.work if self.work else None


Listener = Callable[[Status, str | None], None]
"""Told how far the sweep is, a few times a second, and in a line of text what happened."""


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
        room: Callable[[], int] | None = None,
    ) -> None:
        """`failed_before` are trials that failed and are not run again; `room` says for how many workers the cluster
        has room now; after `max_failures` nothing new is submitted.
        """
        self._open = {trial.id for batch in batches for trial in batch.trials}
        self._failed = set(failed_before)
        self._waiting = list(batches)  # for trials that they follow
        self._pending: deque[Batch] = deque()
        self._run = run
        self._force = force
        self._materials = materials
        self._listener = listener
        self._max_failures = max_failures
        self._room = room
        self._asked_for_room = time.monotonic()
        self._said_waiting = False
        self._deadline = math.inf
        self._to_say: deque[str] = deque()
        self._deaths: dict[str, float] = {}
        self._false_starts = 0
        self._crews: list[Crew] = []
        self.stopping = False
        self.status = Status(
            total=sum(len(batch.trials) for batch in batches), total_work=sum(batch.operations for batch in batches)
        )

    def interrupt(self, why: str, within: float | None = None) -> None:
        """Submit nothing more; what runs is finished and committed, if it is done `within` seconds.

        A signal handler may call it: it takes note only, and `why` is said at the next look.
        """
        self.stopping = True
        self._to_say.append(why)
        if within is not None:
            self._deadline = min(self._deadline, time.monotonic() + within)

    def run(self) -> Status:
        """Work until everything is committed, or until what was running after `interrupt` is.

        Raises EngineError where it cannot go on; what is committed stays.
        """
        self._crews = [self._crew() for _ in range(self._force.workers)]
        look(self._crews)
        self._pending.extend(in_order(self._released(), self._force.workers))
        self.status.started = time.monotonic()
        try:
            while True:
                self._submit()
                owners = {ref: crew for crew in self._crews for ref in crew.batches}
                if not owners and (self.stopping or not self._pending):
                    return self.status
                starting = [crew.question for crew in self._crews if crew.question and not crew.ready]
                ready, _ = ray.wait([*owners, *starting], num_returns=1, timeout=POLL_SECONDS)
                for ref in ready:
                    if ref in owners and ref in owners[ref].batches:  # not lost with its worker a moment ago
                        self._collect(owners[ref], ref)
                self._look()
                self._grow()
                if time.monotonic() > self._deadline:
                    self._tell()  # the signal may have come after the look
                    return self.status
        finally:
            for crew in self._crews:
                ray.kill(crew.actor)

    def _crew(self) -> Crew:
        return Crew(start_worker(self._force))

    def _submit(self) -> None:
        for crew in sorted(self._crews, key=lambda crew: len(crew.batches)):
            while self._pending and not self.stopping and self._takes(crew, self._pending[0]):
                batch = self._pending.popleft()
                crew.batches[crew.actor.optimise.remote(batch, self._materials.of(batch))] = batch

    def _takes(self, crew: Crew, batch: Batch) -> bool:
        """Whether a worker should be handed this batch now. One that is still to start takes none: it may never."""
        if not crew.ready:
            return False
        if not crew.batches:
            return True
        if any(one.name in self._deaths for one in [*crew.batches.values(), batch]):
            return False  # a batch that may have cost a worker runs alone, so that nothing else is blamed for it
        # Towards the end a second one in a worker's queue would wait there while another worker idles.
        return len(crew.batches) < IN_FLIGHT and len(self._pending) > PLENTY * len(self._crews)

    def _collect(self, crew: Crew, ref: ray.ObjectRef[Any]) -> None:
        try:
            rows: list[dict[str, Any]] = ray.get(ref)
        except LOST as error:
            self._replace(crew, error)
            return
        except RunError as error:
            # One from a worker is an error of Ray's as well, whose text is the stack trace there.
            reason = error.cause if isinstance(error, ray_exceptions.RayTaskError) else error
            raise EngineError(f"{reason}. What is committed stays; run again to go on") from error
        except ray_exceptions.RayTaskError as error:
            raise EngineError(f"a worker failed: {error.cause}") from error
        batch = crew.batches.pop(ref)
        self._false_starts = 0
        self._commit(batch, rows)

    def _commit(self, batch: Batch, rows: Sequence[Mapping[str, Any]]) -> None:
        self._record(batch, rows)
        self._pending.extend(self._released())

    def _released(self) -> list[Batch]:
        """Batches that waited for others and no longer do. Where one of those failed, what follows it fails."""
        released: list[Batch] = []
        while ready := [batch for batch in self._waiting if batch.after.isdisjoint(self._open)]:
            self._waiting = [batch for batch in self._waiting if not batch.after.isdisjoint(self._open)]
            for batch in ready:
                sound = batch.only({trial.id for trial in batch.trials if trial.after not in self._failed})
                if sound == batch:
                    released.append(batch)
                    continue
                orphans = batch.only({trial.id for trial in batch.trials if trial.after in self._failed})
                rows = [self._failed_row(one, f"trial {one.after}, the frame before, failed") for one in orphans.trials]
                self._record(orphans, rows)
                if sound.trials:
                    released.append(sound)
        return released

    def _failed_row(self, trial: Trial, reason: str) -> dict[str, Any]:
        return known_row(trial, self._materials.sha256(trial)) | {"status": "failed", "error": reason}

    def _record(self, batch: Batch, rows: Sequence[Mapping[str, Any]]) -> None:
        now = datetime.datetime.now(datetime.UTC)
        try:
            attempt = f"{now:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
            commit(self._run, SETTINGS_SCHEMA, batch.name, attempt, [{**row, "committed_at": now} for row in rows])
        except RunError as error:
            raise EngineError(f"{error}. What is committed stays; run again to go on") from error
        failures = [row for row in rows if row["status"] == "failed"]
        self._open.difference_update(row["trial_id"] for row in rows)
        self._failed.update(row["trial_id"] for row in failures)
        self.status.failed += len(failures)
        self.status.done += len(rows) - len(failures)
        for row in failures:
            self._listener(self.status, f"trial {row['trial_id']} failed: {row['error']}")
        width = max((row.get("batch_width") or 0 for row in rows), default=0)
        if 0 < width < batch.width:
            self._listener(self.status, f"a batch of {batch.width} had to run in parts of {width} or fewer")
        if failures and self._max_failures is not None and self.status.failed >= self._max_failures:
            self.stopping = True

    def _replace(self, crew: Crew, error: Exception) -> None:
        """A worker is gone: keep what it had finished, blame the batch it was at, give back the rest, start another."""
        self._false_starts += not crew.ready
        init_failed = isinstance(error, ray_exceptions.RayActorError) and error.actor_init_failed
        if init_failed or self._false_starts == MOST_FALSE_STARTS:
            raise EngineError(f"a worker could not start: {_last_line(error)}") from error
        lost = list(crew.batches)
        answered, _ = ray.wait(lost, num_returns=len(lost), timeout=0) if lost else ([], [])
        for ref in answered:
            if not is_lost(ref):
                self._collect(crew, ref)
        batches = list(crew.batches.values())
        self._crews[self._crews.index(crew)] = self._crew()
        ray.kill(crew.actor)
        if not batches:
            self._listener(self.status, f"a worker was lost ({_last_line(error)}) that had nothing to do")
            return
        blamed, unharmed = batches[0], batches[1:]
        blame = NODE_BLAME if node_died(error) else 1
        self._deaths[blamed.name] = self._deaths.get(blamed.name, 0) + blame
        self._pending.extendleft(reversed(unharmed))
        if out_of_memory(error) and len(blamed.trials) > 1:
            self._pending.extendleft(reversed(blamed.halves()))
            self._listener(self.status, "a node ran out of memory; the batch that was running runs in halves")
        elif self._deaths[blamed.name] < MOST_DEATHS:
            self._pending.appendleft(blamed)
            self._listener(self.status, f"a worker was lost ({_last_line(error)}); its batch runs again")
        elif len(blamed.trials) > 1:
            singles = blamed.singles()
            self._deaths |= {single.name: 0 for single in singles}  # suspected, each for itself
            self._pending.extendleft(reversed(singles))
            self._listener(self.status, "a batch cost two workers; its trials run one by one")
        else:
            reason = f"its worker process was lost {MOST_DEATHS} times: {_last_line(error)}"
            self._commit(blamed, [self._failed_row(blamed.trials[0], reason)])

    def _tell(self) -> None:
        while self._to_say:
            self._listener(self.status, self._to_say.popleft())

    def _look(self) -> None:
        """See how far the workers are, and end those that are stuck."""
        self._tell()
        look(self._crews)
        for crew in list(self._crews):
            if crew.lost and not crew.batches:
                self._replace(crew, crew.lost)  # with batches, those say so
            elif crew.is_stuck():
                self._replace(crew, TimeoutError("it made no step for far longer than any step has taken"))
        self.status.work = self.status.total_work - self._work_left()
        self._listener(self.status, None)

    def _grow(self) -> None:
        """Start workers on nodes that have joined, and say so where none has room for any."""
        now = time.monotonic()
        if not self._room or now - self._asked_for_room < GROW_SECONDS:
            return
        self._asked_for_room = now
        if all(crew.ready for crew in self._crews):
            more = min(self._room(), len(self._crews) + len(self._pending)) - len(self._crews)
            if more > 0 and not self.stopping:
                self._crews += [self._crew() for _ in range(more)]
                self._listener(self.status, f"the cluster has grown: {len(self._crews)} workers")
        elif not any(crew.ready for crew in self._crews) and now - self.status.started > WAITING_SECONDS:
            if not self._said_waiting:
                free: dict[str, float] = ray.available_resources()  # type: ignore[no-untyped-call]
                has = f"{free.get('CPU', 0):g} CPU cores and {free.get('GPU', 0):g} GPUs are free"
                self._listener(self.status, f"waiting for the cluster: asked for {self._force.describe()}; {has}")
            self._said_waiting = True

    def _work_left(self) -> float:
        left = sum(batch.operations for batch in [*self._pending, *self._waiting])
        self.status.running = 0
        for crew in self._crews:
            for batch in crew.batches.values():
                share = 1.0
                if crew.progress and crew.progress.batch == batch.name:
                    self.status.running += 1
                    share = 1 - crew.progress.step / batch.trials[0].settings.iterations
                left += batch.operations * share
        return left


def _last_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:300] if lines else type(error).__name__
