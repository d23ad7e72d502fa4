"""Which axes of a run can be judged, and where along an axis each of its trials is."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from results.errors import RunError
from results.run.folder import Run
from results.table.labels import setting_name, value_text

GIVEN = frozenset({"content", "style", "frame"})
"""Results are compared for the same content and style: axes of these are never judged."""

Context = tuple[Hashable, ...]
"""The places along all other axes."""


@dataclass(frozen=True)
class Axis:
    """An axis, or several that move together, of one run. A place is the number of a value along it, from 0.

    `labels` and `values` are by place, in the grid's order; a value is that of the first setting, as in `results.load`.
    `places` has each trial that stands for one value. Where the axis has no effect one trial stands for several; it is
    no evidence about any of them, and is left out. `contexts` has what can be compared: for each point of the
    other axes the trials along this one.
    """

    settings: tuple[str, ...]
    labels: dict[int, str]
    values: dict[int, Any]
    places: dict[str, int]
    contexts: dict[Context, tuple[str, ...]]

    @property
    def name(self) -> str:
        return self.settings[0]

    @property
    def title(self) -> str:
        return ", ".join(setting_name(name) for name in self.settings)


def judged_axes(trials: pd.DataFrame) -> list[Axis]:
    """The axes of one run along which its trials differ, in the grid's order, without `GIVEN`.

    `trials` is a table of `results.load`, or a part of it. Raises RunError where the plan lacks the places of an axis.
    """
    if trials.empty:
        return []
    location = trials["run"].iloc[0]
    groups = [tuple(axis["settings"]) for axis in Run(location).metadata()["grid"]["axes"]]
    for group in groups:
        if not {*group, f"{group[0]}_order"} <= set(trials.columns):
            raise RunError(f"plan.parquet in {location} lacks the axis {group[0]}; run the grid again")
    axes = [_axis(trials, group, [other for other in groups if other != group]) for group in groups]
    return [axis for axis in axes if len(axis.labels) > 1 and not GIVEN & set(axis.settings)]


def find_axis(trials: pd.DataFrame, name: str | None) -> Axis:
    """The axis that has a setting `name`; None is the only one there is.

    Raises RunError, which says what there is, where none or several are meant.
    """
    axes = judged_axes(trials)
    found = [axis for axis in axes if name is None or name in axis.settings]
    if len(found) == 1:
        return found[0]
    raise RunError(_advice(trials, axes, name))


def check_judged(trials: pd.DataFrame, axes: list[Axis]) -> None:
    """Raises RunError where there is no axis to judge."""
    if not axes:
        raise RunError(_advice(trials, axes, None))


def _advice(trials: pd.DataFrame, axes: list[Axis], name: str | None) -> str:
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


def _axis(trials: pd.DataFrame, group: tuple[str, ...], others: list[tuple[str, ...]]) -> Axis:
    places = [int(place) for place in trials[f"{group[0]}_order"]]
    # Places and not values tell contexts apart: NaN is unequal to itself, and values may stand several times on axes
    # that move together.
    contexts = list(zip(*(trials[f"{other[0]}_order"].tolist() for other in others), strict=True)) if others else None
    stands_for: dict[str, set[int]] = {}
    first: dict[int, int] = {}
    for row, (trial, place) in enumerate(zip(trials["trial_id"], places, strict=True)):
        stands_for.setdefault(trial, set()).add(place)
        first.setdefault(place, row)
    of_one = {trial: next(iter(found)) for trial, found in stands_for.items() if len(found) == 1}
    along: dict[Context, dict[str, None]] = {}
    for row, trial in enumerate(trials["trial_id"]):
        if trial in of_one:
            along.setdefault(contexts[row] if contexts else (), {})[trial] = None
    return Axis(
        settings=group,
        labels={place: _label(trials.iloc[first[place]], group) for place in sorted(first)},
        values={place: trials[group[0]].iloc[first[place]] for place in sorted(first)},
        places=of_one,
        contexts={context: tuple(found) for context, found in along.items() if len(found) > 1},
    )


def _label(row: pd.Series, group: tuple[str, ...]) -> str:
    """The grid's label, or the value; of axes that move together the others' values, too, unless there is a label."""
    given = row.get(f"{group[0]}_label")
    if isinstance(given, str):
        return given
    texts = [value_text(name, row[name]).replace("\n", " + ") for name in group]
    if len(group) == 1:
        return texts[0]
    return ", ".join(f"{setting_name(name)} {text}" for name, text in zip(group, texts, strict=True))
