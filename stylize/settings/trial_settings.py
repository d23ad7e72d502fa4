"""All settings of a trial: how it is optimised (`Settings`), and its pictures and its network. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Field, WithJsonSchema

from stylize.settings.transfer_settings import Settings
from stylize.settings.types import NumberFromZero, WholeNumber

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
