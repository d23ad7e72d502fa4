"""Finishes what a worker has optimised: measures the images, writes them to the run, and makes the rows of the trials.

A row is returned only after its image is stored. Everything here runs on the processor. On a GPU, the next batch uses
the device at the same time, and an error in one of the two cannot harm the other.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from orchestrator.cluster.painter import Painted
from orchestrator.cluster.state_file import KeptSnapshots, circumstances, write_state
from orchestrator.plan.known_row import known_row
from orchestrator.plan.settings_columns import settings_row
from results import Run, RunError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from orchestrator.cluster.handovers import Materials
    from orchestrator.cluster.snapshot_writer import SnapshotWriter
    from orchestrator.cluster.state_file import Kept
    from orchestrator.plan.trial import Trial
    from stylize import Metrics, Network, Result, Transfer

COMPRESSORS, WRITERS = 4, 8
"""Threads that compress a batch's images, and threads that write the files. An image has up to four files, so that even
the last image of a sweep costs the time of one request to a slow storage, and not of four.
"""


@dataclass(frozen=True, eq=False)
class Optimised:
    """A trial that was optimised and has to be finished. All its tensors are on the CPU."""

    trial: Trial
    transfer: Transfer
    result: Result
    snapshots: SnapshotWriter
    before: Kept | None = None  # where it went on, if it did not run from the start

    @cached_property
    def pixels(self) -> NDArray[np.uint8]:
        """The image, H×W×3. It is rounded once, for its file, its metrics and its small copies."""
        return np.asarray(self.result.pixels().numpy())


@dataclass(frozen=True)
class Failure:
    """A trial that could not be optimised, and why."""

    trial: Trial
    error: str


Outcome = Optimised | Painted | Failure
"""The result of a trial."""


class Finisher:
    """Makes rows for trials that were optimised on `device`, with so many CPU threads for torch."""

    def __init__(self, device: str, threads: int) -> None:
        self._device, self._threads = device, threads
        self._metrics: dict[str, Metrics] = {}
        self._compressors = ThreadPoolExecutor(COMPRESSORS)  # compressing an image releases the interpreter's lock
        self._writers = ThreadPoolExecutor(WRITERS)

    def rows(self, outcomes: Sequence[Outcome], materials: Materials) -> list[dict[str, Any]]:
        """The row of each trial, in order. All images are written when this returns.

        An error with one trial fails only that trial. Raises RunError if the storage fails.
        """
        run = Run(materials.run)
        images = [self._compressors.submit(self._image, run, one) for one in outcomes]
        try:
            self._look_together(outcomes)
            rows = [self._row(one, image, materials) for one, image in zip(outcomes, images, strict=True)]
            self._write_states(run, outcomes, rows)
            return rows
        finally:
            wait(images)

    def _write_states(self, run: Run, outcomes: Sequence[Outcome], rows: Sequence[dict[str, Any]]) -> None:
        """Write the states that are to be kept, and name them in their rows. Raises RunError."""
        writing = []
        for one, row in zip(outcomes, rows, strict=True):
            if isinstance(one, Optimised) and one.result.state and row["status"] == "done":
                done_in = [*(one.before.circumstances if one.before else ()), circumstances(row)]
                snapshots = None
                if row.get("kept_by"):
                    steps, hashes = tuple(row["kept_steps"]), tuple(row["kept_pixels_sha256"])
                    snapshots = KeptSnapshots(row["kept_by"], steps, hashes)
                state = one.result.state
                writing.append((row, self._writers.submit(write_state, run, one.trial.id, state, done_in, snapshots)))
        wait(future for _, future in writing)
        for row, future in writing:
            row["state_sha256"] = future.result()

    def _row(self, outcome: Outcome, image: Future[dict[str, Any]], materials: Materials) -> dict[str, Any]:
        """A trial's row. `image`: the columns about its image, which come when that is stored."""
        known = known_row(outcome.trial, materials.sha256) | {
            "device": self._device,
            "worker": f"{socket.gethostname()}/{os.getpid()}",
        }
        try:
            if isinstance(outcome, Optimised):
                row = known | self._outcome_columns(outcome)
                return row | _continued(outcome, row) | self._measured(outcome) | image.result()
            if isinstance(outcome, Painted):
                return known | self._painted_columns(outcome) | image.result()
            reason = outcome.error
        except RunError:
            raise
        except Exception as error:  # an error with one image fails only its trial
            reason = one_line(error)
        return known | {"status": "failed", "error": reason}

    def _outcome_columns(self, optimised: Optimised) -> dict[str, Any]:
        """The columns about the optimisation, and about the trial's snapshots."""
        result = optimised.result
        columns = {
            "status": "done" if result.failed_at is None else "failed",
            **result.losses,
            **{f"{loss}_by_layer": list(layers.items()) for loss, layers in result.by_layer.items()},
            "history_step": result.history.step,
            **{f"history_{loss}": curve for loss, curve in result.history.losses.items()},
            "seconds": result.seconds,
            "iterations_per_second": result.steps / result.seconds,
            "steps": result.steps,
            "arithmetic": result.arithmetic,
            "batch_width": result.batch_width,
            "tiles": result.tiles,
            "threads": self._threads,
            **optimised.snapshots.columns(optimised.trial),
        }
        if result.failed_at is not None:
            columns["error"] = (
                f"the loss was not finite at step {result.failed_at}; the image is the last good one. "
                "A lower learning_rate may help"
            )
        return columns

    def _painted_columns(self, painted: Painted) -> dict[str, Any]:
        """The columns about a painted sketch, and those of the metrics, which compare it with the truth."""
        image = _channels_first(painted.pixels)
        truth = None if painted.truth is None else _channels_first(painted.truth)
        return {
            "status": "done",
            **painted.measured,
            **painted.training,
            **self._metrics_for(painted.trial).of(image, truth, []),
            "seconds": painted.seconds,
            "steps": painted.trial.iterations,
            "arithmetic": "fp32",
            "batch_width": 1,
            "threads": self._threads,
        }

    def _measured(self, optimised: Optimised) -> dict[str, Any]:
        """The columns of the metrics."""
        image, transfer = _channels_first(optimised.pixels), optimised.transfer
        return self._metrics_for(optimised.trial).of(image, transfer.content, transfer.styles)

    def _look_together(self, outcomes: Sequence[Outcome]) -> None:
        """Let the metrics look at images of one network and size together. An error happens again with the image that
        is to blame.
        """
        groups: dict[tuple[object, ...], list[Optimised]] = {}
        for one in outcomes:
            if isinstance(one, Optimised):
                groups.setdefault((one.trial.architecture, one.result.image.shape), []).append(one)
        for group in groups.values():
            with contextlib.suppress(Exception):
                images = [_channels_first(one.pixels) for one in group]
                self._metrics_for(group[0].trial).look_together(images)

    def _metrics_for(self, trial: Trial) -> Metrics:
        """Metrics in an embedded network other than the one that a trial was optimised in."""
        from downloads import Access
        from stylize import ARCHITECTURES, PREPROCESSING, Metrics, Network
        from weights import find_weights

        name = "vgg16-slim" if trial.architecture == "vgg19-slim" else "vgg19-slim"
        if name not in self._metrics:
            architecture = ARCHITECTURES[name]
            weights = find_weights(name, None, base=Path(), access=Access(offline=True))  # comes with this package
            parameters, preprocessing = weights.load(architecture.parameter_shapes())
            network: Network = Network(architecture, parameters, PREPROCESSING[preprocessing])
            self._metrics[name] = Metrics(network)
        return self._metrics[name]

    def _image(self, run: Run, outcome: Outcome) -> dict[str, Any]:
        """Write a trial's image and its small copies, if it has one. Returns the columns about the image."""
        from PIL import Image

        from results.gallery.thumbnails import edges, write_thumbnails
        from results.run.image_file import image_file

        if isinstance(outcome, Failure):
            return {}
        copies: list[Future[None]] = []
        pixels, path = outcome.pixels, Run.image_path(outcome.trial.id)
        image = self._writers.submit(run.write, path, image_file(pixels, _settings_text(outcome.trial)))
        try:
            print_columns = self._print_file(run, outcome)
            sha256 = hashlib.sha256(np.ascontiguousarray(pixels).data).hexdigest()
            picture = Image.fromarray(pixels)
            write_thumbnails(
                lambda *file: copies.append(self._writers.submit(run.write, *file)),
                sha256,
                picture,
                edges(*picture.size),
            )
        finally:
            wait([image, *copies])
        image.result()
        for copy in copies:
            with contextlib.suppress(RunError):  # the gallery makes missing copies, and reports what it cannot write
                copy.result()
        return {"image_path": path, "pixels_sha256": sha256, **print_columns}

    @staticmethod
    def _print_file(run: Run, outcome: Optimised | Painted) -> dict[str, Any]:
        """Write the file that `print_file` asks for. Returns its columns, none if the setting asks for none."""
        kind = outcome.trial.setup.settings.print_file
        if kind == "none" or isinstance(outcome, Painted):
            return {}
        from orchestrator.cluster.print_file import file_of, suffix_of

        content = file_of(outcome.result.image, kind, _settings_text(outcome.trial))
        path = Run.print_path(outcome.trial.id, suffix_of(kind))
        run.write(path, content)
        return {"print_path": path, "print_sha256": hashlib.sha256(content).hexdigest()}


def _channels_first(pixels: NDArray[np.uint8]) -> Tensor:
    """H×W×3 pixels as the 3×H×W tensor that metrics look at."""
    import torch

    return torch.from_numpy(pixels).permute(2, 0, 1)


def _continued(optimised: Optimised, row: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that say where a trial went on."""
    begins, before = optimised.trial.begins, optimised.before
    if begins is None or before is None:
        return {}
    return {
        "continued_from": begins.trial,
        "continued_at": begins.steps,
        "continued_under": before.other_circumstances(row),
    }


def _settings_text(trial: Trial) -> str:
    """A trial's id and settings as JSON, for the files of its image."""
    settings = {name: value for name, value in settings_row(trial.settings).items() if value is not None}
    return json.dumps({"trial_id": trial.id} | settings, ensure_ascii=False, default=str)


def one_line(error: Exception) -> str:
    """The text of an error in a failed trial's row."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:500]
