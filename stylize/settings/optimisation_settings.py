"""The settings of the optimisation of one image. Settings of pictures and networks are in
`picture_and_network_settings`.

Nothing here imports torch, so that grids are checked fast.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from stylize import registry
from stylize.errors import SettingsError
from stylize.network.architecture import Architecture
from stylize.network.pixels import PIXELS
from stylize.settings.about import About, Weights
from stylize.settings.conditions import AFTER_FRAME, chooses, unless, where
from stylize.settings.types import (
    Betas,
    Checkpointing,
    Colour,
    ContentLayers,
    ContentRepresentation,
    Decay,
    InitialImage,
    LayerWeight,
    Optimizer,
    Precision,
    Pyramid,
    Rotations,
    Scales,
    StyleLayers,
    StyleRepresentation,
    WholeNumber,
    even_content_layers,
    even_style_layers,
)

# Conditions under which several settings have an effect.
TRANSFERS = where("method", "transfer")
PAINTS = where("method", "autopainter")
HAS_ALPHA = unless("ratio", 0)
HAS_BETA = unless("ratio", math.inf)
USES_CONTENT = HAS_ALPHA & unless("content_layers", ())
USES_STYLE = HAS_BETA & unless("style_layers", ())
USES_DIRECTIONS = USES_STYLE & where("style_representation", "sliced-wasserstein")
USES_PATCHES = USES_STYLE & where("style_representation", "mrf")
FOLLOWS = where(AFTER_FRAME, True)
OWN_START = unless(AFTER_FRAME, True) | unless("frame_start", "warped")
DRAWS_NOISE = OWN_START & chooses("init", registry.INITIAL_IMAGES, lambda image: image.draws_noise)
DRAWS_CHANCE = (TRANSFERS & DRAWS_NOISE) | (PAINTS & unless("hint_count", 0))
IS_ADAM = unless("optimizer", "lbfgs")
DECAYS = IS_ADAM & unless("decay", "none")

CONTENT_WEIGHTS = Weights("content_layer_weights", equal_is_usual=True)
STYLE_WEIGHTS = Weights("style_layer_weights", equal_is_usual=True)


class Settings(BaseModel):
    """How one image is optimised. Pixels run from 0 to 255; docs/methods.md has the formulas of the losses.

    Raises pydantic.ValidationError, whose messages name the setting.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    content_layers: Annotated[ContentLayers, About(effect=HAS_ALPHA, weights=CONTENT_WEIGHTS)] = Field(
        default=None,
        description="Layers of the content loss: a list (each has the weight 1), or a mapping layer → weight. "
        "[] means style only.",
    )
    content_representation: Annotated[ContentRepresentation, About(effect=USES_CONTENT, mentioned="unless default")] = (
        Field(
            default="responses",
            description="How contents are compared: by the squared differences of responses (Gatys), or as a plugin "
            "says.",
        )
    )
    style_layers: Annotated[
        StyleLayers,
        About(
            also_called=("layers",),
            effect=HAS_BETA,
            weights=STYLE_WEIGHTS,
        ),
    ] = Field(
        default=None,
        description="Layers of the style loss: a list (each of n has the weight 1/n), or a mapping layer → weight. "
        "[] means content only.",
    )
    ratio: Annotated[
        float,
        About(
            title="α/β",
            also_called=("alpha", "beta", "alpha_beta", "alpha/beta", "α/β", "content_weight", "style_weight"),
            words={0.0: "style only", math.inf: "content only"},
            alone=True,
        ),
    ] = Field(
        default=1e-3,
        ge=0,
        allow_inf_nan=True,
        description="α/β, the weight of content divided by that of style: α = 1, β = 1/ratio. 0: style only. .inf: "
        "content only.",
    )
    style_representation: Annotated[StyleRepresentation, About(effect=USES_STYLE, mentioned="unless default")] = Field(
        default="gram",
        description="How styles are compared: by Gram matrices (Gatys), by mean and variance of each channel, by the "
        "Wasserstein distance of normal distributions, by that of whole distributions along many directions (sliced), "
        "patch by patch (CNNMRF), or by nearest neighbours of hypercolumns (NNST).",
    )
    sliced_directions: Annotated[
        WholeNumber, About(effect=USES_DIRECTIONS, words={0: "one for each channel"}, mentioned="unless default")
    ] = Field(
        default=0,
        ge=0,
        le=4096,
        description="sliced-wasserstein: directions along which responses are compared. 0: one for each channel.",
    )
    sliced_power: Annotated[WholeNumber, About(effect=USES_DIRECTIONS, mentioned="unless default")] = Field(
        default=2,
        ge=1,
        le=2,
        description="sliced-wasserstein: the power of the differences. 2: squares. 1: absolute values, which weigh "
        "small differences more; they suit patches of pixels.",
    )
    mrf_stride: Annotated[WholeNumber, About(effect=USES_PATCHES)] = Field(
        default=1, ge=1, le=64, description="mrf: positions from one patch to the next."
    )
    mrf_rotations: Annotated[Rotations, About(effect=USES_PATCHES)] = Field(
        default=(-15.0, -7.5, 0.0, 7.5, 15.0),
        description="mrf: degrees by which the style picture is turned to give more patches.",
    )
    mrf_scales: Annotated[Scales, About(effect=USES_PATCHES)] = Field(
        default=(0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15),
        description="mrf: factors by which the style picture is resized to give more patches.",
    )
    colour: Annotated[
        Colour,
        About(
            also_called=("color", "preserve_colors", "original_colors"),
            mentioned="unless default",
        ),
    ] = Field(
        default="style",
        description="The colours of the result. style: those of the painting. match-…: the painting is first given the "
        "photograph's mean colour and covariance. luminance: only brightness is painted, colours are kept.",
    )
    matting_weight: Annotated[float, About(mentioned="unless default")] = Field(
        default=0.0,
        ge=0,
        description="λ, weight of the matting loss, which keeps results photorealistic.",
    )
    matting_from: Annotated[float, About(effect=unless("matting_weight", 0))] = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="Fraction of the iterations run before the matting loss is switched on. 0.5 is the two-stage "
        "method of Luan et al.",
    )
    temporal_weight: Annotated[float, About(effect=FOLLOWS, mentioned="unless default")] = Field(
        default=0.0,
        ge=0,
        description="For frames of a clip: γ, weight of the mean squared difference to the result of the frame before, "
        "warped along the optical flow (Ruder et al.).",
    )
    tv_weight: Annotated[
        float,
        About(
            also_called=("tv", "total_variation", "total_variation_weight"),
            title="total variation weight",
            mentioned="unless default",
            alone=True,
        ),
    ] = Field(default=0.0, ge=0, description="Weight of the total variation of the image, 0 by default.")
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
    def alpha(self) -> float:
        """Weight of the content loss in the total."""
        return 0.0 if self.ratio == 0 else 1.0

    @property
    def beta(self) -> float:
        """Weight of the style loss in the total."""
        if self.ratio == 0:
            return 1.0
        return 0.0 if math.isinf(self.ratio) else 1.0 / self.ratio

    @property
    def uses_content(self) -> bool:
        """Whether the content picture is used in the loss."""
        return bool(USES_CONTENT.holds(self.__dict__))

    @property
    def uses_style(self) -> bool:
        """Whether the style picture is used in the loss."""
        return bool(USES_STYLE.holds(self.__dict__))

    @property
    def active_content_layers(self) -> tuple[LayerWeight, ...]:
        """The content layers in the loss: none if α is 0."""
        return (self.content_layers or ()) if self.uses_content else ()

    @property
    def active_style_layers(self) -> tuple[LayerWeight, ...]:
        """The style layers in the loss: none if β is 0."""
        return (self.style_layers or ()) if self.uses_style else ()

    @property
    def active_layers(self) -> set[str]:
        """Names of all layers whose responses the loss needs."""
        return {layer for layer, _ in self.active_content_layers + self.active_style_layers}

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

    def check_something_to_optimise(self) -> None:
        """Raises SettingsError where neither content nor style has a part in the loss."""
        if not (self.uses_content or self.uses_style):
            raise SettingsError("neither content nor style has a part in the loss: give content_layers or style_layers")

    @model_validator(mode="after")
    def _check_something_to_optimise(self) -> Self:
        self.check_something_to_optimise()
        return self

    def for_architecture(self, architecture: Architecture) -> Self:
        """These settings with the architecture's default layers filled in.

        Raises SettingsError for unknown layers, for a representation that does not suit the architecture, and if
        neither content nor style is used in the loss.
        """
        missing: dict[str, Any] = {}
        if self.content_layers is None:
            missing["content_layers"] = even_content_layers(architecture.content_layers)
        if self.style_layers is None:
            begin, end = registry.STYLE_REPRESENTATIONS[self.style_representation].layers
            missing["style_layers"] = even_style_layers(architecture.style_layers[begin:end])
        complete = self.model_copy(update=missing) if missing else self
        for setting in ("content_layers", "style_layers"):
            architecture.check_layers((layer for layer, _ in getattr(complete, setting) or ()), setting)
        if architecture is PIXELS and complete.uses_style and complete.style_representation in ("mrf", "nnst"):
            raise SettingsError(
                f"{complete.style_representation} compares every position with every other, and pixels has one for "
                "each pixel: use sliced-wasserstein with it",
                "style_representation",
            )
        complete.check_something_to_optimise()  # grids make settings one by one, without this check
        return complete
