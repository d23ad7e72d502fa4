"""A trial: one point of a grid, named by what determines its result."""

from __future__ import annotations

import hashlib
import json
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple

import pyarrow as pa
from pydantic import BeforeValidator, Field, WithJsonSchema

from stylize import ARCHITECTURES, LayerWeight, Settings
from stylize.settings.types import NumberFromZero, WholeNumber

NUMERICS_VERSION = 3
"""Raised whenever the same settings would give other pixels than before, also by another default."""

MOST_EDGE, MOST_NAME = 16_384, 2_000


def _size(value: Any) -> Any:
    pair = isinstance(value, list | tuple)
    edges = [
        int(edge) if isinstance(edge, float) and edge.is_integer() else edge for edge in (value if pair else [value])
    ]
    if (
        (pair and len(edges) != 2)
        or not all(isinstance(edge, int) and not isinstance(edge, bool) for edge in edges)
        or not all(1 <= edge <= MOST_EDGE for edge in edges)
    ):
        raise ValueError(f"must be a long edge in pixels, or [width, height], each from 1 to {MOST_EDGE}")
    return tuple(edges) if pair else edges[0]


_EDGE_SCHEMA = {"type": "integer", "minimum": 1, "maximum": MOST_EDGE}
Size = Annotated[
    int | tuple[int, int],
    BeforeValidator(_size),
    WithJsonSchema({"anyOf": [_EDGE_SCHEMA, {"type": "array", "items": _EDGE_SCHEMA, "minItems": 2, "maxItems": 2}]}),
]


class PictureShare(NamedTuple):
    """A style picture's share of the style loss."""

    picture: str
    share: float


def _blend(value: Any) -> tuple[PictureShare, ...]:
    pairs = value.items() if isinstance(value, Mapping) else value if isinstance(value, tuple) else None
    if pairs is None:
        raise ValueError("must be a mapping of pictures to shares, such as {starry_night: 0.3}")
    shares = tuple(PictureShare(picture, share) for picture, share in pairs)
    for picture, share in shares:
        if not isinstance(picture, str) or not 1 <= len(picture) <= MOST_NAME:
            raise ValueError(f"{picture!r:.60} is no picture")
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
            raise ValueError(f"the share of {picture:.60} must be above 0 and at most 1, not {share!r:.60}")
    if sum(share for _, share in shares) > 1 + 1e-9:
        raise ValueError("must have shares that sum to at most 1; the picture `style` has the rest")
    return tuple(PictureShare(picture, float(share)) for picture, share in shares)


StyleBlend = Annotated[
    tuple[PictureShare, ...],
    BeforeValidator(_blend),
    WithJsonSchema({"type": "object", "additionalProperties": {"type": "number", "exclusiveMinimum": 0, "maximum": 1}}),
]


