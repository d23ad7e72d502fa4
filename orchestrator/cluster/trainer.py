"""Trains the generator that the trials of a batch share, or reads the one that was trained for them before.

A training leaves `generators/<hash>.safetensors` in the run, and beside it what is known of it as JSON. On its way it
leaves a checkpoint there every minute, from which it goes on after a crash, on whatever worker.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from results import Run
from results.run.storage import GENERATORS
from stylize import registry

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray
    from torch import Tensor

    from autopaint.networks import Generator
    from autopaint.objective import Features
    from autopaint.training import Training
    from orchestrator.cluster.handovers import NetworkParts
    from stylize.settings import TrialSettings

CARTOONS, CARTOON_EDGE = 800, 128
"""How many cartoons a training draws at most, and their size; that takes about 6 s."""

CHECKPOINT_SECONDS = 60.0
RECORD_EVERY = 10
"""Steps over which losses are averaged for a point of their curves."""

WON, POINTS_WON = 0.05, 20
"""The discriminator has won if its loss is below this for so many points of its curve, which are 200 steps."""

LAST = 10
"""Points of the curves over which the losses in a row are averaged: the last 100 steps."""


@dataclass(frozen=True, eq=False)
class Trained:
    """A generator that is ready to paint, and the columns about its training."""

    generator: Generator
    columns: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Order:
    """A training that is wanted. name: its hash. parts: the network of its feature loss. pictures: h×w×3, which it
    learns from; None: it draws cartoons.
    """

    settings: TrialSettings
    name: str
    parts: NetworkParts
    device: torch.device
    pictures: list[NDArray[np.uint8]] | None = None


def trained(run: Run, order: Order, on_step: Callable[[int], None]) -> Trained:
    """The generator of a training. on_step: called before each of its steps.

    Raises FloatingPointError if a loss is not finite; the last checkpoint stays. Raises RunError if the storage fails.
    """
    file, facts = (f"{GENERATORS}/{order.name}.{suffix}" for suffix in ("safetensors", "json"))
    if not run.exists(file):
        _train(run, order, on_step)
    content = run.read(file)
    return Trained(_generator(content).to(order.device), _columns(json.loads(run.read(facts)), content))


def _train(run: Run, order: Order, on_step: Callable[[int], None]) -> None:
    from safetensors.torch import save

    place = f"{GENERATORS}/{order.name}"
    training = _training(order)
    checkpoint = f"{place}.checkpoint"
    curves: dict[str, list[float]] = {}
    before = 0.0
    if run.exists(checkpoint):
        notes = training.resume(run.read(checkpoint))
        curves, before = json.loads(notes["curves"]), float(notes["seconds"])
    began = saved = time.monotonic()
    sums: dict[str, float] = {}
    while training.steps < order.settings.training_steps:
        on_step(training.steps)
        for loss, value in training.step().items():
            sums[loss] = sums.get(loss, 0.0) + value / RECORD_EVERY
        if training.steps % RECORD_EVERY:
            continue
        for loss, mean in sums.items():
            curves.setdefault(loss, []).append(mean)
        sums.clear()
        if time.monotonic() - saved > CHECKPOINT_SECONDS:
            seconds = before + time.monotonic() - began
            run.write(checkpoint, training.state({"curves": json.dumps(curves), "seconds": str(seconds)}))
            saved = time.monotonic()
    facts = {"curves": curves, "seconds": before + time.monotonic() - began, "steps": training.steps}
    run.write(f"{place}.json", json.dumps(facts).encode())
    parameters = {key: value.cpu().contiguous() for key, value in training.averaged.state_dict().items()}
    run.write(f"{place}.safetensors", save(parameters, metadata={"architecture": "autopainter"}))
    run.remove([checkpoint])


def _training(order: Order) -> Training:
    from autopaint.examples import Examples
    from autopaint.training import Recipe, Training
    from pictures.cartoons import cartoon

    settings = order.settings
    recipe = Recipe(
        pixel_weight=settings.pixel_weight,
        feature_weight=settings.feature_weight,
        adversarial_weight=settings.adversarial_weight,
        smoothness_weight=settings.smoothness_weight,
        adversarial_loss_kind=settings.adversarial_loss_kind,
        rate=settings.training_rate,
        seed=settings.training_seed,
    )
    count = 0 if order.pictures else min(CARTOONS, settings.training_steps * settings.training_batch)
    bank = [cartoon(number, (CARTOON_EDGE, CARTOON_EDGE)) for number in range(count)]
    batch, hinted = settings.training_batch, settings.training_hints
    examples = Examples(bank, order.pictures or [], batch, hinted, settings.training_seed)
    features = _features(order.parts, order.device) if settings.feature_weight else None
    return Training(recipe, examples, features, str(order.device))


def _features(parts: NetworkParts, device: torch.device) -> Features:
    import torch

    from stylize import ARCHITECTURES, PREPROCESSING, Network

    parameters = {key: torch.from_numpy(value.copy()) for key, value in parts.parameters.items()}
    network: Network = Network(ARCHITECTURES["vgg16-slim"], parameters, PREPROCESSING[parts.preprocessing]).to(device)

    def features(pictures: Tensor) -> Tensor:
        responses: Mapping[str, Tensor] = network(pictures, ["conv3_2"])
        return responses["conv3_2"]

    return features


def _generator(content: bytes) -> Generator:
    from safetensors.torch import load

    from autopaint.export import generator_of

    return generator_of(load(content))


def _note(discriminator: Sequence[float]) -> str | None:
    """What to know of a training whose discriminator has this curve."""
    low = 0
    for point, loss in enumerate(discriminator, start=1):
        low = low + 1 if loss < WON else 0
        if low == POINTS_WON:
            return (
                f"the discriminator had won at step {RECORD_EVERY * point}: its loss was below {WON} for "
                f"{RECORD_EVERY * POINTS_WON} steps, and taught the generator little"
            )
    return None


def _columns(facts: Mapping[str, Any], content: bytes) -> dict[str, Any]:
    """The columns of a row about a training. Its curves take the place of those of an optimisation."""
    curves: dict[str, list[float]] = facts["curves"]
    points = max(map(len, curves.values()), default=0)
    nothing: list[float | None] = [None] * points
    of_transfers = {f"history_{loss}": nothing for loss in registry.curves()}
    of_training = {f"history_{loss}": curves.get(loss, nothing) for loss in registry.TRAINING_LOSSES}
    means = {loss: sum(curve[-LAST:]) / len(curve[-LAST:]) for loss, curve in curves.items() if curve}
    return {
        **means,
        "history_step": [RECORD_EVERY * (point + 1) for point in range(points)],
        **of_transfers,
        **of_training,
        "training_seconds": facts["seconds"],
        "painting_note": _note(curves.get("discriminator_loss", [])),
        "generator_sha256": hashlib.sha256(content).hexdigest(),
    }
