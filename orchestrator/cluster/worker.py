"""The code that runs in a worker: a process on one GPU, or on some CPU cores, that optimises batches and writes images.

It is a Ray actor and lives as long as the sweep, so that imports, weights and targets cost time only once. It writes
images to the run's storage and returns rows, which the driver then commits. It belongs to no run: each batch says where
its images go. What the driver knows about a worker is in `worker_handle`.
"""

from __future__ import annotations

import functools
import gc
import hashlib
import io
import json
import os
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import ray

from orchestrator.cluster.device import (
    DeviceFault,
    choose_device,
    device_memory,
    device_name,
    is_device_fault,
    is_out_of_memory,
    prepare_torch,
)
from orchestrator.cluster.snapshot_writer import SnapshotWriter
from orchestrator.errors import EngineError
from orchestrator.plan.known_row import known_row
from orchestrator.plan.settings_columns import settings_row
from orchestrator.versions import versions_text
from results import Run, RunError

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from orchestrator.plan.batches import Batch
    from orchestrator.plan.trial import Trial
    from stylize import Lane, Masks, Metrics, Network, Previous, Result, Targets, Transfer


WRITERS = 4
"""Threads that compress and write a batch's images."""


@dataclass(frozen=True)
class NetworkParts:
    """The parts from which a network is built, as they are in Ray's object store."""

    parameters: dict[str, NDArray[np.float32]]
    preprocessing: str


PictureKey = tuple[str, int | tuple[int, int] | None]
"""A picture's reference and the size it was scaled to; None for a label image, whose labels are kept at full size."""


@dataclass(frozen=True)
class Materials:
    """Everything a batch needs. A worker fetches a reference only if it does not have that object yet."""

    run: str  # where its images are written: the location of the sweep's run
    network: ray.ObjectRef[NetworkParts]
    pictures: dict[PictureKey, ray.ObjectRef[NDArray[Any]]]  # H×W×3 bytes, or H×W labels
    results: dict[str, ray.ObjectRef[NDArray[Any]]]  # images from which other trials start, by trial
    sha256: dict[str, str]  # of pictures, by reference


@dataclass(frozen=True)
class Progress:
    """The batch that a worker is running, and its current step."""

    batch: str
    step: int


