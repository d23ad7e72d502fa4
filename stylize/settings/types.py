"""The types of single settings: how what a person writes is read, with messages that say what to write instead."""

from __future__ import annotations

import difflib
import sys
from collections import ChainMap, Counter
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticKnownError, core_schema

from stylize import registry
from stylize.errors import SettingsError
from stylize.network import torchvision_names
from stylize.network.architectures import ARCHITECTURES
from stylize.network.pixels import PIXELS

MOST_EDGE = 16_384
"""Pixels along one edge of an image."""

MOST_NAME = 2_000
"""Characters in the name of a picture or of weights."""

MOST_SHOWN = 12
"""Names that a message about a wrong name lists."""

AdversarialKind = Literal["cross-entropy", "hinge"]
Checkpointing = Literal["auto", "always", "never"]
Colour = Literal["style", "match-image-analogies", "match-cholesky", "luminance"]
Decay = Literal["none", "exponential", "staircase", "inverse_time", "cosine"]
FrameStart = Literal["warped", "own"]
Method = Literal["transfer", "autopainter"]
Output = Literal["painted", "sketch"]
Padding = Literal["zero", "replicate", "reflect"]
Pooling = Literal["average", "max", "l2"]
Precision = Literal["auto", "fp32", "tf32", "bf16"]
PrintFile = Literal["none", "png", "png-16", "tiff", "tiff-16"]
PreprocessingName = Literal["vgg-original", "vgg-original-bgr", "torchvision", "torchvision-half"]
Sketch = Literal["xdog", "as-is"]


class LayerWeight(NamedTuple):
    """One layer's weight w_l in a loss."""

    layer: str
    weight: float


class OneOf:
    """Pydantic's annotation of a text that must be one of the names in `names`, as a Literal of them would be.

    The names are looked up when a value is checked, so that what is added to the registry counts at once. Of many
    names, a message has the closest ones.
    """

    def __init__(self, names: Mapping[str, object]) -> None:
        self._names = names

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self._check)

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return {"enum": list(self._names), "type": "string"}

    def _check(self, value: Any) -> str:
        if not isinstance(value, str) or value not in self._names:
            names = list(self._names)
            if len(names) > MOST_SHOWN:
                close = difflib.get_close_matches(value, names) if isinstance(value, str) else []
                names = [*(close or names[:4]), "another of the names that `sweep schema` lists"]
            *others, last = (repr(name) if name in self._names else name for name in names)
            expected = f"{', '.join(others)} or {last}" if others else last
            raise PydanticKnownError("literal_error", {"expected": expected})
        return value


ARCHITECTURE_NAMES: Mapping[str, Any] = ChainMap(
    registry.NETWORKS,
    dict.fromkeys([*ARCHITECTURES, PIXELS.name, *torchvision_names.NAMES]),
)
"""What the setting `architecture` may be. Networks of plugins that are loaded later are in it, too."""

ArchitectureName = Annotated[str, OneOf(ARCHITECTURE_NAMES)]
ContentRepresentation = Annotated[str, OneOf(registry.CONTENT_REPRESENTATIONS)]
StyleRepresentation = Annotated[str, OneOf(registry.STYLE_REPRESENTATIONS)]
Optimizer = Annotated[str, OneOf(registry.OPTIMISERS)]
InitialImage = Annotated[str, OneOf(registry.INITIAL_IMAGES)]


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


def even_style_layers(value: Any) -> tuple[LayerWeight, ...] | None:
    """In a plain list each of n layers weighs 1/n, as in the paper."""
    return None if value is None else _layer_weights(value, total=1.0)


def even_content_layers(value: Any) -> tuple[LayerWeight, ...] | None:
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
ContentLayers = Annotated[tuple[LayerWeight, ...] | None, BeforeValidator(even_content_layers), _LAYERS_SCHEMA]
StyleLayers = Annotated[tuple[LayerWeight, ...] | None, BeforeValidator(even_style_layers), _LAYERS_SCHEMA]
WholeNumber = Annotated[int, BeforeValidator(_whole_number)]
NumberFromZero = Annotated[int, Field(ge=0), BeforeValidator(_whole_number)]
Name = Annotated[str, Field(min_length=1, max_length=MOST_NAME)]


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


def _numbers(value: Any, lowest: float, highest: float, count: int | None, what: str) -> tuple[float, ...]:
    """A list of numbers between two bounds, as a tuple."""
    listed = list(value) if isinstance(value, list | tuple) else []
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in listed)
    if not listed or not numbers or (count and len(listed) != count):
        raise SettingsError(f"must be {what}")
    if not all(lowest <= one < highest for one in listed):
        raise SettingsError(f"must be {what}, each at least {lowest:g} and below {highest:g}")
    return tuple(float(one) for one in listed)


def _list_of(lowest: float, highest: float, count: int | None, what: str) -> Any:
    """Pydantic's annotations of a list of numbers, each at least `lowest` and below `highest`."""
    bounds = {"minItems": count, "maxItems": count} if count else {"minItems": 1}
    items = {"type": "number", "minimum": lowest, "exclusiveMaximum": highest}
    return (
        BeforeValidator(lambda value: _numbers(value, lowest, highest, count, what)),
        WithJsonSchema({"type": "array", "items": items, **bounds}),
    )


Betas = Annotated[tuple[float, float], *_list_of(0, 1, 2, "two numbers such as [0.9, 0.999]")]
Rotations = Annotated[tuple[float, ...], *_list_of(-180, 180, None, "a list of degrees such as [-15, 0, 15]")]
Scales = Annotated[tuple[float, ...], *_list_of(0.1, 10, None, "a list of factors such as [0.9, 1, 1.1]")]


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


def long_edge(size: int | tuple[int, int]) -> int:
    """The longer edge of a size, which tables have in their column `size`."""
    return max(size) if isinstance(size, tuple) else size


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
