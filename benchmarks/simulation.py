"""A sweep on a cluster that is not there: Ray's real processes and our real engine, on machines with GPUs that are only
said to be there, with workers that sleep where others optimise. For `benchmarks.cluster` and for tests; needs no GPU.

Everything runs on this computer, where a worker is a process that takes some seconds to start: about thirty fit.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import ray
from ray import cloudpickle

from orchestrator.cluster import crew, work
from orchestrator.cluster.handovers import Introduction, Materials, Progress
from orchestrator.cluster.status import Status
from orchestrator.describe import write_run
from orchestrator.errors import EngineError
from orchestrator.plan.batches import Batch
from orchestrator.plan.known_row import known_row
from orchestrator.plan.source import FixedPlan
from orchestrator.request import Request
from orchestrator.sweep import prepare
from results import Run, load

GRID = """\
title: Simulated
settings: {{content: astronaut, style: swirls, size: {size}, iterations: 10, architecture: squeezenet1_1,
           weights: random, content_layers: [fire3], style_layers: [conv1]}}
axes: {{ratio: [{ratios}]}}
"""


def grid_of(trials: int, size: int = 32) -> str:
    """A grid of so many trials of one kind."""
    ratios = (f"{1e-5 * (number + 1):.6g}" for number in range(trials))
    return GRID.format(ratios=", ".join(ratios), size=size)


QUICK_TO_NOTICE = {
    "health_check_initial_delay_ms": 0,
    "health_check_period_ms": 500,
    "health_check_timeout_ms": 10_000,  # a busy computer answers late; a dead machine refuses at once
    "health_check_failure_threshold": 3,
}


class Machines:
    """A cluster of a head without resources, and machines that are added and killed."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        alone = {"include_dashboard": False, "include_log_monitor": False, "no_monitor": True}
        head = {"num_cpus": 0, "_system_config": QUICK_TO_NOTICE, **alone}
        self._cluster = Cluster(initialize_head=True, head_node_args=head)
        self.nodes: list[Any] = []
        self._wanted: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    @property
    def address(self) -> str:
        """Where a driver joins it."""
        return str(self._cluster.address)

    def add(self, cpus: int, gpus: int = 0) -> Any:
        """A machine more; it has a `node_id`. From another thread than the main one, see `do_what_is_wanted`."""
        if threading.current_thread() is threading.main_thread():
            node = self._cluster.add_node(num_cpus=cpus, num_gpus=gpus)
            self.nodes.append(node)
            return node
        added: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._wanted.put(lambda: added.put(self.add(cpus, gpus)))
        return added.get(timeout=120)

    def do_what_is_wanted(self) -> None:
        """Add the machines that other threads asked for. Linux ends a machine's processes with the thread that started
        them, so this is called in the main one, again and again.
        """
        while not self._wanted.empty():
            self._wanted.get()()

    def kill(self, node: Any) -> None:
        """A machine is gone from one moment to the next."""
        self.nodes.remove(node)
        self._cluster.remove_node(node, allow_graceful=False)

    def clear(self) -> None:
        """No machine is left but the head."""
        for node in list(self.nodes):
            self.kill(node)

    def close(self) -> None:
        """The end of the cluster."""
        ray.shutdown()
        self._cluster.shutdown()  # type: ignore[no-untyped-call]


@dataclass
class Habits:
    """How sleeping workers behave; machines are named by their ids. Times are in seconds."""

    start: float = 0.0
    trial: float = 0.05
    dies: list[str] = field(default_factory=list)  # machines on which workers end while they start
    blind: list[str] = field(default_factory=list)  # machines that do not see the run's folder
    memory: dict[str, float] = field(default_factory=dict)  # bytes of a GPU; "" for any other machine
    hurry: str = ""  # as soon as this file exists, trials take no time


class SleepingWorker:
    """What a `Worker` is to the engine, without torch."""

    habits_file = ""

    def __init__(self, threads: int, gpus: float, versions: str) -> None:
        self._habits = Habits(**json.loads(Path(self.habits_file).read_text()))
        self._node = ray.get_runtime_context().get_node_id()
        self._progress: Progress | None = None
        self._materials: dict[str, Materials] = {}
        time.sleep(self._habits.start)
        if self._node in self._habits.dies:
            os._exit(1)

    def introduce(self, run: str, description: str) -> Introduction:
        """See `Worker`."""
        trouble = "it does not see what the driver wrote" if self._node in self._habits.blind else None
        return Introduction(self._node, "no GPU", self._memory(), trouble)

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not (self._habits.hurry and Path(self._habits.hurry).exists()):
            time.sleep(min(left, 0.2))

    def _memory(self) -> float | None:
        return self._habits.memory.get(self._node, self._habits.memory.get(""))

    def progress(self) -> Progress | None:
        """See `Worker`."""
        return self._progress

    def prepare(self, batch: Batch, materials: Materials) -> None:
        """See `Worker`."""

    def optimise(self, batch: Batch, materials: Materials) -> None:
        """Sleep."""
        self._materials[batch.name] = materials
        self._progress = Progress(batch.name, 0)
        self._sleep(self._habits.trial * len(batch.trials))

    def finish(self, batch: Batch) -> list[dict[str, Any]]:
        """A row for each trial."""
        materials = self._materials.pop(batch.name)
        return [
            known_row(trial, materials.sha256)
            | {
                "status": "done",
                "total_loss": 1.0,
                "history_step": list(range(20)),
                "history_total_loss": [1.0] * 20,
                "seconds": self._habits.trial,
                "batch_width": batch.width,
                "device": self._node,
                "worker": str(os.getpid()),
            }
            for trial in batch.trials
        ]


