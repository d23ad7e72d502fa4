"""What two runs have in common, and in what they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from results.run.folder import Run
from results.run.rows import outcome_schema
from results.table.load import load
from stylize import registry

LOSSES = ("total_loss", "content_loss", "style_loss")


@dataclass(frozen=True)
class Pair:
    """Trials of two runs at the same point of their axes. `changed`: what differs beside the settings of the runs.

    losses: by how much the second is above the first, as a share of the first, for each loss that both have.
    """

    point: dict[str, Any]
    first: str
    second: str
    same_pixels: bool
    states: tuple[str, str]
    losses: dict[str, float]

    @property
    def same(self) -> bool:
        return self.same_pixels and self.states[0] == self.states[1]


@dataclass(frozen=True)
class Difference:
    """Two runs compared: settings with another value in each (only those that are no axis of either), points that only
    one has, and the points of both.
    """

    settings: dict[str, tuple[Any, Any]]
    only_first: list[dict[str, Any]]
    only_second: list[dict[str, Any]]
    pairs: list[Pair]

    @property
    def same(self) -> bool:
        """Whether both have the same trials with the same pixels."""
        return not (self.only_first or self.only_second) and all(pair.same for pair in self.pairs)


def diff(first: str, second: str) -> Difference:
    """Compare two runs. Trials are matched by their values along all axes that any of the two has. Raises RunError."""
    one, other = (load(location, missing=True) for location in (first, second))
    axes = _axes(first, one, other) + [
        axis for axis in _axes(second, one, other) if axis not in _axes(first, one, other)
    ]
    fixed = [name for name in _settings(one) if name in _settings(other) and name not in axes]
    settings = {
        name: values
        for name in fixed
        if (values := (_plain(one[name].iloc[0]), _plain(other[name].iloc[0])))[0] != values[1]
    }
    of_one, of_other = (_by_point(trials, axes) for trials in (one, other))
    pairs = [_pair(dict(point), of_one[point], of_other[point]) for point in of_one if point in of_other]
    return Difference(
        settings=settings,
        only_first=[dict(point) for point in of_one if point not in of_other],
        only_second=[dict(point) for point in of_other if point not in of_one],
        pairs=pairs,
    )


def _axes(location: str, one: pd.DataFrame, other: pd.DataFrame) -> list[str]:
    axes = [name for axis in Run(location).metadata()["grid"]["axes"] for name in axis["settings"]]
    return [name for name in axes if name in one and name in other]


def _settings(trials: pd.DataFrame) -> list[str]:
    """The columns of settings: they come first, and end where outcomes and axes begin."""
    of_layers = tuple(name.removesuffix("by_layer") for name in registry.by_layer_columns())
    return [
        str(name)
        for name in trials.columns
        if name not in outcome_schema().names
        and name != "run"
        and not str(name).endswith(("_order", "_label"))
        and not str(name).startswith(of_layers)
    ]


Point = tuple[tuple[str, Any], ...]


def _by_point(trials: pd.DataFrame, axes: Sequence[str]) -> dict[Point, pd.Series]:
    """Trials by their values along axes; layers with their weights."""
    found: dict[Point, pd.Series] = {}
    for _, row in trials.iterrows():
        point: Point = tuple((name, _plain(row[name])) for name in axes)
        for name in axes:
            if f"{name[:-1]}_weights" in row and name.endswith("_layers"):
                point += ((f"{name[:-1]}_weights", _plain(row[f"{name[:-1]}_weights"])),)
        found[point] = row
    return found


def _plain(value: Any) -> Any:
    """Comparable: NaN is None, a number of NumPy is one of Python."""
    if isinstance(value, tuple):
        return tuple(_plain(one) for one in value)
    value = value.item() if hasattr(value, "item") else value
    return None if value is None or value != value else value


def _pair(point: dict[str, Any], one: pd.Series, other: pd.Series) -> Pair:
    losses = {}
    for name in LOSSES:
        before, after = _plain(one.get(name)), _plain(other.get(name))
        if before and after is not None:
            losses[name] = after / before - 1
    pixels = _plain(one.get("pixels_sha256"))
    return Pair(
        point=point,
        first=one["trial_id"],
        second=other["trial_id"],
        same_pixels=pixels == _plain(other.get("pixels_sha256")),
        states=(one["status"], other["status"]),
        losses=losses,
    )
