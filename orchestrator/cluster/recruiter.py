"""Decides when workers are added or let go: because there is more or less work, because machines join or are set aside,
or because a start takes too long. Also says what the sweep is waiting for.

Workers are started and ended by `crew`; how many a sweep should have at most is calculated in `workforce`.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from orchestrator.cluster.crew import Crew
from orchestrator.cluster.node import room
from orchestrator.cluster.node_watch import NodeWatch
from orchestrator.cluster.nodes import alive_nodes, free_nodes, node_of
from orchestrator.cluster.ray_errors import classify, never_started
from orchestrator.cluster.retry import LossKind
from orchestrator.cluster.worker_handle import WorkerHandle
from orchestrator.cluster.workforce import Workforce
from orchestrator.errors import EngineError

SURVEY_SECONDS = 5.0
"""How many seconds pass between two looks at the cluster and at workers that have not started."""

WAITING_SECONDS = 5.0
"""After how many seconds without room for any worker the sweep says so."""

PLACE_SECONDS, START_SECONDS = 30.0, 600.0
"""In seconds. After the first time, a worker that was not placed although a machine has room is requested again. After
the second, a worker that was placed but has not started counts as one that cannot start there.
"""

REQUESTS = 3
"""After how many repeated requests for a worker that was not placed the sweep says so. It goes on requesting."""

NOWHERE = ""
"""Used instead of a machine's id if a worker ended before it was placed."""


class Recruiter:
    """Keeps as many workers as there is work for, up to the number in the workforce."""

    def __init__(self, crew: Crew, force: Workforce, survey: Callable[[], Workforce] | None = None) -> None:
        """`survey`: for a cluster that may grow, returns the workforce to ask it for now."""
        self._crew, self._force, self._survey = crew, force, survey
        self._watch = NodeWatch()
        self._surveyed = time.monotonic()
        self._most_ready = force.fitting
        self._awaited_since = time.monotonic()
        self._said_waiting = False
        self._repeated = 0  # requests in a row that Ray did not answer with a process, although there was room
        self._unplaced_since = 0.0
        self._said_unplaced = False
        self._fitting = force.fitting

    @property
    def devices(self) -> int:
        """How many workers share the work: those that have started, or those that fit now if these are more."""
        return max(1, self._crew.ready, min(len(self._crew), self._fitting))

    def start_failed(self, worker: WorkerHandle, error: Exception) -> list[str]:
        """Note that a worker ended before it was ready. Returns lines for people."""
        loss = classify(error)
        if loss.kind is LossKind.NODE:
            return [f"a worker was lost with its machine before it had started ({loss.cause})"]
        node = node_of(worker.actor) or NOWHERE
        names = {one.id: one.name for one in alive_nodes()}
        name = names.get(node, "a machine that is gone" if node else "the cluster")
        if node in self._watch.set_aside(time.monotonic()):
            return []  # people know already; other workers placed there end one after another
        said = self._watch.failed(node, name, loss.cause, time.monotonic(), certain=never_started(error))
        return [said or f"a worker ended while it started on {name} ({loss.cause}); another one starts"]

    def recruit(self, batches: int) -> list[str]:
        """Add workers, or let some go. `batches`: how many no worker has yet. Returns lines for people.

        Raises EngineError if there is work, but no machine on which a worker starts.
        """
        now, said = time.monotonic(), list[str]()
        for worker in self._crew:
            if worker.introduction:
                self._watch.started(worker.introduction.node)
        wanted = min(self._force.workers, batches + sum(bool(worker.batches) for worker in self._crew))
        starting = [worker for worker in self._crew if not worker.ready]
        if len(self._crew) > wanted:
            for worker in starting[wanted - len(self._crew) :]:  # those that have started may get a batch back
                self._crew.let_go(worker)
        elif len(self._crew) < wanted:
            self._hire(wanted - len(self._crew), now)
        if now - self._surveyed >= SURVEY_SECONDS:
            self._surveyed = now
            self._look_at_the_cluster()
            said += self._look_after_starts(now)
        if self._crew.ready > self._most_ready:
            self._most_ready = self._crew.ready
            said.append(f"the cluster has grown: {self._most_ready} workers")
        return said + self._say_what_is_awaited(now)

    def _hire(self, count: int, now: float) -> None:
        """Start workers on machines that are not set aside."""
        avoid = self._watch.set_aside(now)
        if avoid:
            nodes = alive_nodes()
            fitting = room(nodes, self._force.cpus, self._force.gpus)
            if NOWHERE in avoid or (fitting and not room(nodes, self._force.cpus, self._force.gpus, avoid)):
                if not len(self._crew):
                    raise EngineError(f"a worker could not start: {self._watch.reasons(now)}")
                return
        self._crew.hire(count, self._force, avoid)

    def _look_at_the_cluster(self) -> None:
        """Update how many workers fit. If the cluster had no GPUs at first and has some now, ask for GPUs."""
        if not self._survey:
            return
        latest = self._survey()
        self._fitting = latest.fitting
        if self._force.gpus or not latest.gpus:
            return
        self._force = latest
        for worker in self._crew:
            if not worker.ready:
                self._crew.let_go(worker)

    def _look_after_starts(self, now: float) -> list[str]:
        """Request a worker again that was not placed, and give up one that was placed but does not start.

        Returns a line for people, once, when repeated requests were of no use.
        """
        starting = [worker for worker in self._crew if not worker.ready]
        late = [worker for worker in starting if now - worker.asked > PLACE_SECONDS]
        if self._repeated and (not starting or any(node_of(worker.actor) for worker in starting)):
            self._repeated = 0
        has_room = bool(late) and room(free_nodes(), self._force.cpus, self._force.gpus, self._watch.set_aside(now))
        for worker in late:
            placed = node_of(worker.actor)
            if placed is None and has_room:
                self._unplaced_since = self._unplaced_since if self._repeated else worker.asked
                self._repeated += 1
                self._crew.let_go(worker)
                self._hire(1, now)
                has_room = False  # one at a time: the room may be taken now
            elif placed and now - worker.asked > START_SECONDS:
                worker.lost = TimeoutError(f"it did not start within {START_SECONDS / 60:g} minutes")
        if self._repeated < REQUESTS or self._said_unplaced:
            return []
        self._said_unplaced = True
        return [
            f"Ray has started no new worker for {now - self._unplaced_since:.0f} s, although a machine has room for "
            f"one; it was requested {self._repeated} times again, and will be every {PLACE_SECONDS:g} s. "
            "`ray status` and the logs in Ray's session folder may say why"
        ]

    def _say_what_is_awaited(self, now: float) -> list[str]:
        """A line that says, once, that no machine has room for any worker and none is starting."""
        if self._crew.ready or not len(self._crew):
            self._awaited_since = now
        if self._said_waiting or now - self._awaited_since < (WAITING_SECONDS if self._force.fitting else 0.0):
            return []
        free = free_nodes()
        if room(free, self._force.cpus, self._force.gpus) or any(node_of(worker.actor) for worker in self._crew):
            self._awaited_since = now
            return []
        self._said_waiting = True
        has = f"{sum(one.cpus for one in free):g} CPU cores and {sum(one.gpus for one in free):g} GPUs are free"
        return [f"waiting for the cluster: asked for {self._force.describe()}; {has}"]
