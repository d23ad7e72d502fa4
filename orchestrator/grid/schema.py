"""The JSON schema of grid files, made from the settings themselves. `grids/schema.json` is this schema, for editors."""

from __future__ import annotations

from typing import Any

from orchestrator.grid.sampling import KINDS, METHODS, MOST_POINTS
from orchestrator.grid.search import SAMPLERS
from stylize.settings import ABOUT, SETTING_NAMES, TrialSettings
from stylize.settings.conditions import ALWAYS


def grid_schema() -> dict[str, Any]:
    """JSON schema (draft 2020-12) of a grid. Each setting is defined once, in `$defs`."""
    settings = _settings()
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
                "properties": {name: _defined(name) for name in settings},
            },
            "axes": {
                "type": "object",
                "description": "Every combination of their values is a trial. An axis is a list, a mapping of labels "
                "to values, {logspace: [first, last, count]}, or with `sample` a distribution such as "
                "{loguniform: [1, 30]}.",
                "additionalProperties": False,
                "properties": {name: _axis(name, schema["description"]) for name, schema in settings.items()},
            },
            "sample": {
                "type": "object",
                "description": "How many points are drawn from the axes that are distributions, and how. With sobol "
                "and random a larger count keeps all points of a smaller one.",
                "additionalProperties": False,
                "required": ["count"],
                "properties": {
                    "count": {"type": "integer", "minimum": 1, "maximum": MOST_POINTS},
                    "method": {"enum": list(METHODS), "default": "sobol"},
                    "seed": {"type": "integer", "minimum": 0, "default": 0},
                },
            },
            "search": {
                "type": "object",
                "description": "Trials are proposed from the results of earlier ones, by Optuna; every axis is a "
                "distribution. Needs `pip install style-sweep[search]`.",
                "additionalProperties": False,
                "required": ["trials"],
                "properties": {
                    "trials": {"type": "integer", "minimum": 1, "maximum": MOST_POINTS},
                    "sampler": {"enum": list(SAMPLERS), "default": "tpe"},
                    "minimise": {"type": "array", "items": {"type": "string"}, "description": "Metrics or losses."},
                    "maximise": {
                        "type": "array",
                        "items": {"type": "string"},
                        "description": "Metrics, or preference: what blind votes say.",
                    },
                    "at_once": {
                        "type": "integer",
                        "minimum": 1,
                        "default": 32,
                        "description": "How many trials run or wait at the same time; the fewer, the more is known "
                        "when the next are proposed.",
                    },
                    "seed": {"type": "integer", "minimum": 0, "default": 0},
                },
            },
            "zip": {
                "type": "array",
                "description": "Groups of axes that move together.",
                "items": {"type": "array", "items": _defined("a setting"), "minItems": 2},
            },
            "exclude": {
                "type": "array",
                "description": "Points left out, each by some of its axes.",
                "items": _defined("a point"),
            },
            "include": {
                "type": "array",
                "description": "Extra points; axes not named take all their values.",
                "items": _defined("a point"),
            },
            "halving": {
                "type": "object",
                "description": "All trials run to the first rung; from each rung the best part of each group goes on.",
                "additionalProperties": False,
                "required": ["by", "rungs"],
                "properties": {
                    "by": {"type": "string", "description": "The metric or loss that decides."},
                    "rungs": {
                        "type": "array",
                        "description": "Numbers of steps, rising. The last one is the number of iterations.",
                        "items": {"type": "integer", "minimum": 1},
                        "minItems": 2,
                    },
                    "keep": {
                        "type": "number",
                        "description": "The part of each group that goes on, rounded up. Default: a third.",
                        "exclusiveMinimum": 0,
                        "exclusiveMaximum": 1,
                    },
                    "within": _defined("axes of a sheet")
                    | {"description": "Trials with the same values of these axes are a group. Default: one group."},
                },
            },
            "sheet": {
                "type": "object",
                "description": "Axes along the rows and columns of the comparison sheet, outermost first.",
                "additionalProperties": False,
                "properties": {"rows": _defined("axes of a sheet"), "columns": _defined("axes of a sheet")},
            },
        },
        "$defs": settings
        | {
            "a setting": {"enum": list(SETTING_NAMES)},
            "axes of a sheet": {"anyOf": [_defined("a setting"), {"type": "array", "items": _defined("a setting")}]},
            "a point": {"type": "object", "propertyNames": _defined("a setting"), "minProperties": 1},
            "two numbers": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
            "first, last, count": {
                "type": "array",
                "prefixItems": [{"type": "number"}, {"type": "number"}, {"type": "integer", "minimum": 2}],
                "minItems": 3,
                "maxItems": 3,
            },
        },
    }


def _settings() -> dict[str, dict[str, Any]]:
    """The schema of each setting's values. The description says when the setting has an effect."""
    found = {}
    described = TrialSettings.model_json_schema()["properties"]
    for name in SETTING_NAMES:
        schema = {key: value for key, value in described[name].items() if key != "title"}
        if ABOUT[name].effect is not ALWAYS:
            schema["description"] += f" It has an effect where {ABOUT[name].effect}."
        found[name] = schema
    return found


def _axis(name: str, description: str) -> dict[str, Any]:
    spaced = _defined("first, last, count")
    return {
        "description": f"Axis. {description}",
        "anyOf": [
            {"type": "array", "items": _defined(name), "minItems": 1},
            {
                "type": "object",
                "properties": {"logspace": spaced, "linspace": spaced},
                "additionalProperties": _defined(name),
                "minProperties": 1,
            },
            {
                "type": "object",
                "properties": {kind: _defined("two numbers") for kind in KINDS}
                | {"choice": {"type": "array", "items": _defined(name), "minItems": 1}},
                "additionalProperties": False,
                "minProperties": 1,
                "maxProperties": 1,
            },
        ],
    }


def _defined(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name.replace(' ', '%20')}"}
