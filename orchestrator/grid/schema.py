"""The JSON schema of grid files, made from the settings themselves."""

from __future__ import annotations

from typing import Any

from stylize.settings import SETTING_NAMES, TrialSettings


def grid_schema() -> dict[str, Any]:
    """JSON schema (draft 2020-12) of a grid. `grids/schema.json` is this, for `# yaml-language-server:
    $schema=schema.json`.
    """
    described = TrialSettings.model_json_schema()
    settings = {name: _without_title(described["properties"][name]) for name in SETTING_NAMES}
    spaced = {
        "type": "array",
        "prefixItems": [{"type": "number"}, {"type": "number"}, {"type": "integer", "minimum": 2}],
        "minItems": 3,
        "maxItems": 3,
    }
    axes = {
        name: {
            "description": f"Axis. {schema['description']}",
            "anyOf": [
                {"type": "array", "items": schema, "minItems": 1},
                {
                    "type": "object",
                    "properties": {"logspace": spaced, "linspace": spaced},
                    "additionalProperties": schema,
                    "minProperties": 1,
                },
            ],
        }
        for name, schema in settings.items()
    }
    point = {"type": "object", "propertyNames": {"enum": list(SETTING_NAMES)}, "minProperties": 1}
    axis_names = {"anyOf": [{"enum": list(SETTING_NAMES)}, {"type": "array", "items": {"enum": list(SETTING_NAMES)}}]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A grid of style transfers",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "title": {"type": "string", "description": "Heading of the sheet."},
            "description": {"type": "string", "description": "What the grid shows and what to look for."},
            "settings": {
                "type": "object",
                "description": "The same for every trial.",
                "additionalProperties": False,
                "properties": settings,
            },
            "axes": {
                "type": "object",
                "description": "Every combination of their values is a trial. An axis is a list, a mapping of labels "
                "to values, or {logspace: [first, last, count]}.",
                "additionalProperties": False,
                "properties": axes,
            },
            "zip": {
                "type": "array",
                "description": "Groups of axes that move together.",
                "items": {"type": "array", "items": {"enum": list(SETTING_NAMES)}, "minItems": 2},
            },
            "exclude": {"type": "array", "description": "Points left out, each by some of its axes.", "items": point},
            "include": {
                "type": "array",
                "description": "Extra points; axes not named take all their values.",
                "items": point,
            },
            "sheet": {
                "type": "object",
                "description": "Axes along the rows and columns of the comparison sheet, outermost first.",
                "additionalProperties": False,
                "properties": {"rows": axis_names, "columns": axis_names},
            },
        },
    }


def _without_title(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != "title"}
