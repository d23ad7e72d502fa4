"""The columns that a trial's settings have in every table, and a trial's settings as one row of them."""

from __future__ import annotations

import types
import typing
from typing import Annotated, Any, Literal

import pyarrow as pa

from stylize import LayerWeight
from stylize.settings.trial_settings import SETTING_NAMES, TrialSettings


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
