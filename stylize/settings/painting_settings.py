"""The settings of the auto-painter (`method: autopainter`), which colours a sketch, and `method` itself.

Those of the training of its generator have no effect where a generator is given that was trained before.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from stylize.settings.about import About, Need
from stylize.settings.conditions import unless, where
from stylize.settings.optimisation_settings import Settings
from stylize.settings.types import AdversarialKind, Method, Name, Output, Sketch, WholeNumber

MAKES_SKETCH = where("sketch", "xdog")
EMBEDDED, TRAIN = "embedded", "train"
"""Values of `generator`: the one that comes with this program, and one that is trained in the sweep."""

CARTOONS = "cartoons"
"""The value of `training_pictures` for those that code draws; any other is a folder."""

TRAINS = where("generator", TRAIN)

# They are part of a trial's id by the hash of the training (`orchestrator/plan/training.py`).
OF_TRAINING = About(method="autopainter", effect=TRAINS, named_by="file", mentioned="unless default")
OF_ADVERSARIAL = replace(OF_TRAINING, effect=TRAINS & unless("adversarial_weight", 0))


class PaintingSettings(Settings):
    """The settings of the optimisation, and those of the auto-painter."""

    method: Annotated[Method, About(method="both", mentioned="unless default")] = Field(
        default="transfer",
        description="What makes the image. transfer: an optimisation gives the content the style. autopainter: a "
        "generator colours a sketch (Liu et al. 2017), after hints of colour if there are any.",
    )
    sketch: Annotated[Sketch, About(method="autopainter", mentioned="unless default")] = Field(
        default="xdog",
        description="The sketch that is coloured. xdog: one is made of the content picture, which is then the truth "
        "that results are compared with. as-is: the content picture is a sketch.",
    )
    sketch_sigma: Annotated[
        float,
        About(method="autopainter", effect=MAKES_SKETCH, words={0.0: "long edge / 200"}, mentioned="unless default"),
    ] = Field(
        default=0.0,
        ge=0,
        le=50,
        description="σ of the sketch's finer Gaussian in pixels: larger ones give thicker and fewer lines. 0: a 200th "
        "of the long edge.",
    )
    sketch_threshold: Annotated[float, About(method="autopainter", effect=MAKES_SKETCH, mentioned="unless default")] = (
        Field(
            default=0.4,
            ge=-50,
            le=50,
            description="ε of the sketch, in pixel values (0–255): more of the picture is black with larger ones.",
        )
    )
    hints: Annotated[
        Name | None,
        About(
            method="autopainter",
            named_by="file",
            needed=(Need(unless("hints", None), "hints are given"),),
            mentioned="unless default",
        ),
    ] = Field(
        default=None,
        description="A picture with transparency, of the same aspect as the content: its opaque pixels are colours "
        "that the result should have there.",
    )
    hint_count: Annotated[WholeNumber, About(method="autopainter", mentioned="unless default", alone=True)] = Field(
        default=0,
        ge=0,
        le=10_000,
        description="Squares of colour that are taken from the content picture as hints, at places that `seed` draws.",
    )
    hint_size: Annotated[
        WholeNumber,
        About(
            method="autopainter",
            effect=unless("hint_count", 0),
            words={0: "long edge / 24"},
            mentioned="unless default",
            alone=True,
        ),
    ] = Field(
        default=0,
        ge=0,
        le=1_000,
        description="Pixels along the edge of these squares. 0: a 24th of the long edge.",
    )
    generator: Annotated[Name, About(method="autopainter", named_by="file", mentioned="unless default")] = Field(
        default=EMBEDDED,
        description="What colours the sketch: embedded; the path of a .safetensors file; or train: a generator that "
        "the sweep trains, once for all trials with the same settings of training.",
    )
    output: Annotated[Output, About(method="autopainter", mentioned="unless default")] = Field(
        default="painted",
        description="The image that is made. painted: the coloured sketch. sketch: the sketch with its hints, to "
        "compare with.",
    )

    training_pictures: Annotated[Name, OF_TRAINING] = Field(
        default=CARTOONS,
        description="What the training learns from: cartoons, which code draws, or the path of a folder with at least "
        "16 pictures, of which sketches are made.",
    )
    training_steps: Annotated[WholeNumber, OF_TRAINING] = Field(
        default=2000, ge=1, le=1_000_000, description="Steps of the training, each with one batch of sketches."
    )
    training_batch: Annotated[WholeNumber, OF_TRAINING] = Field(
        default=8, ge=1, le=64, description="Sketches in each batch of the training."
    )
    training_rate: Annotated[float, OF_TRAINING] = Field(
        default=1e-3, gt=0, le=1, description="Learning rate of the generator (Adam); the discriminator's is 0.4 of it."
    )
    training_hints: Annotated[float, OF_TRAINING] = Field(
        default=0.5, ge=0, le=1, description="The share of the training's sketches that have hints."
    )
    training_seed: Annotated[WholeNumber, OF_TRAINING] = Field(
        default=0, ge=0, lt=2**31, description="Seed of the training: of its first parameters and of its batches."
    )
    pixel_weight: Annotated[float, OF_TRAINING] = Field(
        default=100.0, ge=0, description="Training: weight of the mean absolute difference from the true colours."
    )
    feature_weight: Annotated[float, OF_TRAINING] = Field(
        default=1.0,
        ge=0,
        description="Training: weight of the mean absolute difference of responses, conv3_2 of vgg16-slim. The paper's "
        "0.01 is for VGG-16, whose responses are larger.",
    )
    adversarial_weight: Annotated[float, OF_TRAINING] = Field(
        default=1.0, ge=0, description="Training: weight of what the discriminator says. 0: there is none."
    )
    smoothness_weight: Annotated[float, OF_TRAINING] = Field(
        default=1e-4, ge=0, description="Training: weight of the total variation of what is painted."
    )
    adversarial_loss_kind: Annotated[AdversarialKind, OF_ADVERSARIAL] = Field(
        default="cross-entropy", description="Training: the adversarial loss, the paper's or the hinge."
    )

    @property
    def paints(self) -> bool:
        """Whether a generator colours a sketch; nothing is optimised then."""
        return self.method == "autopainter"

    @property
    def trains(self) -> bool:
        """Whether the generator is trained in the sweep."""
        return self.paints and self.generator == TRAIN
