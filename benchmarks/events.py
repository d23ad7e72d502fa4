"""A sweep on a large cluster as a simulation of events, without Ray: time is a number that jumps from event to event.

The rules are the engine's own: `BatchQueue` and `DeviceBatches` say which batch is next, `takes_another` when a worker
gets it, and `after_loss` what happens to the batches of a machine that is lost. Workers, machines and storage are
stand-ins that only take time. What Ray itself does is seen with real processes in `benchmarks/simulation.py`.
"""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from orchestrator.cluster.batch_queue import BatchQueue
from orchestrator.cluster.hand_out import Load, takes_another
from orchestrator.cluster.retry import Loss, LossKind, after_loss
from orchestrator.plan.batches import Batch
from orchestrator.plan.device_batches import DeviceBatches

NEARLY_DONE = 0.95
"""As `worker_handle.NEARLY_DONE`, which cannot be imported without Ray."""


@dataclass(frozen=True)
class World:
    """What the simulated cluster is like; times in seconds.

    image: for the steps of one image. A batch takes as long as its images, times a factor with a standard deviation of
    `spread`; a share of `slow` of all batches takes twice as long on top of that.
    put: for one PUT to storage. An image has `files` files, and a worker has `writers` threads for them.
    hand_out: from a batch handed to an idle worker to its first step.
    look: the longest time between two looks of the driver at its workers. start: from a machine that joins to its
    workers. lost, joins: when one machine is lost and when another one joins, as shares of the shortest possible time.
    """

    machines: int = 8
    gpus: int = 8
    image: float = 0.3
    spread: float = 0.15
    slow: float = 0.01
    put: float = 0.1
    writers: int = 8
    files: int = 4
    hand_out: float = 0.05
    look: float = 0.5
    start: float = 5.0
    lost: float = math.inf
    joins: float = math.inf
    seed: int = 0


@dataclass(eq=False)
class Device:
    """A GPU and its worker: the batches that it optimises, in their order, and those that it finishes."""

    machine: int
    since: float
    until: float = math.inf
    ready: bool = False
    optimising: list[Batch] = field(default_factory=list)
    finishing: list[Batch] = field(default_factory=list)
    begun: float = 0.0
    ends: float = 0.0
    busy: float = 0.0

    def nearly_done(self, now: float) -> bool:
        """Whether nearly all steps of the only batch are done."""
        return len(self.optimising) == 1 and now >= self.begun + NEARLY_DONE * (self.ends - self.begun)


@dataclass(frozen=True)
class Played:
    """A sweep that was played through.

    idle: the share of the time of all devices on which no step was made, from the first batch to the last committed
    row; a device counts from when its machine is there. wasted: the share in which steps were made that were lost.
    lost: trials without a committed row. twice: trials with more than one.
    """

    batches: int
    seconds: float
    idle: float
    wasted: float
    lost: int
    twice: int


