"""Which trial goes into which cell of a comparison sheet."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from results.errors import SheetError
from results.run.folder import Run
from results.run.rows import outcome_schema, read_plan
from results.table.labels import setting_name, value_text

Key = tuple[Any, ...]
"""The values of a line's axes, outermost first."""


@dataclass(frozen=True)
class Axis:
    """A setting along the rows or the columns, with its values in the grid's order and their labels."""

    setting: str
    labels: dict[Any, str]

    @property
    def title(self) -> str:
        return setting_name(self.setting)


@dataclass(frozen=True)
class Layout:
    """Rows and columns, outermost axis first, and the place of each trial in the table it was made from.

    A cell that is not in `cells` is no point of the grid. `fixed` has the settings that all trials share.
    """

    row_axes: tuple[Axis, ...]
    column_axes: tuple[Axis, ...]
    rows: list[Key]
    columns: list[Key]
    cells: dict[tuple[Key, Key], int]
    fixed: dict[str, Any]


def arrange(trials: pd.DataFrame, rows: Sequence[str] | None, columns: Sequence[str] | None) -> Layout:
    """Lay out a table of `results.load`. None lets the grid's own `sheet` entry decide, or its axes.

    Axes along which the trials differ and which are neither rows nor columns become outer rows. Raises SheetError for
    an empty table, an unknown column, or trials that would share a cell.
    """
    if trials.empty:
        raise SheetError("there is no trial to draw")
    settings = _settings(trials)
    groups = _axis_groups(trials)
    if rows is None and columns is None:
        rows, columns = _default(trials, groups)
    rows, columns = list(rows or ()), list(columns or ())
    for name in [*rows, *columns]:
        if name not in trials.columns:
            raise SheetError(f"there is no column {name!r}; there are {', '.join(settings)}")
        if (rows + columns).count(name) > 1:
            raise SheetError(f"{name} is given twice")
    outer: list[str] = []
    for group in groups:
        placed = [*outer, *rows, *columns]
        name = group[0]
        if name in trials.columns and not set(group) & set(placed) and not _determined(trials, name, placed):
            outer.append(name)
    rows = outer + rows

    trials = _told_apart(trials, groups, rows + columns)
    row_keys, column_keys = _keys(trials, rows), _keys(trials, columns)
    cells: dict[tuple[Key, Key], int] = {}
    for place, cell in enumerate(zip(row_keys, column_keys, strict=True)):
        if cell in cells:
            raise SheetError(_clash(trials, cells[cell], place, settings, rows + columns))
        cells[cell] = place
    row_axes, column_axes = _axes(trials, rows), _axes(trials, columns)
    fixed = {name: trials[name].iloc[0] for name in settings if len(set(_values(trials, name))) == 1}
    return Layout(row_axes, column_axes, _lines(row_keys, row_axes), _lines(column_keys, column_axes), cells, fixed)


def in_pages(layout: Layout, most_rows: int | None) -> list[Layout]:
    """The layout in parts of at most so many rows; rows of one group stay together where they fit on one page."""
    if most_rows is None or len(layout.rows) <= most_rows:
        return [layout]
    groups = [list(rows) for _, rows in itertools.groupby(layout.rows, key=lambda key: key[:-1])]
    pages: list[list[Key]] = [[]]
    for group in groups:
        if pages[-1] and len(pages[-1]) + len(group) > most_rows:
            pages.append([])
        for row in group:
            if len(pages[-1]) == most_rows:
                pages.append([])
            pages[-1].append(row)
    return [replace(layout, rows=rows) for rows in pages]


def _settings(trials: pd.DataFrame) -> list[str]:
    """The columns that are settings: those of the plans that are neither an outcome nor about an axis."""
    names = ["run"] if trials["run"].nunique() > 1 else []
    for run in trials["run"].unique():
        names += [name for name in read_plan(Run(run)).column_names if not name.endswith(("_label", "_order"))]
    return [name for name in dict.fromkeys(names) if name not in outcome_schema().names and name in trials.columns]


def _axis_groups(trials: pd.DataFrame) -> list[list[str]]:
    """The axes of the grids that the trials come from, axes that move together in one group."""
    groups = [["run"]] if trials["run"].nunique() > 1 else []
    for run in trials["run"].unique():
        for axis in Run(run).metadata()["grid"]["axes"]:
            if axis["settings"] not in groups:
                groups.append(axis["settings"])
    return groups


@dataclass(frozen=True)
class _Repeated:
    """A value that an axis has several times, told apart by its place."""

    value: Any
    place: int


