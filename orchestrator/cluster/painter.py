"""Paints the sketches of a batch, one after another, so that no image depends on its batch.

The generator and the pictures come from Ray's object store. What painting is, is in `autopaint`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ray

from orchestrator.cluster.trainer import Order, trained
from results import Run

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

    from autopaint.networks import Generator
    from orchestrator.cluster.handovers import Materials
    from orchestrator.plan.trial import Trial


@dataclass(frozen=True, eq=False)
class Painted:
    """A trial whose sketch was painted and which has to be finished.

    pixels: H×W×3 bytes. truth: the picture that the sketch was made of, H×W×3; None if the content is a sketch only.
    """

    trial: Trial
    pixels: NDArray[np.uint8]
    truth: NDArray[np.uint8] | None
    measured: dict[str, float | None]
    seconds: float
    training: dict[str, Any]


class Painter:
    """Keeps the generators on the device. One thread at a time may use it."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._generators: dict[str, Generator] = {}
        self._columns: dict[str, dict[str, Any]] = {}  # about trainings, by network
        self._failed: dict[str, str] = {}  # trainings, and why

    def paint(self, trial: Trial, materials: Materials, on_step: Callable[[int], None]) -> Painted:
        """Paint a trial's sketch. Raises SketchError for a content of which there is no sketch, and what a training
        raises. on_step: called at each step of a training.
        """
        from autopaint.painting import given, paint

        generator = self._generator(trial, materials, on_step)
        settings = trial.settings
        began = time.perf_counter()
        assert trial.content
        content = ray.get(materials.pictures[trial.content, settings.size])
        hints = ray.get(materials.pictures[trial.hints, None]) if trial.hints else None
        one = given(content, hints, settings)
        found = paint(generator, one, settings)
        seconds = time.perf_counter() - began
        training = self._columns.get(trial.network, {})
        notes = [note for note in (one.note, training.get("painting_note")) if note]
        training = {**training, "painting_note": "; ".join(notes) or None}
        return Painted(trial, found.pixels, one.truth, found.measured, seconds, training)

    def _generator(self, trial: Trial, materials: Materials, on_step: Callable[[int], None]) -> Generator:
        if trial.trains:
            return self._trained(trial, materials, on_step)
        if trial.network not in self._generators:
            import torch

            from autopaint.export import generator_of

            parts = ray.get(materials.network)
            parameters = {key: torch.from_numpy(value.copy()) for key, value in parts.parameters.items()}
            self._generators[trial.network] = generator_of(parameters).to(self._device)
        return self._generators[trial.network]

    def _trained(self, trial: Trial, materials: Materials, on_step: Callable[[int], None]) -> Generator:
        network = trial.network
        if network in self._failed:
            raise FloatingPointError(self._failed[network])
        if network not in self._generators:
            parts = ray.get(materials.network)
            pictures = ray.get(materials.training) if materials.training else None
            order = Order(trial.settings, trial.weights_sha256, parts, self._device, pictures)
            try:
                found = trained(Run(materials.run), order, on_step)
            except FloatingPointError as error:
                self._failed[network] = str(error)
                raise
            self._generators[network], self._columns[network] = found.generator, found.columns
        return self._generators[network]
