"""Trains the embedded generator of the auto-painter, and writes it as fp16.

python -m weights.training.autopainter --checkpoint /tmp/autopainter.checkpoint
It can be stopped at any time and goes on from its checkpoint, which is written every minute.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import torch
import typer
from torch import Tensor

from autopaint.examples import Examples
from autopaint.export import export
from autopaint.objective import Features
from autopaint.training import Recipe, Training
from pictures.cartoons import cartoon
from stylize import ARCHITECTURES, PREPROCESSING, Network
from weights import find_weights
from weights.training.data import photograph

CARTOONS, CARTOON_EDGE = 1600, 128
PHOTOGRAPHS = ("astronaut", "hubble_deep_field", "immunohistochemistry", "retina", "rocket")
"""Of scikit-image's colour photographs with a clear licence; chelsea and coffee are kept for measuring."""


@dataclass(frozen=True)
class Phase:
    """A part of the training, until so many steps are done. hinted: the share of examples with hints."""

    until: int
    recipe: Recipe
    hinted: float


FIRST = Recipe(
    pixel_weight=50.0,
    feature_weight=1.0,
    adversarial_weight=0.5,
    smoothness_weight=0.0,
    adversarial_loss_kind="hinge",
    rate=1e-3,
    seed=1,
    bf16=True,
)
PHASES = (
    Phase(600, FIRST, 0.6),
    # Hints work by then. What colours things have without hints takes longer, and goes a third faster without a
    # discriminator.
    Phase(2200, replace(FIRST, adversarial_weight=0.0, coarse_weight=1.0), 0.4),
    Phase(1_000_000, replace(FIRST, coarse_weight=1.0), 0.5),
)
BATCH = 12
OUT = Path(__file__).parents[1] / "autopainter.safetensors"
CHECKPOINT_SECONDS = 60.0
REPORT_EVERY = 100


def slim_features(layer: str = "conv3_2") -> Features:
    """Responses of a layer of the embedded `vgg16-slim`."""
    architecture = ARCHITECTURES["vgg16-slim"]
    parameters, preprocessing = find_weights("vgg16-slim", None, base=Path()).load(architecture.parameter_shapes())
    network: Network = Network(architecture, parameters, PREPROCESSING[preprocessing], "average")

    def features(pictures: Tensor) -> Tensor:
        responses: Mapping[str, Tensor] = network(pictures, [layer])
        return responses[layer]

    return features


def main(
    out: Annotated[Path, typer.Option(help="The file to write.")] = OUT,
    steps: Annotated[int, typer.Option(min=1, help="Training steps.")] = 4766,
    checkpoint: Annotated[Path, typer.Option(help="Where the training goes on from.")] = Path("autopainter.checkpoint"),
    cartoons: Annotated[int, typer.Option(min=1, help="How many cartoons are drawn.")] = CARTOONS,
) -> None:
    """Train the generator of the auto-painter."""
    torch.set_num_threads(1)
    start = time.process_time()
    bank = [cartoon(number, (CARTOON_EDGE, CARTOON_EDGE)) for number in range(cartoons)]
    photographs = [(255 * photograph(name)).round().astype("uint8") for name in PHOTOGRAPHS]
    examples = Examples(bank, photographs, BATCH, PHASES[0].hinted, FIRST.seed)
    training = Training(FIRST, examples, slim_features())
    if checkpoint.exists():
        training.resume(checkpoint.read_bytes())
    saved, sums = time.monotonic(), dict[str, float]()
    while training.steps < steps:
        phase = next(one for one in PHASES if training.steps < one.until)
        training.recipe, examples.hinted = phase.recipe, phase.hinted
        for name, loss in training.step().items():
            sums[name] = sums.get(name, 0.0) + loss / REPORT_EVERY
        if training.steps % REPORT_EVERY == 0:
            values = ", ".join(f"{name} {value:.4f}" for name, value in sums.items())
            typer.echo(f"step {training.steps} of {steps}, {time.process_time() - start:.0f} s: {values}")
            sums.clear()
        if time.monotonic() - saved > CHECKPOINT_SECONDS or training.steps == steps:
            part = checkpoint.with_name(f"{checkpoint.name}.part")  # so that the checkpoint is always whole
            part.write_bytes(training.state())
            part.replace(checkpoint)
            saved = time.monotonic()
    notes = {"seed": str(FIRST.seed), "steps": str(steps)}
    export(training.averaged, out, notes)
    typer.echo(out)


if __name__ == "__main__":
    typer.run(main)