class Events:
    """One sweep."""

    def __init__(self, batches: Sequence[Batch], world: World) -> None:
        self._world, self._chance = world, random.Random(world.seed)
        self._queue = BatchQueue(batches, devices=DeviceBatches())
        self._queue.release()
        self._wanted = [trial.id for batch in batches for trial in batch.trials]
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._now = self._wasted = 0.0
        self._batches = 0
        self._devices = [Device(number // world.gpus, 0.0, ready=True) for number in range(world.machines * world.gpus)]
        self._rows: list[Batch] = []  # that the driver has and that are not being written yet
        self._writing = False
        self._committed: list[str] = []

    def play(self) -> Played:
        """From the first batch to the last committed row."""
        world = self._world
        span = len(self._wanted) * world.image / len(self._devices)
        if world.lost < math.inf:
            self._at(world.lost * span, lambda: self._lose(0))
        if world.joins < math.inf:
            self._at(world.joins * span, lambda: self._join(world.machines))
        self._at(0.0, self._look)
        while len(set(self._committed)) < len(self._wanted):
            self._now, _, happens = heapq.heappop(self._events)
            happens()
            self._hand_out()
        there = sum(min(one.until, self._now) - one.since for one in self._devices)
        busy = sum(one.busy for one in self._devices)
        lost = len(set(self._wanted) - set(self._committed))
        twice = len(self._committed) - len(set(self._committed))
        return Played(self._batches, self._now, 1 - busy / there, self._wasted / there, lost, twice)

    def _at(self, when: float, happens: Callable[[], None]) -> None:
        heapq.heappush(self._events, (when, next(self._order), happens))

    def _look(self) -> None:
        """The driver looks at its workers even if nothing happens."""
        self._at(self._now + self._world.look, self._look)

    def _hand_out(self) -> None:
        """As the engine does: idle workers first."""
        workers = [one for one in self._devices if one.ready]
        for device in sorted(workers, key=lambda one: len(one.optimising) + len(one.finishing)):
            while len(self._queue) and self._takes(device, len(workers)):
                device.optimising.append(self._queue.take(None, len(workers)))
                self._batches += 1
                if len(device.optimising) == 1:
                    self._begin(device, self._now + self._world.hand_out)

    def _takes(self, device: Device, workers: int) -> bool:
        has = [*device.finishing, *device.optimising]
        suspected = self._queue.is_next_suspected() or any(map(self._queue.is_suspected, has))
        load = Load(len(device.optimising), len(device.finishing), suspected, device.nearly_done(self._now))
        return takes_another(load, len(self._queue), workers)

    def _begin(self, device: Device, when: float) -> None:
        """Start the steps of a device's first batch."""
        world, batch = self._world, device.optimising[0]
        factor = max(0.3, self._chance.gauss(1.0, world.spread)) * (2 if self._chance.random() < world.slow else 1)
        device.begun, device.ends = when, when + batch.width * world.image * factor

        def end() -> None:
            if not device.ready or device.optimising[:1] != [batch]:
                return  # its machine was lost
            device.busy += device.ends - device.begun
            device.finishing.append(device.optimising.pop(0))
            if device.optimising:
                self._begin(device, self._now)
            self._finish_next(device, batch)

        self._at(device.ends, end)

    def _finish_next(self, device: Device, ended: Batch) -> None:
        """A worker finishes one batch at a time: it starts with the batch that ended if it finishes no other."""
        if device.finishing[0] is not ended:
            return
        puts = math.ceil(ended.width * self._world.files / self._world.writers)

        def finished() -> None:
            if not device.ready or device.finishing[:1] != [ended]:
                return
            device.finishing.pop(0)
            self._rows.append(ended)
            self._commit()
            if device.finishing:
                self._finish_next(device, device.finishing[0])

        self._at(self._now + puts * self._world.put, finished)

    def _commit(self) -> None:
        """Rows that come while a shard is being written go together into the next one."""
        if self._writing or not self._rows:
            return
        self._writing, shard, self._rows = True, self._rows, []

        def written() -> None:
            self._writing = False
            self._committed += [trial.id for batch in shard for trial in batch.trials]
            self._commit()

        self._at(self._now + self._world.put, written)

    def _lose(self, machine: int) -> None:
        """A machine is gone with its workers and everything that they had not handed over."""
        for device in self._devices:
            if device.machine != machine or not device.ready:
                continue
            device.ready, device.until = False, self._now
            if device.optimising and self._now > device.begun:
                device.busy += self._now - device.begun
                self._wasted += self._now - device.begun
            self._wasted += sum(batch.width * self._world.image for batch in device.finishing)
            suspects = [*device.finishing, *device.optimising[:1]]
            self._queue.put_back(device.optimising[1:])
            for batch in suspects:
                losses = self._queue.losses(batch)
                verdict = after_loss(batch, Loss(LossKind.NODE, "lost"), losses, finishing=batch in device.finishing)
                losses.append(LossKind.NODE)
                self._queue.put_back(verdict.again, suspected=verdict.suspected)
            device.optimising, device.finishing = [], []

    def _join(self, machine: int) -> None:
        joined = [Device(machine, self._now) for _ in range(self._world.gpus)]
        self._devices += joined

        def start() -> None:
            for device in joined:
                device.ready = True

        self._at(self._now + self._world.start, start)
