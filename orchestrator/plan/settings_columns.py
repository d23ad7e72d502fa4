"""The columns that a trial's settings have in every table, and a trial's settings as one row of them.

Most settings are one column. A setting whose items are pairs of a name and a number takes two (`style_layers`,
`style_layer_weights`), and `size` is the long edge; the image's exact width and height are columns of the outcome.
"""

from __future__ import annotations

import types
import typing
from typing import Annotated, Any, Literal

import pyarrow as pa

from stylize.settings import ABOUT, SETTING_NAMES, TrialSettings


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
        about = ABOUT[name]
        if about.weights:
            fields += [(name, pa.list_(pa.string())), (about.weights.column, pa.list_(pa.float64()))]
        else:
            fields.append((name, _arrow_type(about.cell_type or TrialSettings.model_fields[name].annotation)))
    return pa.schema(fields)


SETTINGS_SCHEMA = _settings_schema()
"""The columns of a trial's settings in every table."""


def setting_cells(name: str, value: Any) -> dict[str, Any]:
    """One value of a setting, as cells of the setting's columns."""
    about = ABOUT[name]
    if about.weights:
        pairs = value or ()
        return {name: [item for item, _ in pairs], about.weights.column: [weight for _, weight in pairs]}
    return {name: about.cell(value) if about.cell else value}


def settings_row(settings: TrialSettings) -> dict[str, Any]:
    """The settings as a row of `SETTINGS_SCHEMA`."""
    row: dict[str, Any] = {}
    for name in SETTING_NAMES:
        row |= setting_cells(name, getattr(settings, name))
    return row
