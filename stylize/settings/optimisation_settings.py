"""The settings of the optimisation of one image: its start, its steps and what is kept of them. Those of its losses are
in `loss_settings`, those of pictures and networks in `picture_and_network_settings`.

Nothing here imports torch, so that grids are checked fast.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stylize import registry
from stylize.settings.about import About
from stylize.settings.conditions import AFTER_FRAME, chooses, unless, where
from stylize.settings.loss_settings import LossSettings
from stylize.settings.types import (
    Betas,
    Checkpointing,
    Decay,
    InitialImage,
    Optimizer,
    Precision,
    Pyramid,
    WholeNumber,
)

# Conditions under which several settings have an effect.
TRANSFERS = where("method", "transfer")
PAINTS = where("method", "autopainter")
OWN_START = unless(AFTER_FRAME, True) | unless("frame_start", "warped")
DRAWS_NOISE = OWN_START & chooses("init", registry.INITIAL_IMAGES, lambda image: image.draws_noise)
DRAWS_CHANCE = (TRANSFERS & DRAWS_NOISE) | (PAINTS & unless("hint_count", 0))
IS_ADAM = unless("optimizer", "lbfgs")
DECAYS = IS_ADAM & unless("decay", "none")


class Settings(LossSettings):
    """How one image is optimised.

    Raises pydantic.ValidationError, whose messages name the setting.
    """

    iterations: Annotated[
        WholeNumber,
        About(
            also_called=("steps", "num_steps", "epochs", "max_iter"),
            alone=True,
        ),
    ] = Field(default=500, ge=1, le=1_000_000, description="Optimisation steps.")
    init: Annotated[
        InitialImage,
        About(
            also_called=("initial_image", "start"),
            title="initial image",
            effect=OWN_START,
        ),
    ] = Field(
        default="content",
        description="The initial image: the content picture, truncated normal noise around the mean pixel, the "
        "style picture, a mix of content and noise (noise_share), or any other image.",
    )
    noise_share: Annotated[float, About(effect=OWN_START & where("init", "mix"), alone=True)] = Field(
        default=0.5, gt=0, lt=1, description="The share of noise in init: mix."
    )
    noise_deviation: Annotated[float, About(effect=DRAWS_NOISE, alone=True)] = Field(
        default=20.0,
        gt=0,
        le=255,
        description="Standard deviation of the noise in pixel values.",
    )
    seed: Annotated[WholeNumber, About(method="both", effect=DRAWS_CHANCE, alone=True)] = Field(
        default=0,
        ge=0,
        lt=2**63,
        description="Seed of the noise in the initial image; for the auto-painter, of the places of its hints.",
    )
    optimizer: Annotated[
        Optimizer,
        About(
            also_called=("optimiser",),
            mentioned="unless default",
        ),
    ] = Field(
        default="adam",
        description="adam, or lbfgs: with a strong-Wolfe line search and a memory of 20; it "
        "needs fewer steps, takes learning_rate as the size of its first change, and no decay.",
    )
    betas: Annotated[Betas, About(effect=IS_ADAM, mentioned="unless default", alone=True)] = Field(
        default=(0.9, 0.999), description="adam: decay rates of the running means of the gradient and of its square."
    )
    learning_rate: Annotated[
        float,
        About(
            also_called=("lr", "rate", "step_size"),
            alone=True,
        ),
    ] = Field(default=8.0, gt=0, description="Initial learning rate, in pixel values (0–255) per step.")
    pyramid: Annotated[Pyramid, About()] = Field(
        default=(),
        description="Long edges, in pixels, at which the image is optimised first, coarse to fine: [128, 256]. Each "
        "level and the full size get an equal share of the iterations.",
    )
    plateau: Annotated[float, About(mentioned="unless default", alone=True)] = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="Stop when the total loss has fallen by less than this fraction in the last 50 steps. 0: never.",
    )
    checkpointing: Annotated[Checkpointing, About(named_by="nothing", mentioned="never")] = Field(
        default="auto",
        description="Whether responses are computed again in the backward pass, block by block, instead of being "
        "kept: a third more time, less memory, the same result. auto: if they would not fit.",
    )
    decay: Annotated[Decay, About(effect=IS_ADAM, alone=True)] = Field(
        default="staircase",
        description="Learning rate at step t. exponential: rate·r^(t/s). staircase: rate·r^floor(t/s). "
        "inverse_time: rate/(1 + r·t/s). cosine: from rate to rate·r along half a cosine, and again every s steps, "
        "such as at each level of a pyramid. r is decay_rate, s is decay_steps.",
    )
    decay_rate: Annotated[float, About(effect=DECAYS, alone=True)] = Field(
        default=0.94, gt=0, description="r in the decay."
    )
    decay_steps: Annotated[WholeNumber, About(effect=DECAYS, alone=True)] = Field(
        default=100, ge=1, lt=2**63, description="s in the decay, in steps."
    )
    precision: Annotated[Precision, About(mentioned="unless default")] = Field(
        default="auto",
        description="Arithmetic of the convolutions: auto is bf16 if the hardware multiplies it, else tf32 or fp32; "
        "each row says which was used. Gram matrices, losses, image and optimiser are always fp32, and so are the "
        "losses that are reported at the end.",
    )
    history_every: Annotated[WholeNumber, About(mentioned="never")] = Field(
        default=10, ge=1, lt=2**63, description="Number of steps between two records of the losses."
    )
    frames_every: Annotated[WholeNumber, About(named_by="nothing", mentioned="never")] = Field(
        default=0,
        ge=0,
        lt=2**63,
        description="Number of steps between two snapshots of the image, for `sweep animate`. 0: no snapshots. The "
        "result is the same.",
    )

    @property
    def shared_in_batch(self) -> tuple[object, ...]:
        """What the optimisations of a batch must share, apart from network, image shape and number of iterations."""
        return (
            self.history_every,
            self.precision,
            self.optimizer,
            self.pyramid,
            self.checkpointing,
            self.matting_from if self.matting_weight else 0.0,
        )

    @property
    def trajectory(self) -> dict[str, object]:
        """The settings that determine the course of the optimisation, by name. Equal for settings that describe the
        same optimisation and end it at different steps.

        A pyramid and two stages are spread over all iterations, so such optimisations are never the same.
        """
        return {name: value for name, value in self.__dict__.items() if name != "iterations" or not self.can_continue}

    @property
    def can_continue(self) -> bool:
        """Whether the same optimisation with more `iterations` would begin with the same steps."""
        return not (self.pyramid or (self.matting_weight and self.matting_from))
