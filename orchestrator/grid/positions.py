"""Finds where a grid file gives a setting or a name, for errors that are found after the file was read."""

from __future__ import annotations

import functools
import operator
from collections.abc import Collection
from pathlib import Path

from orchestrator.errors import GridError, Position
from orchestrator.grid.grid import Grid, Point
from orchestrator.grid.yaml12 import Document, Steps, path_text, read_yaml


def position_of(path: Path, settings: Collection[str], value: str) -> Position | None:
    """The position where a grid gives one of these settings this value, or this name in a blend of pictures; None if
    it does not, as with `--set`.
    """
    document = read_yaml(path)
    for steps in document.values:
        entry = functools.reduce(operator.getitem, steps, document.data)
        in_blend = "style_blend" in steps and steps[-1] == value
        if (entry == value or in_blend) and set(settings).intersection(steps):
            return document.position(steps)
    return None


def point_error(grid: Grid, point: Point, message: str, setting: str | None) -> GridError:
    """An error about a point of a grid, with the point's values along the axes and the wrong setting's position."""
    where = ", ".join(
        f"{name}={dimension.names(name)[index]}"
        for dimension, index in zip(grid.dimensions, point, strict=True)
        for name in dimension.settings
    )
    text = message + (f" (at {where})" if where else "")
    if setting in grid.overridden:
        return GridError(text, f"--set {setting}")
    try:
        document = read_yaml(grid.file)
    except GridError:  # the file has changed since it was read
        return GridError(f"{grid.file}: {text}")
    steps = _steps(document, grid, point, setting) if setting else ()
    return GridError(text, path_text(steps), document.position(steps))


def _steps(document: Document, grid: Grid, point: Point, setting: str) -> Steps:
    """The path to a setting's value at a point; the path to `settings` if the file does not give the setting."""
    data = document.data or {}
    if setting in (data.get("settings") or {}):
        return "settings", setting
    axes = data.get("axes") or {}
    for dimension, index in zip(grid.dimensions, point, strict=True):
        if setting in dimension.settings and setting in axes:
            steps: Steps = ("axes", setting)
            entry = axes[setting]
            if index >= dimension.crossed:
                return ("include",)
            if isinstance(entry, list):
                return *steps, index
            labels = list(entry)
            return (*steps, labels[index]) if len(labels) == dimension.crossed else steps
        if setting in dimension.settings:
            return ("include",)
    return ("settings",) if "settings" in data else ()