def _told_apart(trials: pd.DataFrame, groups: Sequence[Sequence[str]], placed: Sequence[str]) -> pd.DataFrame:
    """Axes that move together may repeat values, as [own, warped, warped] beside [0, 0, 1]. Where only one of them is
    placed, it stands for them all: its values get their places, and what the others say beside their labels.
    """
    for group in groups:
        names = [name for name in group if name in placed and f"{name}_order" in trials]
        if len(group) < 2 or len(names) != 1 or trials["run"].nunique() > 1:
            continue
        [name] = names
        orders = [int(order) for order in trials[f"{name}_order"]]
        values = _values(trials, name)
        if len(set(orders)) == len(set(values)):
            continue
        given = trials.get(f"{name}_label", [None] * len(trials))
        others = {other: _values(trials, other) for other in group if other != name and other in trials}
        labels = []
        for place, (value, label) in enumerate(zip(values, given, strict=True)):
            beside = (f"{setting_name(other)} {value_text(other, theirs[place])}" for other, theirs in others.items())
            labels.append(label if isinstance(label, str) else "\n".join([value_text(name, value), *beside]))
        apart = [_Repeated(value, order) for value, order in zip(values, orders, strict=True)]
        trials = trials.copy(deep=False)
        trials[name] = pd.Series(apart, index=trials.index, dtype=object)
        trials[f"{name}_label"] = labels
    return trials


def _default(trials: pd.DataFrame, groups: list[list[str]]) -> tuple[list[str], list[str]]:
    sheet = Run(trials["run"].iloc[0]).metadata()["grid"]["sheet"]
    if sheet:
        return sheet["rows"], sheet["columns"]
    names = [group[0] for group in groups if group[0] in trials.columns]
    if len(names) < 4:
        return names[:-1], names[-1:]
    return names[:-2], names[-2:]


def _comparable(value: Any) -> Any:
    """NaN equals itself here."""
    return None if value is None or value != value else value


def _values(trials: pd.DataFrame, name: str) -> list[Any]:
    """A setting's value for each trial, so that equal ones compare equal; layers come with their weights."""
    values = [_comparable(value) for value in trials[name]]
    weights = trials.get(f"{name[:-1]}_weights") if name.endswith("_layers") else None
    if weights is None:
        return values
    return [value and tuple(zip(value, weight, strict=True)) for value, weight in zip(values, weights, strict=True)]


def _keys(trials: pd.DataFrame, names: Sequence[str]) -> list[Key]:
    if not names:
        return [()] * len(trials)
    return list(zip(*(_values(trials, name) for name in names), strict=True))


def _determined(trials: pd.DataFrame, name: str, placed: Sequence[str]) -> bool:
    """Whether `name` has one value in each cell already."""
    values: dict[Key, Any] = {}
    pairs = zip(_keys(trials, placed), _values(trials, name), strict=True)
    return all(values.setdefault(key, value) == value for key, value in pairs)


def _axes(trials: pd.DataFrame, names: Sequence[str]) -> tuple[Axis, ...]:
    """Axes with their values in the order that the grid names them; of several runs, in that of the table."""
    axes = []
    for name in names:
        values = _values(trials, name)
        given = trials.get(f"{name}_label", [None] * len(trials))
        labels: dict[Any, str] = {}
        for value, label in zip(values, given, strict=True):
            if value not in labels:
                labels[value] = label if isinstance(label, str) else value_text(name, value)
        if f"{name}_order" in trials and trials["run"].nunique() == 1:
            order = dict(zip(values, trials[f"{name}_order"], strict=True))
            labels = {value: labels[value] for value in sorted(labels, key=lambda value: order[value])}
        axes.append(Axis(name, labels))
    return tuple(axes)


def _lines(keys: list[Key], axes: tuple[Axis, ...]) -> list[Key]:
    """All combinations of the axes' values in the grid's order, without those where no trial is."""
    here = set(keys)
    return [key for key in itertools.product(*(axis.labels for axis in axes)) if key in here]


def _clash(trials: pd.DataFrame, first: int, second: int, settings: Sequence[str], placed: Sequence[str]) -> str:
    one, other = trials.iloc[first], trials.iloc[second]
    differing = [name for name in settings if _comparable(one[name]) != _comparable(other[name])]
    where = ", ".join(f"{name} {value_text(name, one[name])}".replace("\n", "+") for name in placed) or "the only one"
    advice = f"they differ in {', '.join(differing)}: name it in rows or columns" if differing else "filter the table"
    return f"trials {one['trial_id']} and {other['trial_id']} would share the cell ({where}); {advice}"
