"""Compares two runs: what they share, and in what they differ. `orchestrator/command/diff.py` prints the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from results.run.rows import CIRCUMSTANCES
from results.run.storage import Run
from results.table.axes import comparable, grid_axes, setting_columns, weights_column
from results.table.load import load
from results.table.selection import EVERY_TRIAL, Selection

LOSSES = ("total_loss", "content_loss", "style_loss")


@dataclass(frozen=True)
class Pair:
    """Trials of two runs at the same point of their axes. `changed`: what differs beside the settings of the runs.

    losses: by how much the second is above the first, as a share of the first, for each loss that both have.
    circumstances: both values of each column of `CIRCUMSTANCES` in which they differ; None where it was not recorded.
    """

    point: dict[str, Any]
    first: str
    second: str
    same_pixels: bool
    states: tuple[str, str]
    losses: dict[str, float]
    circumstances: dict[str, tuple[Any, Any]]

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


def diff(first: str, second: str, selection: Selection = EVERY_TRIAL) -> Difference:
    """Compare two runs. Trials are matched by their values along all axes that any of the two has.

    `selection` chooses trials of the first run; of the second then only those at the same points are looked at. Raises
    RunError and SelectionError.
    """
    one, other = (load(location, missing=True) for location in (first, second))
    named = (name for run in (first, second) for axis in grid_axes(Run(run)) for name in axis)
    axes = [name for name in dict.fromkeys(named) if name in one and name in other]
    fixed = [name for name in setting_columns(one) if name in setting_columns(other) and name not in axes]
    settings = {
        name: values
        for name in fixed
        if (values := (comparable(one[name].iloc[0]), comparable(other[name].iloc[0])))[0] != values[1]
    }
    of_one, of_other = _by_point(selection.of(one), axes), _by_point(other, axes)
    if selection:
        of_other = {point: row for point, row in of_other.items() if point in of_one}
    pairs = [_pair(dict(point), of_one[point], of_other[point]) for point in of_one if point in of_other]
    return Difference(
        settings=settings,
        only_first=[dict(point) for point in of_one if point not in of_other],
        only_second=[dict(point) for point in of_other if point not in of_one],
        pairs=pairs,
    )


Point = tuple[tuple[str, Any], ...]


def _by_point(trials: pd.DataFrame, axes: Sequence[str]) -> dict[Point, pd.Series]:
    """Trials by their values along axes; layers with their weights."""
    names = [one for name in axes for one in (name, weights_column(name)) if one in trials]
    columns = [[comparable(value) for value in trials[name]] for name in names]
    return {
        tuple((name, column[number]) for name, column in zip(names, columns, strict=True)): row
        for number, (_, row) in enumerate(trials.iterrows())
    }


def _pair(point: dict[str, Any], one: pd.Series, other: pd.Series) -> Pair:
    losses = {}
    for name in LOSSES:
        before, after = comparable(one.get(name)), comparable(other.get(name))
        if before and after is not None:
            losses[name] = after / before - 1
    both = {name: (comparable(one.get(name)), comparable(other.get(name))) for name in CIRCUMSTANCES}
    circumstances = {name: values for name, values in both.items() if values[0] != values[1]}
    pixels = comparable(one.get("pixels_sha256"))
    return Pair(
        point=point,
        first=one["trial_id"],
        second=other["trial_id"],
        same_pixels=pixels == comparable(other.get("pixels_sha256")),
        states=(one["status"], other["status"]),
        losses=losses,
        circumstances=circumstances,
    )