@dataclass(frozen=True)
class Introduction:
    """What a worker tells the driver when it has started.

    memory: bytes of a GPU's memory that it may use; None without a GPU.
    trouble: why it cannot work for this run; None if it can.
    """

    node: str
    device: str
    memory: float | None
    trouble: str | None = None


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
        self._threads = threads
        self._device = choose_device(gpus)
        self._gpus = gpus
        self._fault = ""  # why the device can no longer be used
        self._targets: dict[str, Targets] = {}
        self._metrics: dict[str, Metrics] = {}
        self._progress: Progress | None = None

    def introduce(self, run: str, description: str) -> Introduction:
        """The first call to a worker. `run`: where images go. `description`: the hash of its `run.json`."""
        memory = device_memory(self._device)
        return Introduction(
            node=ray.get_runtime_context().get_node_id(),
            device=device_name(self._device),
            memory=memory * min(1.0, self._gpus) if memory else None,
            trouble=_trouble_with(run, description),
        )

    def optimise(self, batch: Batch, materials: Materials) -> list[dict[str, Any]]:
        """Optimise a batch and return its rows. Its images are written when this returns."""
        if self._fault:
            raise DeviceFault(self._fault)
        return self._optimise(batch.name, batch, materials)

    def progress(self) -> Progress | None:
        """Called while `optimise` runs, in a thread of its own."""
        return self._progress

    def _targets_of(self, trial: Trial, materials: Materials) -> Targets:
        from stylize import ARCHITECTURES, PREPROCESSING, Network, Targets

        if trial.network not in self._targets:
            import torch

            parts = ray.get(materials.network)
            # Copied, because memory from Ray's object store must not be written to.
            parameters = {key: torch.from_numpy(value.copy()) for key, value in parts.parameters.items()}
            network: Network = Network(
                ARCHITECTURES[trial.architecture],
                parameters,
                PREPROCESSING[parts.preprocessing],
                trial.settings.pooling,
                trial.settings.padding,
            ).to(self._device)
            self._targets[trial.network] = Targets(network)
        return self._targets[trial.network]

    def _optimise(self, name: str, batch: Batch, materials: Materials) -> list[dict[str, Any]]:
        """Optimise lanes together; if that fails, in halves, down to the trial that is to blame.

        `name`: the name of the whole batch. Raises DeviceFault if the device can no longer be used, and RunError if the
        storage fails.
        """
        try:
            return self._attempt(name, batch, materials)
        except RunError:
            raise
        except Exception as error:  # an exception in a trial fails only that trial
            reason, out_of_memory, fault = _one_line(error), is_out_of_memory(error), is_device_fault(error)
        # Done after the handler, because until then the error keeps the failed attempt's tensors in memory.
        if fault:
            self._fault = f"{socket.gethostname()}: {reason}"
            raise DeviceFault(self._fault)
        if out_of_memory:
            _free_memory(self._device)
        if len(batch.trials) == 1:
            return [self._row(batch.trials[0], materials) | {"status": "failed", "error": reason}]
        return [row for half in batch.halves() for row in self._optimise(name, half, materials)]

    def _attempt(self, name: str, batch: Batch, materials: Materials) -> list[dict[str, Any]]:
        """Optimise lanes together, measure and write their images, and return the rows of their trials."""
        from stylize import transfer_lanes

        def on_step(step: int) -> None:
            self._progress = Progress(name, step)

        run, pictures = Run(materials.run), _Pictures(materials)
        targets = self._targets_of(batch.trials[0], materials)
        lanes = [pictures.lane(trials) for trials in batch.lanes]
        with SnapshotWriter(run, batch.lanes) as snapshots:
            outcomes = transfer_lanes(lanes, targets, on_step, snapshots)
        metrics = self._metrics_for(batch.trials[0])
        flat = [result for of_lane in outcomes for result in of_lane]
        transfers = [lane.transfer for lane, trials in zip(lanes, batch.lanes, strict=True) for _ in trials]
        rows = [
            self._outcome_row(trial, outcome, materials)
            | metrics.of(outcome.pixels().permute(2, 0, 1), transfer.content, transfer.styles)
            | snapshots.columns(trial)
            for trial, transfer, outcome in zip(batch.trials, transfers, flat, strict=True)
        ]
        with ThreadPoolExecutor(WRITERS) as pool:  # compressing an image releases the interpreter's lock
            list(pool.map(functools.partial(_write_image, run), batch.trials, flat, rows))
        return rows

    def _metrics_for(self, trial: Trial) -> Metrics:
        """Metrics in an embedded network other than the one that a batch was optimised in."""
        from downloads import Access
        from stylize import ARCHITECTURES, PREPROCESSING, Metrics, Network
        from weights import find_weights

        name = "vgg16-slim" if trial.architecture == "vgg19-slim" else "vgg19-slim"
        if name not in self._metrics:
            architecture = ARCHITECTURES[name]
            weights = find_weights(name, None, base=Path(), access=Access(offline=True))  # comes with this package
            parameters, preprocessing = weights.load(architecture.parameter_shapes())
            network: Network = Network(architecture, parameters, PREPROCESSING[preprocessing]).to(self._device)
            self._metrics[name] = Metrics(network)
        return self._metrics[name]

    def _outcome_row(self, trial: Trial, outcome: Result, materials: Materials) -> dict[str, Any]:
        """A trial's row without its image and its metrics."""
        row = self._row(trial, materials) | {
            "status": "done" if outcome.failed_at is None else "failed",
            **outcome.losses,
            **{f"{loss}_by_layer": list(layers.items()) for loss, layers in outcome.by_layer.items()},
            "history_step": outcome.history.step,
            **{f"history_{loss}": curve for loss, curve in outcome.history.losses.items()},
            "seconds": outcome.seconds,
            "iterations_per_second": outcome.steps / outcome.seconds,
            "steps": outcome.steps,
            "arithmetic": outcome.arithmetic,
            "batch_width": outcome.batch_width,
            "threads": self._threads,
        }
        if outcome.failed_at is not None:
            row["error"] = (
                f"the loss was not finite at step {outcome.failed_at}; the image is the last good one. "
                "A lower learning_rate may help"
            )
        return row

    def _row(self, trial: Trial, materials: Materials) -> dict[str, Any]:
        return known_row(trial, materials.sha256) | {
            "device": device_name(self._device),
            "worker": f"{socket.gethostname()}/{os.getpid()}",
        }


