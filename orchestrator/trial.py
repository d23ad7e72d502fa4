"""A trial: one point of a grid, named by what determines its result."""

from __future__ import annotations

import hashlib
import json
import types
import typing
from typing import Annotated, Any, Literal

import pyarrow as pa
from pydantic import BeforeValidator, Field, WithJsonSchema

from stylize import ARCHITECTURES, LayerWeight, Settings

NUMERICS_VERSION = 2
"""Raised whenever the same settings would give other pixels than before, also by another default."""

MOST_EDGE = 16_384


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


class TrialSettings(Settings):
    """All that a grid can say of a trial: its pictures, its network, and how the image is optimised."""

    content: str | None = Field(
        default=None,
        min_length=1,
        max_length=2000,
        description="Content picture: a name of pictures.yaml or of the --pictures folder, a path, or a URL.",
    )
    style: str | None = Field(
        default=None, min_length=1, max_length=2000, description="Style picture: named as content is."
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
        max_length=2000,
        description="Parameters of the network: a name of the manifest (original, torchvision, embedded), random, "
        "random:<seed>, or a path to a .safetensors or .pth file. Default: the architecture's first in the manifest.",
    )
    pooling: Literal["average", "max"] = Field(
        default="average", description="How the network pools between its blocks."
    )


SETTING_NAMES: tuple[str, ...] = tuple(
    sorted(TrialSettings.model_fields, key=lambda name: name in Settings.model_fields)  # pictures and network first
)
"""Every setting, in the order of a table's columns."""


def trial_id(settings: TrialSettings, width: int, height: int, inputs: dict[str, str]) -> str:
    """Names a trial by what determines its result: 20 hexadecimal digits.

    `settings` have their layers filled in. `inputs` holds the hashes of weights and pictures: their names do not
    count. Settings without effect (the seed where nothing is drawn, the style where α alone counts) do not count
    either, nor does what leaves the pixels alone (checkpointing), nor do settings at their default, so that settings
    added later leave old trials valid.
    """
    counted = settings.model_dump(exclude={"content", "style", "weights", "checkpointing"}, exclude_defaults=True)
    if settings.optimizer == "lbfgs":
        counted.pop("decay", None)
    if settings.init != "noise":
        counted.pop("seed", None)
    if settings.decay == "none" or settings.optimizer == "lbfgs":
        counted.pop("decay_rate", None)
        counted.pop("decay_steps", None)
    counted["content_layers"] = settings.active_content_layers
    counted["style_layers"] = settings.active_style_layers
    used = {"weights": inputs["weights"]}
    if settings.uses_content or settings.init == "content":
        used["content"] = inputs["content"]
    if settings.uses_style or settings.init == "style":
        used["style"] = inputs["style"]
    identity = {"numerics": NUMERICS_VERSION, "width": width, "height": height, "settings": counted, "inputs": used}
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _arrow_type(annotation: Any) -> pa.DataType:
    if typing.get_origin(annotation) is tuple:
        return pa.list_(_arrow_type(typing.get_args(annotation)[0]))
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
        else:
            row[name] = max(value) if name == "size" and isinstance(value, tuple) else value
    return row


def check_point(settings: TrialSettings) -> TrialSettings:
    """`settings` with the architecture's layers filled in. Raises stylize.SettingsError for what cannot go together."""
    from stylize import SettingsError

    complete = settings.for_architecture(ARCHITECTURES[settings.architecture])
    for picture, used in (("content", settings.uses_content), ("style", settings.uses_style)):
        if getattr(settings, picture) is None and (used or settings.init == picture):
            reason = f"init: {picture} starts from it" if settings.init == picture else f"its {picture} loss counts"
            raise SettingsError(f"no {picture} picture is given, but {reason}")
    return complete
