"""The code that runs in a worker: a process on one GPU, or on some CPU cores, that optimises batches.

It is a Ray actor and lives as long as the sweep, so that imports, weights and targets cost time only once. The driver
makes three calls for each batch: `prepare`, `optimise` and `finish`. Each kind of call has its own thread, so that the
device works at one batch while the batch before it is finished (`finisher`) and the pictures of the next one are
brought to the device. What the driver knows about a worker is in `worker_handle`.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import socket
import threading
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import ray

from orchestrator.cluster.batch_pictures import BatchPictures
from orchestrator.cluster.device import (
    DeviceFault,
    choose_device,
    device_memory,
    device_name,
    is_device_fault,
    is_out_of_memory,
    prepare_torch,
)
from orchestrator.cluster.finisher import Failure, Finisher, Optimised, Outcome, one_line
from orchestrator.cluster.handovers import Introduction, Progress
from orchestrator.cluster.painter import Painter
from orchestrator.cluster.snapshot_writer import SnapshotWriter
from orchestrator.cluster.state_file import LostStateError
from orchestrator.errors import EngineError
from orchestrator.plan.batches import Batch, Lane
from orchestrator.versions import versions_text
from results import Run, RunError
from stylize.plugins import load_plugin

if TYPE_CHECKING:
    import torch

    from orchestrator.cluster.handovers import Materials
    from orchestrator.plan.trial import Trial
    from stylize import Network, Targets

CONCURRENCY_GROUPS = {"control": 1, "preparing": 1, "finishing": 1}
"""The actor's threads beside the one for `optimise`. The thread `control` answers `introduce` and `progress`."""


