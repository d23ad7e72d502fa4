"""The settings of one style transfer: frozen, complete and validated.

`Settings` holds what the optimisation needs and nothing else; which pictures and which network belong to a trial is the
orchestrator's business. It imports no torch, so that a grid can be checked without waiting for it.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from stylize.architectures import Architecture
from stylize.errors import SettingsError


class LayerWeight(NamedTuple):
    """One layer's weight w_l in a loss."""

    layer: str
    weight: float


def _layer_weights(value: Any, total: float | None = None) -> tuple[LayerWeight, ...]:
    """Read a mapping from layer names to weights, or a list of layer names: they share `total`, or weigh 1 each."""
    if isinstance(value, Mapping):
        pairs = list(value.items())
    elif isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        pairs = [(item, total / len(value) if total else 1.0) for item in value]
    elif isinstance(value, list | tuple) and all(isinstance(item, tuple) and len(item) == 2 for item in value):
        pairs = list(value)
    else:
        raise SettingsError("must be a list of layer names, or a mapping from layer names to weights")
    for layer, layer_weight in pairs:
        if not isinstance(layer, str):
            raise SettingsError(f"{layer!r} is no layer name")
        if isinstance(layer_weight, bool) or not isinstance(layer_weight, int | float):
            raise SettingsError(f"the weight of {layer} must be a number, not {layer_weight!r}")
        if not 0 < layer_weight <= sys.float_info.max:
            raise SettingsError(f"the weight of {layer} must be above 0 and finite, not {layer_weight}")
    for layer, count in Counter(layer for layer, _ in pairs).items():
        if count > 1:
            raise SettingsError(f"{layer} is named twice")
    return tuple(LayerWeight(layer, float(layer_weight)) for layer, layer_weight in pairs)


def _style_layers(value: Any) -> tuple[LayerWeight, ...] | None:
    """In a plain list each of n layers weighs 1/n, as in the paper."""
    return None if value is None else _layer_weights(value, total=1.0)


def _content_layers(value: Any) -> tuple[LayerWeight, ...] | None:
    """In a plain list each layer weighs 1: the paper has a single one."""
    return None if value is None else _layer_weights(value)


