"""Which axes of a run can be judged, and which of its trials are compared along each of them.

Axes themselves are in `results.table.axes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from results.errors import RunError
from results.run.storage import Run
from results.table.axes import ORDER, Axis, axis_along, grid_axes
from stylize.settings.value_text import setting_name

GIVEN = frozenset({"content", "style", "frame"})
"""These axes are never judged: results are compared for the same content and style."""

Context = tuple[int, ...]
"""The positions along all other axes."""


@dataclass(frozen=True)
class JudgedAxis:
    """An axis, or several that move together, of one run. A position is the number of a value along it, from 0.

    labels, values: by position, in the grid's order; a value is that of the first setting, as in `results.load`
    positions: of each trial that stands for a single value. If the axis has no effect on a trial, it stands for several
    values; a vote on it says nothing about any of them, and it is left out
    contexts: the groups of trials that can be compared: for each point of the other axes, the trials along this axis
    """

    settings: tuple[str, ...]
    labels: tuple[str, ...]
    values: tuple[Any, ...]
    positions: dict[str, int]
    contexts: dict[Context, tuple[str, ...]]

    @property
    def name(self) -> str:
        return self.settings[0]

    @property
    def title(self) -> str:
        return ", ".join(setting_name(name) for name in self.settings)


def judged_axes(trials: pd.DataFrame) -> list[JudgedAxis]:
    """The axes of one run along which its trials differ, in the grid's order, without `GIVEN`.

    `trials` is a table of `results.load`, or a part of it. Raises RunError where the plan says nothing about an axis.
    """
    if trials.empty:
        return []
    location = trials["run"].iloc[0]
    groups = grid_axes(Run(location))
    for group in groups:
        if not {*group, f"{group[0]}{ORDER}"} <= set(trials.columns):
            raise RunError(f"plan.parquet in {location} lacks the axis {group[0]}; run the grid again")
    axes = [axis_along(trials, group) for group in groups]
    return [
        _judged(trials, axis, [other for other in axes if other is not axis])
        for axis in axes
        if len(axis) > 1 and not GIVEN & set(axis.settings)
    ]


def find_axis(trials: pd.DataFrame, name: str | None) -> JudgedAxis:
    """The axis that has a setting `name`. With None, the only axis.

    Raises RunError, which lists the axes, if there is no such axis, or several for None.
    """
    axes = judged_axes(trials)
    found = [axis for axis in axes if name is None or name in axis.settings]
    if len(found) == 1:
        return found[0]
    raise RunError(_advice(trials, axes, name))


def check_judged(trials: pd.DataFrame, axes: list[JudgedAxis]) -> None:
    """Raises RunError if there is no axis to judge."""
    if not axes:
        raise RunError(_advice(trials, axes, None))


def _advice(trials: pd.DataFrame, axes: list[JudgedAxis], name: str | None) -> str:
    where = trials["run"].iloc[0] if len(trials) else "this run"
    if not axes:
        return (
            f"{where} has no axis to judge: results are compared for the same content and style, so its trials have to "
            "differ in something else"
        )
    names = ", ".join(axis.name for axis in axes)
    if name is None:
        return f"several axes of {where} can be judged; choose one with --axis: {names}"
    return f"no axis {name!r} of {where} can be judged; there {'is' if len(axes) == 1 else 'are'} {names}"


def _judged(trials: pd.DataFrame, axis: Axis, others: Sequence[Axis]) -> JudgedAxis:
    stands_for: dict[str, set[int]] = {}
    for trial, code in zip(trials["trial_id"], axis.codes, strict=True):
        stands_for.setdefault(trial, set()).add(code)
    of_one = {trial: next(iter(found)) for trial, found in stands_for.items() if len(found) == 1}
    # Positions and not values tell contexts apart: values may repeat on axes that move together.
    contexts: Sequence[Context] = (
        list(zip(*(other.codes for other in others), strict=True)) if others else [()] * len(trials)
    )
    along: dict[Context, dict[str, None]] = {}
    for trial, context in zip(trials["trial_id"], contexts, strict=True):
        if trial in of_one:
            along.setdefault(context, {})[trial] = None
    return JudgedAxis(
        settings=axis.settings,
        labels=tuple(_label(axis, position) for position in range(len(axis))),
        values=tuple(trials[axis.name].iloc[row] for row in axis.first_rows),
        positions=of_one,
        contexts={context: tuple(found) for context, found in along.items() if len(found) > 1},
    )


def _label(axis: Axis, position: int) -> str:
    """The grid's label, or the value; for axes that move together all values, unless there is a label."""
    label, beside = axis.labels[position], axis.beside[position]
    if axis.given[position] is None:
        label = ", ".join([f"{axis.title} {label}", *beside]) if beside else label
        return label.replace("\n", " + ")
    return label