class TrialSettings(Settings):
    """All that a grid can say of a trial: its pictures, its network, and how the image is optimised."""

    content: str | None = Field(
        default=None,
        min_length=1,
        max_length=MOST_NAME,
        description="Content picture: a name of pictures.yaml or of the --pictures folder, a path, or a URL.",
    )
    style: str | None = Field(
        default=None, min_length=1, max_length=MOST_NAME, description="Style picture: named as content is."
    )
    size: Size = Field(
        default=448,
        description="Pixels: the long edge, each picture keeping its aspect, or [width, height], which stretches both.",
    )
    architecture: Literal["vgg16", "vgg19", "vgg16-slim", "vgg19-slim", "squeezenet1_1", "alexnet"] = Field(
        default="vgg16", description="The network whose responses are compared."
    )
    weights: str | None = Field(
        default=None,
        min_length=1,
        max_length=MOST_NAME,
        description="Parameters of the network: a name of the manifest (original, torchvision, embedded), random, "
        "random:<seed>, or a path to a .safetensors or .pth file. Default: the architecture's first in the manifest.",
    )
    pooling: Literal["average", "max", "l2"] = Field(
        default="average",
        description="How the network pools between its blocks; l2 is the root of the mean square of each window.",
    )
    padding: Literal["zero", "replicate", "reflect"] = Field(
        default="zero", description="What the network's convolutions see beyond the border."
    )

    style_blend: StyleBlend = Field(
        default=(),
        description="Further style pictures and their shares of the style loss, {starry_night: 0.3}; `style` has the "
        "rest.",
    )
    style_scale: float = Field(
        default=1.0, ge=0.05, le=10, description="Size of the style pictures, relative to what `size` makes them."
    )
    content_mask: str | None = Field(
        default=None,
        min_length=1,
        max_length=MOST_NAME,
        description="Label image of the content picture: each colour is a label. With style_mask, each label's part of "
        "the image gets its style from the same label's part of the style picture.",
    )
    style_mask: str | None = Field(
        default=None, min_length=1, max_length=MOST_NAME, description="Label image of the style picture."
    )
    init_image: str | None = Field(
        default=None,
        min_length=1,
        max_length=MOST_NAME,
        description="The picture that init: image starts from, named as content is, or trial:<id>, the image of a "
        "trial of this run.",
    )

    frame: NumberFromZero | None = Field(
        default=None,
        description="One frame of a content that is a clip, from 0, made as a still. Without it all frames are made, "
        "one after the other.",
    )
    clip_frames: WholeNumber = Field(default=0, ge=0, description="How many first frames of a clip are made. 0: all.")
    frame_start: Literal["warped", "own"] = Field(
        default="warped",
        description="What a frame of a clip starts as: the result of the frame before, moved along the optical "
        "flow, or what `init` says, as the first frame does.",
    )

    @property
    def follows(self) -> bool:
        """Whether the frames of a clip need the results of the frames before them."""
        return self.frame_start == "warped" or self.temporal_weight > 0

    @property
    def uses_masks(self) -> bool:
        """Whether masks have a part in the style loss."""
        return self.uses_style and self.content_mask is not None and self.style_mask is not None

    @property
    def style_size(self) -> int | tuple[int, int]:
        """The size that style pictures are brought to."""
        if isinstance(self.size, tuple):
            return max(1, round(self.size[0] * self.style_scale)), max(1, round(self.size[1] * self.style_scale))
        return max(1, round(self.size * self.style_scale))


SETTING_NAMES: tuple[str, ...] = tuple(
    sorted(TrialSettings.model_fields, key=lambda name: name in Settings.model_fields)  # pictures and network first
)
"""Every setting, in the order of a table's columns."""


_NAMES_ONLY = {
    "content",
    "style",
    "style_blend",
    "content_mask",
    "style_mask",
    "init_image",
    "weights",
    "checkpointing",
    "frame",
    "clip_frames",
    "frames_every",
}


def _without_effect(settings: TrialSettings, *, follows: bool) -> Iterator[str]:
    """Settings that change nothing beside the others; `follows`: after a frame of a clip."""
    if not follows:
        yield from ("temporal_weight", "frame_start")
    elif settings.frame_start == "warped":
        yield from ("init", "seed", "noise_deviation", "noise_share")
    if settings.optimizer == "lbfgs":
        yield from ("decay", "betas")
    if settings.decay == "none" or settings.optimizer == "lbfgs":
        yield from ("decay_rate", "decay_steps")
    if settings.init not in ("noise", "mix"):
        yield from ("seed", "noise_deviation")
    if settings.init != "mix":
        yield "noise_share"
    if not settings.uses_style:
        yield "style_representation"
        if settings.init != "style":
            yield "style_scale"
    if not settings.matting_weight:
        yield "matting_from"
    if not settings.uses_style or settings.style_representation != "mrf":
        yield from ("mrf_stride", "mrf_rotations", "mrf_scales")