class Worker:
    """See the module. `threads`: CPU threads for torch; with a GPU they only feed it. `gpus`: the share of a GPU that
    it was given, 0 for none. `versions`: those of the driver. Raises EngineError if this machine cannot do the work.
    """

    def __init__(self, threads: int, gpus: float, versions: str) -> None:
        if versions_text() != versions:
            raise EngineError(
                f"{socket.gethostname()} has {versions_text()} and the driver has {versions}; "
                "install the same on every node"
            )
        prepare_torch(threads)
        self._device = choose_device(gpus)
        self._gpus = gpus
        self._fault = ""  # why the device can no longer be used
        self._loading = threading.Lock()
        self._targets: dict[str, Targets] = {}
        self._painter = Painter(self._device)
        self._progress: Progress | None = None
        self._pictures: dict[str, Future[BatchPictures]] = {}  # of batches that are not optimised yet, by their names
        self._outcomes: dict[str, tuple[list[Outcome], Materials]] = {}  # of batches that are not finished yet
        self._finisher = Finisher(device_name(self._device), threads)

    def introduce(self, run: str, description: str) -> Introduction:
        """The first call to a worker. `run`: where images go. `description`: the hash of its `run.json`."""
        memory = device_memory(self._device)
        return Introduction(
            node=ray.get_runtime_context().get_node_id(),
            device=device_name(self._device),
            memory=memory * min(1.0, self._gpus) if memory else None,
            trouble=_trouble_with(run, description),
        )

    def progress(self) -> Progress | None:
        """Called while `optimise` runs."""
        return self._progress

    def prepare(self, batch: Batch, materials: Materials) -> None:
        """Bring a batch's pictures to the device. An error is ignored here, because it happens again in `optimise`."""
        pictures = BatchPictures(materials)
        with contextlib.suppress(Exception):
            _load_plugins(materials)
            if not batch.paints:
                network = self._targets_of(batch.trials[0], materials).network
                for lane in batch.lanes:
                    pictures.ready(lane, network)
        self._pictures_of(batch).set_result(pictures)

    def optimise(self, batch: Batch, materials: Materials) -> None:
        """Make all steps of a batch for which `prepare` was called before; `finish` then gives its rows.

        Raises DeviceFault if the device can no longer be used, and RunError if the storage fails.
        """
        if self._fault:
            raise DeviceFault(self._fault)
        pictures = self._pictures_of(batch).result()
        del self._pictures[batch.name]
        parts = _beginning_together(batch, pictures)
        outcomes = [one for part in parts for one in self._optimise(batch.name, part, materials, pictures)]
        self._outcomes[batch.name] = outcomes, materials

    def finish(self, batch: Batch) -> list[dict[str, Any]]:
        """The rows of a batch that was optimised. Its images are written when this returns.

        Raises RunError if the storage fails.
        """
        return self._finisher.rows(*self._outcomes.pop(batch.name))

    def _pictures_of(self, batch: Batch) -> Future[BatchPictures]:
        with self._loading:
            return self._pictures.setdefault(batch.name, Future())

    def _targets_of(self, trial: Trial, materials: Materials) -> Targets:
        from stylize import PREPROCESSING, Network, Targets, architecture_named

        with self._loading:
            if trial.network not in self._targets:
                import torch

                parts = ray.get(materials.network)
                # Copied, because memory from Ray's object store must not be written to.
                parameters = {key: torch.from_numpy(value.copy()) for key, value in parts.parameters.items()}
                network: Network = Network(
                    architecture_named(trial.architecture),
                    parameters,
                    PREPROCESSING[parts.preprocessing],
                    trial.settings.pooling,
                    trial.settings.padding,
                ).to(self._device)
                self._targets[trial.network] = Targets(network)
            return self._targets[trial.network]

    def _optimise(self, name: str, batch: Batch, materials: Materials, pictures: BatchPictures) -> list[Outcome]:
        """Optimise lanes together; if that fails, in halves, down to the trial that is to blame.

        `name`: the name of the whole batch.
        """
        try:
            return self._attempt(name, batch, materials, pictures)
        except RunError:
            raise
        except Exception as error:  # an exception in a trial fails only that trial
            reason, out_of_memory, fault = one_line(error), is_out_of_memory(error), is_device_fault(error)
        # Done after the handler, because until then the error keeps the failed attempt's tensors in memory.
        if fault:
            self._fault = f"{socket.gethostname()}: {reason}"
            raise DeviceFault(self._fault)
        if out_of_memory:
            _free_memory(self._device)
        if len(batch.trials) == 1:
            return [Failure(batch.trials[0], reason)]
        return [one for half in batch.halves() for one in self._optimise(name, half, materials, pictures)]

    def _attempt(self, name: str, batch: Batch, materials: Materials, pictures: BatchPictures) -> list[Outcome]:
        """Optimise lanes together, or paint their sketches."""
        from stylize import transfer_lanes

        def on_step(step: int) -> None:
            self._progress = Progress(name, step)

        if batch.paints:
            return [self._painter.paint(trial, materials, on_step) for trial in batch.trials]
        _load_plugins(materials)
        targets = self._targets_of(batch.trials[0], materials)
        lanes = [pictures.ready(trials, targets.network) for trials in batch.lanes]
        kept = [pictures.kept(trials) for trials in batch.lanes]
        earlier = [one.snapshots if one else None for one in kept]
        with SnapshotWriter(Run(materials.run), batch.lanes, earlier) as snapshots:
            results = transfer_lanes(lanes, targets, on_step, snapshots)
        return [
            Optimised(trial, ready.lane.transfer, result, snapshots, before)
            for ready, trials, of_lane, before in zip(lanes, batch.lanes, results, kept, strict=True)
            for trial, result in zip(trials, of_lane, strict=True)
        ]


def _beginning_together(batch: Batch, pictures: BatchPictures) -> list[Batch]:
    """The batch, in two parts if the kept states of some lanes are missing or damaged: those run from the start."""
    lanes: dict[int, list[Lane]] = {}
    for lane in batch.lanes:
        first_step, found = lane[0].first_step, lane
        try:
            if lane[0].begins:
                pictures.kept(lane)
        except LostStateError:
            first_step, found = 0, tuple(replace(trial, begins=None) for trial in lane)
        lanes.setdefault(first_step, []).append(found)
    return [Batch(tuple(part)) for part in lanes.values()]


def _load_plugins(materials: Materials) -> None:
    for plugin in materials.plugins:
        load_plugin(plugin)


def _trouble_with(run: str, description: str) -> str | None:
    """Why this machine cannot work on a run: it does not see the driver's `run.json` there. None if it does."""
    try:
        same = hashlib.sha256(Run(run).read("run.json")).hexdigest() == description
        why = "" if same else f": its run.json in {run} is another one"
    except RunError as error:
        same, why = False, f": {error}"
    if same:
        return None
    return (
        f"{socket.gethostname()} does not see what the driver wrote{why}. With several machines, --out must be storage "
        "that all of them share, such as a network folder or an s3:// URL"
    )


def _free_memory(device: torch.device) -> None:
    """Free memory that nothing refers to, including reference cycles."""
    import torch

    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
