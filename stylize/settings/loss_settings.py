"""The settings of the losses of one image: what is compared, how, and with which weights. Those of the steps that
lower them are in `optimisation_settings`.

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
from stylize.settings.conditions import AFTER_FRAME, unless, where
from stylize.settings.types import (
    Colour,
    ContentLayers,
    ContentRepresentation,
    LayerWeight,
    Rotations,
    Scales,
    StyleLayers,
    StyleRepresentation,
    WholeNumber,
    even_content_layers,
    even_style_layers,
)

# Conditions under which several settings have an effect.
HAS_ALPHA = unless("ratio", 0)
HAS_BETA = unless("ratio", math.inf)
USES_CONTENT = HAS_ALPHA & unless("content_layers", ())
USES_STYLE = HAS_BETA & unless("style_layers", ())
USES_DIRECTIONS = USES_STYLE & where("style_representation", "sliced-wasserstein")
USES_PATCHES = USES_STYLE & where("style_representation", "mrf")
FOLLOWS = where(AFTER_FRAME, True)

CONTENT_WEIGHTS = Weights("content_layer_weights", equal_is_usual=True)
STYLE_WEIGHTS = Weights("style_layer_weights", equal_is_usual=True)


class LossSettings(BaseModel):
    """What the losses of one image compare. Pixels run from 0 to 255; docs/methods.md has the formulas."""

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
    laplacian_weight: Annotated[float, About(mentioned="unless default")] = Field(
        default=0.0,
        ge=0,
        description="γ, weight of the Laplacian loss, which keeps the content's edges in place (Li, Xu, Nie, Chua).",
    )
    laplacian_blur: Annotated[float, About(effect=unless("laplacian_weight", 0), mentioned="unless default")] = Field(
        default=1.0,
        ge=0.1,
        le=10_000,
        description="Standard deviation, in pixels, of the blur before edges are compared. The larger it is, the "
        "larger the strokes that move freely.",
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
        style = registry.STYLE_REPRESENTATIONS[self.style_representation]
        if self.content_layers is None:
            missing["content_layers"] = even_content_layers(architecture.content_layers)
        if self.style_layers is None:
            begin, end = style.layers
            missing["style_layers"] = even_style_layers(architecture.style_layers[begin:end])
        complete = self.model_copy(update=missing) if missing else self
        for setting in ("content_layers", "style_layers"):
            architecture.check_layers((layer for layer, _ in getattr(complete, setting) or ()), setting)
        if architecture is PIXELS and complete.uses_style and style.searches:
            raise SettingsError(
                f"{complete.style_representation} compares every position with every other, and pixels has one for "
                "each pixel: use sliced-wasserstein with it",
                "style_representation",
            )
        complete.check_something_to_optimise()  # grids make settings one by one, without this check
        return complete