class _Pictures:
    """A batch's pictures as tensors, one for each."""

    def __init__(self, materials: Materials) -> None:
        self._materials = materials
        self._tensors: dict[PictureKey, torch.Tensor] = {}

    def lane(self, trials: Sequence[Trial]) -> Lane:
        """A lane in the form that `stylize` takes."""
        from stylize import Lane

        ends = tuple(trial.iterations for trial in trials)
        return Lane(self._transfer(max(trials, key=lambda trial: trial.iterations)), ends)

    def _transfer(self, trial: Trial) -> Transfer:
        """A trial in the form that `stylize` takes."""
        import torch

        from stylize import Settings, Transfer

        given = trial.settings
        values = {name: getattr(given, name) for name in Settings.model_fields}
        previous = self._previous(trial)
        style_size = given.style_size
        content = self._picture(trial.content, given.size) if trial.content else None
        start = self._picture(trial.start, (trial.width, trial.height)) if trial.start else None
        if previous and content is not None and given.frame_start == "warped":
            # Newly visible parts have no result yet: there the warped image shows what hid them before.
            known = previous.known.bool()
            values["init"], start = "image", torch.where(known, previous.warped, content)
        settings = Settings.model_construct(**values)
        style = self._picture(trial.style, style_size) if trial.style else None
        return Transfer(
            content=content,
            style=style,
            settings=settings,
            blend=tuple((self._picture(picture, style_size), share) for picture, share in trial.blend),
            start=start,
            masks=self._masks(trial, content, style) if content is not None and style is not None else None,
            previous=previous,
        )

    def _previous(self, trial: Trial) -> Previous | None:
        """The result of the frame before, warped along the optical flow to this frame."""
        import torch

        from pictures.flow import optical_flow, reliable, warped
        from stylize import Previous

        if not (trial.after and trial.frame_before and trial.content):
            return None
        size = trial.settings.size
        now, before = (ray.get(self._materials.pictures[one, size]) for one in (trial.content, trial.frame_before))
        back = optical_flow(now, before)
        image = torch.from_numpy(warped(ray.get(self._materials.results[trial.after]), back)).permute(2, 0, 1)
        return Previous(image.float(), torch.from_numpy(reliable(back, optical_flow(before, now))).float())

    def _masks(self, trial: Trial, content: torch.Tensor, style: torch.Tensor) -> Masks | None:
        import torch

        from stylize import Masks

        if trial.masks is None:
            return None
        of_content, of_style = (
            torch.from_numpy(ray.get(self._materials.pictures[mask, None]).copy()) for mask in trial.masks
        )
        return Masks(of_content, of_style).resized(content.shape[1:], style.shape[1:])

    def _picture(self, reference: str, size: int | tuple[int, int]) -> torch.Tensor:
        import torch

        key = reference, size
        if key not in self._tensors:
            self._tensors[key] = torch.from_numpy(ray.get(self._materials.pictures[key]).copy()).permute(2, 0, 1)
        return self._tensors[key]


def _write_image(run: Run, trial: Trial, outcome: Result, row: dict[str, Any]) -> None:
    """Write a trial's image, and note its path and hashes in the trial's row."""
    pixels = outcome.pixels().numpy()
    row["pixels_sha256"] = hashlib.sha256(pixels.tobytes()).hexdigest()
    row["image_path"] = Run.image_path(trial.id)
    run.write(row["image_path"], _png(pixels, trial))


def _png(pixels: NDArray[np.uint8], trial: Trial) -> bytes:
    """A PNG with its trial's settings in a text chunk, so that they are known even if the table is lost."""
    from PIL import Image, PngImagePlugin

    chunk = PngImagePlugin.PngInfo()
    settings = {name: value for name, value in settings_row(trial.settings).items() if value is not None}
    chunk.add_itxt("sweep", json.dumps({"trial_id": trial.id} | settings, ensure_ascii=False, default=str))
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", pnginfo=chunk)
    return buffer.getvalue()


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


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:500]