class _NoMaterials:
    """In place of weights and pictures."""

    def __init__(self, run: Run, networks: object, inputs: Any) -> None:
        self._run, self._inputs = run, inputs

    def sha256(self, trial: Any) -> dict[str, str]:
        return {reference: self._inputs.picture(reference).sha256 for reference, _ in trial.pictures}

    def of(self, batch: Batch) -> Materials:
        known: dict[str, str] = {}
        for trial in batch.trials:
            known |= self.sha256(trial)
        return Materials(self._run.url, None, {}, {}, known)  # type: ignore[arg-type]


@dataclass
class Story:
    """What happened in a simulated sweep. `devices`: rows by the machine that made them. `error`: why it ended.
    `megabytes`: the most memory that this process had until its last commit.
    """

    said: list[str] = field(default_factory=list)
    done: int = 0
    failed: int = 0
    devices: dict[str, int] = field(default_factory=dict)
    widths: dict[str, list[int]] = field(default_factory=dict)  # of batches, by machine
    error: str = ""
    seconds: float = 0.0
    megabytes: int = 0
    status: Status | None = None

    def heard(self, words: str, seconds: float = 120.0) -> None:
        """Wait until a line with these words was said."""
        self.wait(lambda: any(words in line for line in self.said), seconds)

    def wait(self, condition: Callable[[], bool], seconds: float = 120.0) -> None:
        """Wait for something, or for the end of the sweep. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"it did not come to that; said so far: {self.said}")
            time.sleep(0.05)

    def done_at_least(self, count: int) -> None:
        """Wait until so many trials are done."""
        self.wait(lambda: self.status is not None and self.status.done >= count)


def sweep(
    machines: Machines,
    trials: int,
    habits: Habits,
    meanwhile: Callable[[Story], None] | None = None,
    size: int = 32,
    **options: Any,
) -> Story:
    """Sweep so many trials of `size` pixels. `meanwhile` runs in a thread beside it; `options` are those of a
    `Request`.
    """
    story = Story()

    @contextlib.contextmanager
    def display() -> Iterator[Callable[[Status, str | None], None]]:
        def listen(status: Status, line: str | None) -> None:
            story.status = status
            machines.do_what_is_wanted()
            if line:
                story.said.append(line)

        yield listen

    with tempfile.TemporaryDirectory(prefix="simulated-") as name:
        folder = Path(name)
        (folder / "habits.json").write_text(json.dumps(vars(habits)))
        (folder / "grid.yaml").write_text(grid_of(trials, size))
        request = replace(
            Request(folder / "grid.yaml", out=str(folder / "run"), offline=True), address=machines.address, **options
        )
        plan, run = prepare(request, fetch=True)
        write_run(run, plan, request)
        beside = threading.Thread(target=meanwhile, args=(story,), daemon=True) if meanwhile else None
        started = time.monotonic()
        with _simulated(folder / "habits.json"):
            if beside:
                beside.start()
            try:
                work.work(FixedPlan(plan), run, request, {}, display(), repack=True)
            except EngineError as error:
                story.error = str(error)
        story.seconds = time.monotonic() - started
        story.megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        if beside:
            beside.join(60)
        if run.names("trials/*.parquet"):
            table = load(run.location)
            done = table[table["status"] == "done"]
            story.done, story.failed = len(done), len(table) - len(done)
            story.devices = {str(node): int(count) for node, count in done["device"].value_counts().items()}
            story.widths = {str(node): sorted(set(part["batch_width"])) for node, part in done.groupby("device")}
    return story


@contextlib.contextmanager
def _simulated(habits_file: Path) -> Iterator[None]:
    """Sleeping workers in place of real ones."""
    SleepingWorker.habits_file = str(habits_file)
    stand_ins: list[tuple[Any, str, Any]] = [
        (crew, "Worker", SleepingWorker),
        (work, "MaterialStore", _NoMaterials),
        (work, "live", lambda run: contextlib.nullcontext()),
    ]
    kept = [getattr(module, name) for module, name, _ in stand_ins]
    pickling: Any = cloudpickle
    pickling.register_pickle_by_value(sys.modules[__name__])  # workers need not find this module
    for module, name, stand_in in stand_ins:
        setattr(module, name, stand_in)
    try:
        yield
    finally:
        for (module, name, _), before in zip(stand_ins, kept, strict=True):
            setattr(module, name, before)
        pickling.unregister_pickle_by_value(sys.modules[__name__])


def connect(machines: Machines) -> None:
    """Join the cluster once, for several sweeps."""
    ray.init(address=machines.address, log_to_driver=False, logging_level=logging.CRITICAL)