def trial_id(settings: TrialSettings, width: int, height: int, inputs: Mapping[str, str]) -> str:
    """Names a trial by what determines its result: 20 hexadecimal digits.

    `settings` have their layers filled in. `inputs` holds the hashes of weights and pictures, whose names do not
    count, and for a frame of a clip what it follows. Settings without effect (the seed where nothing is drawn, the
    style where α alone counts) do not count either, nor does what leaves the pixels alone (checkpointing,
    frames_every), nor do settings at their default, so that settings added later leave old trials valid.
    """
    counted = settings.model_dump(exclude=_NAMES_ONLY, exclude_defaults=True)
    for name in _without_effect(settings, follows="previous" in inputs):
        counted.pop(name, None)
    counted["content_layers"] = settings.active_content_layers
    counted["style_layers"] = settings.active_style_layers
    used = {"weights": inputs["weights"]}
    if (
        settings.uses_content
        or settings.init in ("content", "mix")
        or settings.colour != "style"
        or settings.matting_weight
    ):
        used["content"] = inputs["content"]
    if settings.uses_style or settings.init == "style":
        used["style"] = inputs["style"]
    if settings.uses_style and settings.style_blend:
        used["style_blend"] = ", ".join(f"{inputs[picture]} {share}" for picture, share in settings.style_blend)
    if settings.init == "image":
        used["init_image"] = inputs["init_image"]
    if settings.uses_masks:
        used |= {mask: inputs[mask] for mask in ("content_mask", "style_mask")}
    if "previous" in inputs:
        used["previous"] = inputs["previous"]
    identity = {"numerics": NUMERICS_VERSION, "width": width, "height": height, "settings": counted, "inputs": used}
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _arrow_type(annotation: Any) -> pa.DataType:
    if typing.get_origin(annotation) is tuple:
        return pa.list_(_arrow_type(typing.get_args(annotation)[0]))
    if typing.get_origin(annotation) is Annotated:
        return _arrow_type(typing.get_args(annotation)[0])
    parts = [part for part in typing.get_args(annotation) if part is not type(None)]
    if typing.get_origin(annotation) in (types.UnionType, typing.Union) and len(parts) == 1:
        return _arrow_type(parts[0])
    if typing.get_origin(annotation) is Literal:
        return pa.string()
    return {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}[annotation]


def _settings_schema() -> pa.Schema:
    fields: list[tuple[str, pa.DataType]] = []
    for name in SETTING_NAMES:
        if name.endswith("_layers"):
            fields += [(name, pa.list_(pa.string())), (f"{name[:-1]}_weights", pa.list_(pa.float64()))]
        elif name == "style_blend":
            fields += [(name, pa.list_(pa.string())), (f"{name}_shares", pa.list_(pa.float64()))]
        elif name == "size":
            fields.append((name, pa.int64()))
        else:
            fields.append((name, _arrow_type(TrialSettings.model_fields[name].annotation)))
    return pa.schema(fields)


SETTINGS_SCHEMA = _settings_schema()
"""The columns of a trial's settings in every table."""


def settings_row(settings: TrialSettings) -> dict[str, Any]:
    """The settings as a row of `SETTINGS_SCHEMA`.

    Layers take two columns, names and weights (`style_layers`, `style_layer_weights`). `size` is the long edge; the
    image's exact width and height are columns of the outcome.
    """
    row: dict[str, Any] = {}
    for name in SETTING_NAMES:
        value = getattr(settings, name)
        if name.endswith("_layers"):
            layers: tuple[LayerWeight, ...] = value or ()
            row[name] = [layer for layer, _ in layers]
            row[f"{name[:-1]}_weights"] = [weight for _, weight in layers]
        elif name == "style_blend":
            row[name] = [picture for picture, _ in value]
            row[f"{name}_shares"] = [share for _, share in value]
        else:
            row[name] = max(value) if name == "size" and isinstance(value, tuple) else value
    return row


def check_point(settings: TrialSettings) -> TrialSettings:
    """`settings` with the architecture's layers filled in. Raises stylize.SettingsError for what cannot go together."""
    from stylize import SettingsError

    complete = settings.for_architecture(ARCHITECTURES[settings.architecture])
    reasons = {
        "content": {
            f"init: {settings.init} starts from it": settings.init in ("content", "mix"),
            "its content loss counts": settings.uses_content,
            f"colour: {settings.colour} needs its colours": settings.colour != "style",
            "matting_weight needs its edges": settings.matting_weight > 0,
        },
        "style": {
            "init: style starts from it": settings.init == "style",
            "its style loss counts": settings.uses_style,
        },
        "content_mask": {"there is a style_mask": settings.uses_style and settings.style_mask is not None},
        "style_mask": {"there is a content_mask": settings.uses_style and settings.content_mask is not None},
        "init_image": {"init: image starts from it": settings.init == "image"},
    }
    for setting, why in reasons.items():
        reason = next((text for text, applies in why.items() if applies), None)
        if reason and getattr(settings, setting) is None:
            named = f"{setting} picture" if setting in ("content", "style") else setting
            raise SettingsError(f"no {named} is given, but {reason}")
    if settings.frame is None and settings.temporal_weight:
        raise SettingsError("temporal_weight is for clips, and the content is a still picture")
    if complete.uses_masks and (complete.style_representation != "gram" or complete.style_blend):
        raise SettingsError("masks go with one style picture and style_representation: gram")
    return complete