def _whole_number(value: Any) -> Any:
    """Let 1e3, which YAML reads as a float, count as 1000."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


_LAYERS_SCHEMA = WithJsonSchema(
    {
        "anyOf": [
            {"type": "array", "items": {"type": "string"}},
            {"type": "object", "additionalProperties": {"type": "number", "exclusiveMinimum": 0}},
            {"type": "null"},
        ]
    }
)
ContentLayers = Annotated[tuple[LayerWeight, ...] | None, BeforeValidator(_content_layers), _LAYERS_SCHEMA]
StyleLayers = Annotated[tuple[LayerWeight, ...] | None, BeforeValidator(_style_layers), _LAYERS_SCHEMA]
WholeNumber = Annotated[int, BeforeValidator(_whole_number)]


def _pyramid(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        raise SettingsError("must be a list of long edges in pixels, such as [128, 256]")
    edges = tuple(_whole_number(edge) for edge in value)
    if not all(isinstance(edge, int) and not isinstance(edge, bool) and edge >= 1 for edge in edges):
        raise SettingsError("must be a list of long edges in pixels, such as [128, 256]")
    return tuple(sorted(set(edges)))


Pyramid = Annotated[
    tuple[int, ...],
    BeforeValidator(_pyramid),
    WithJsonSchema({"type": "array", "items": {"type": "integer", "minimum": 1}}),
]
Precision = Literal["auto", "fp32", "tf32", "bf16"]


class Settings(BaseModel):
    """How one image is optimised. Units: pixels run from 0 to 255, losses are those of METHODS.md / the paper.

    Raises pydantic.ValidationError, whose messages name the setting.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    content_layers: ContentLayers = Field(
        default=None,
        description="Layers of the content loss: a list (each weighs 1), or a mapping layer → weight. []: style only.",
    )
    style_layers: StyleLayers = Field(
        default=None,
        description="Layers of the style loss: a list (each of n weighs 1/n), or a mapping layer → weight. "
        "[] means content only.",
    )
    ratio: float = Field(
        default=1e-3,
        ge=0,
        allow_inf_nan=True,
        description="α/β, content over style weight: α = 1 and β = 1/ratio. 0 means style only, .inf content only.",
    )
    tv_weight: float = Field(default=0.0, ge=0, description="Weight of the total variation of the image, 0 by default.")
    iterations: WholeNumber = Field(default=500, ge=1, le=1_000_000, description="Optimisation steps.")
    init: Literal["content", "noise", "style"] = Field(
        default="content",
        description="What the image starts as: the content picture, truncated normal noise (standard deviation 20 "
        "around the mean pixel), or the style picture.",
    )
    seed: WholeNumber = Field(default=0, ge=0, lt=2**63, description="Seed of the noise that the image starts as.")
    optimizer: Literal["adam", "lbfgs"] = Field(
        default="adam",
        description="adam: with betas 0.9 and 0.999. lbfgs: with a strong-Wolfe line search and a memory of 20; it "
        "needs fewer steps, takes learning_rate as the size of its first change, and no decay.",
    )
    learning_rate: float = Field(
        default=8.0, gt=0, description="Initial learning rate, in pixel values (0–255) per step."
    )
    pyramid: Pyramid = Field(
        default=(),
        description="Long edges in pixels at which the image is optimised first, coarse to fine: [128, 256]. Each "
        "level and the full size get an equal share of the iterations.",
    )
    plateau: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="Stop when the total loss has fallen by less than this share of it in 50 steps. 0: never.",
    )
    checkpointing: Literal["auto", "always", "never"] = Field(
        default="auto",
        description="Whether responses are computed again on the way back, block by block, instead of being kept: a "
        "third more time, less memory, the same result. auto: where they would not fit.",
    )
    decay: Literal["none", "exponential", "staircase", "inverse_time"] = Field(
        default="staircase",
        description="Learning rate at step t. exponential: rate·r^(t/s). staircase: rate·r^floor(t/s). "
        "inverse_time: rate/(1 + r·t/s). r is decay_rate, s is decay_steps.",
    )
    decay_rate: float = Field(default=0.94, gt=0, description="r in the decay.")
    decay_steps: WholeNumber = Field(default=100, ge=1, lt=2**63, description="s in the decay, in steps.")
    precision: Precision = Field(
        default="auto",
        description="Arithmetic of the convolutions: auto is bf16 where the hardware multiplies it, else tf32 or fp32; "
        "each row says which ran. Gram matrices, losses, image and optimiser are always fp32, and so are the losses "
        "that are reported at the end.",
    )
    history_every: WholeNumber = Field(default=10, ge=1, lt=2**63, description="Record the losses every so many steps.")

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
        """Whether the content picture has a part in the loss."""
        return self.alpha > 0 and self.content_layers != ()

    @property
    def uses_style(self) -> bool:
        """Whether the style picture has a part in the loss."""
        return self.beta > 0 and self.style_layers != ()

    @property
    def active_content_layers(self) -> tuple[LayerWeight, ...]:
        """The content layers that count towards the loss: none where α is 0."""
        return (self.content_layers or ()) if self.uses_content else ()

    @property
    def active_style_layers(self) -> tuple[LayerWeight, ...]:
        """The style layers that count towards the loss: none where β is 0."""
        return (self.style_layers or ()) if self.uses_style else ()

    @property
    def active_layers(self) -> set[str]:
        """Names of all layers whose responses the loss needs."""
        return {layer for layer, _ in self.active_content_layers + self.active_style_layers}

    @property
    def shared_in_batch(self) -> tuple[object, ...]:
        """What optimisations of one batch have in common, beside network, image shape and number of iterations."""
        return self.history_every, self.precision, self.optimizer, self.pyramid, self.checkpointing

    @property
    def trajectory(self) -> tuple[object, ...]:
        """Equal for settings that describe one optimisation and end it at different steps.

        A pyramid spreads its levels over all iterations, so that no trajectory is shared there.
        """
        return tuple(value for name, value in self.__dict__.items() if name != "iterations" or self.pyramid)

    def check_something_to_optimise(self) -> None:
        """Raises SettingsError where neither content nor style has a part in the loss."""
        if not (self.uses_content or self.uses_style):
            raise SettingsError("neither content nor style has a part in the loss: give content_layers or style_layers")

    @model_validator(mode="after")
    def _check_something_to_optimise(self) -> Self:
        self.check_something_to_optimise()
        return self

    def for_architecture(self, architecture: Architecture) -> Self:
        """These settings with `architecture`'s own layers where none were named.

        Raises SettingsError for unknown layers, and where neither content nor style has a part in the loss.
        """
        missing: dict[str, Any] = {}
        if self.content_layers is None:
            missing["content_layers"] = _content_layers(architecture.content_layers)
        if self.style_layers is None:
            missing["style_layers"] = _style_layers(architecture.style_layers)
        complete = self.model_copy(update=missing) if missing else self
        for layers in (complete.content_layers, complete.style_layers):
            architecture.check_layers(layer for layer, _ in layers or ())
        complete.check_something_to_optimise()  # grids make settings one by one, which does not ask for this
        return complete
