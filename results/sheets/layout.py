"""Decides which trial goes into which cell of a comparison sheet. Pixels are the subject of `sizes` and `place`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from results.errors import SheetError
from results.run.storage import Run
from results.suggestion import suggestion
from results.table.axes import Axis, axis_along, axis_groups, comparable, comparable_values, setting_columns
from results.table.bins import drawn_axis, drawn_settings
from stylize.settings.value_text import value_text

Key = tuple[int, ...]
"""A row or column of the sheet: its position along each of its axes, outermost first."""

LONG_ROW = 9
"""Columns from which on a row may be wrapped."""

WIDEST_STRIP, GOOD_SHAPE = 4.0, 1.6
"""Width divided by height: of images that are wrapped if they would be wider, and of what is then aimed at."""


@dataclass(frozen=True)
class Layout:
    """Rows and columns, outermost axis first; and by row and column the number of the trial's row in the table.

    A cell that is not in `cells` is no point of the grid. `fixed` has the settings that all trials share. `bands`: the
    columns in parts that stand one below the other, each with all rows. `ragged`: drawn trials of one row and column
    stand beside or below each other, and empty cells mean nothing.
    """

    row_axes: tuple[Axis, ...]
    column_axes: tuple[Axis, ...]
    rows: list[Key]
    columns: list[Key]
    cells: dict[tuple[Key, Key], int]
    fixed: dict[str, Any]
    bands: tuple[tuple[Key, ...], ...] = ()
    ragged: bool = False

    @property
    def column_bands(self) -> tuple[tuple[Key, ...], ...]:
        """The columns in their bands, usually one."""
        return self.bands or (tuple(self.columns),)


def arrange(trials: pd.DataFrame, rows: Sequence[str] | None, columns: Sequence[str] | None) -> Layout:
    """Lay out a table of `results.load`. None lets the grid's own `sheet` entry decide, or its axes.

    Axes along which the trials differ and which are neither rows nor columns become outer rows. Axes that were drawn
    from distributions are put into bins, and trials of one bin have a row or column each. Raises SheetError for an
    empty table, an unknown column, or trials that would share a cell.
    """
    if trials.empty:
        raise SheetError("there is no trial to draw")
    groups, drawn = axis_groups(trials), drawn_settings(trials)
    if rows is None and columns is None:
        rows, columns = _default(trials, groups)
    rows, columns = list(rows or ()), list(columns or ())
    for name in [*rows, *columns]:
        if name not in trials.columns:
            raise SheetError(f"there is no column {name!r}; {suggestion(name, setting_columns(trials))}")
        if (rows + columns).count(name) > 1:
            raise SheetError(f"{name} is given twice")
    rows = _left_over(trials, [group for group in groups if not drawn & set(group)], rows + columns) + rows
    axes = {
        name: drawn_axis(trials, name) if name in drawn else _axis(trials, groups, name, rows + columns)
        for name in rows + columns
    }
    row_axes, column_axes = (tuple(axes[name] for name in names) for names in (rows, columns))
    row_keys, column_keys = _keys(row_axes, len(trials)), _keys(column_axes, len(trials))
    one_by_one = _one_by_one(trials, list(zip(row_keys, column_keys, strict=True)), rows + columns) if drawn else None
    if one_by_one and rows and not columns:
        column_axes, column_keys = (one_by_one,), _keys((one_by_one,), len(trials))
    elif one_by_one:
        row_axes = (*row_axes, one_by_one)
        row_keys = _keys(row_axes, len(trials))
    cells: dict[tuple[Key, Key], int] = {}
    for number, cell in enumerate(zip(row_keys, column_keys, strict=True)):
        if cell in cells:
            raise SheetError(_clash(trials, cells[cell], number, rows + columns))
        cells[cell] = number
    different = sorted(set(row_keys)), sorted(set(column_keys))
    return Layout(row_axes, column_axes, *different, cells, _fixed(trials), ragged=one_by_one is not None)


def wrapped(layout: Layout, aspect: float) -> Layout:
    """The layout with its columns in several bands, if there are many of one axis and few rows.

    Thirty seeds side by side would be a strip that is hard to view. `aspect`: width of a cell divided by its height.
    """
    count, rows = len(layout.columns), len(layout.rows)
    if len(layout.column_axes) != 1 or count < LONG_ROW or count * aspect < WIDEST_STRIP * rows:
        return layout
    wished = max(4, round(math.sqrt(GOOD_SHAPE * count * rows / aspect)))
    each = math.ceil(count / math.ceil(count / wished))
    return replace(layout, bands=tuple(tuple(layout.columns[at : at + each]) for at in range(0, count, each)))


def in_pages(layout: Layout, most_rows: int | None) -> list[Layout]:
    """The layout in parts of at most this many rows. Rows of a group stay together if they fit on one page."""
    bands = layout.column_bands
    if most_rows is None or len(layout.rows) * len(bands) <= most_rows:
        return [layout]
    if len(bands) > 1 and len(layout.rows) <= most_rows:
        each = most_rows // len(layout.rows)
        return [replace(layout, bands=bands[at : at + each]) for at in range(0, len(bands), each)]
    groups = [list(rows) for _, rows in itertools.groupby(layout.rows, key=lambda key: key[:-1])]
    pages: list[list[Key]] = [[]]
    for group in groups:
        if pages[-1] and len(pages[-1]) + len(group) > most_rows:
            pages.append([])
        for row in group:
            if len(pages[-1]) == most_rows:
                pages.append([])
            pages[-1].append(row)
    return [replace(layout, rows=rows, bands=()) for rows in pages]


def _default(trials: pd.DataFrame, groups: Sequence[Sequence[str]]) -> tuple[list[str], list[str]]:
    """Rows and columns where nobody names any: the grid's `sheet` entry, else the last axes as columns."""
    sheet = Run(trials["run"].iloc[0]).metadata()["grid"]["sheet"]
    if sheet:
        return sheet["rows"], sheet["columns"]
    names = [group[0] for group in groups]
    return (names[:-1], names[-1:]) if len(names) < 4 else (names[:-2], names[-2:])


def _left_over(trials: pd.DataFrame, groups: Sequence[Sequence[str]], placed: Sequence[str]) -> list[str]:
    """Axes that are neither rows nor columns, and along which trials of one cell differ."""
    found: list[str] = []
    for group in groups:
        names = [*found, *placed]
        if not set(group) & set(names) and not _is_determined(trials, group[0], names):
            found.append(group[0])
    return found


def _is_determined(trials: pd.DataFrame, name: str, placed: Sequence[str]) -> bool:
    """Whether `name` has one value in each cell already."""
    keys = zip(*(comparable_values(trials, one) for one in placed), strict=True) if placed else [()] * len(trials)
    found: dict[tuple[Any, ...], Any] = {}
    pairs = zip(keys, comparable_values(trials, name), strict=True)
    return all(found.setdefault(key, value) == value for key, value in pairs)


def _axis(trials: pd.DataFrame, groups: Sequence[Sequence[str]], name: str, placed: Sequence[str]) -> Axis:
    """The axis of a setting. Of settings that move together the only one that is placed stands for them all."""
    group = next((group for group in groups if name in group), (name,))
    others = [one for one in group if one != name]
    if set(others) & set(placed):
        return axis_along(trials, [name], by_value=True)
    return axis_along(trials, [name, *others])


def _one_by_one(trials: pd.DataFrame, places: Sequence[tuple[Key, Key]], by: Sequence[str]) -> Axis | None:
    """An axis without words along which trials of one place stand one after the other, by their values of the settings
    that have rows and columns; None where no place has two.
    """
    values = list(zip(*(comparable_values(trials, name) for name in by), strict=True)) if by else [()] * len(trials)
    numbers = {}
    taken: dict[tuple[Key, Key], int] = {}
    for row in sorted(range(len(trials)), key=lambda row: (places[row], _in_order(values[row]), row)):
        numbers[row] = taken[places[row]] = taken.get(places[row], -1) + 1
    count = 1 + max(taken.values())
    if count == 1:
        return None
    codes = tuple(numbers[row] for row in range(len(trials)))
    first = tuple(codes.index(number) for number in range(count))
    return Axis(("",), codes, tuple((number,) for number in range(count)), ("",) * count, first)


def _in_order(values: tuple[Any, ...]) -> list[tuple[bool, float]]:
    """Values by which rows can be sorted: numbers by size; all others are equal."""
    return [
        (True, float(value)) if isinstance(value, int | float) and not isinstance(value, bool) else (False, 0.0)
        for value in values
    ]


def _keys(axes: Sequence[Axis], count: int) -> list[Key]:
    """The row or column of each of `count` trials."""
    return list(zip(*(axis.codes for axis in axes), strict=True)) if axes else [()] * count


def _fixed(trials: pd.DataFrame) -> dict[str, Any]:
    """The settings that all trials share."""
    return {
        name: comparable(trials[name].iloc[0])
        for name in setting_columns(trials)
        if len(set(comparable_values(trials, name))) == 1
    }


def _clash(trials: pd.DataFrame, first: int, second: int, placed: Sequence[str]) -> str:
    values = {name: comparable_values(trials, name) for name in setting_columns(trials)}
    differing = [name for name, column in values.items() if column[first] != column[second]]
    one, other = trials.iloc[first], trials.iloc[second]
    texts = (f"{name} {value_text(name, comparable(one[name]))}".replace("\n", "+") for name in placed)
    where = ", ".join(texts) or "the only one"
    advice = f"they differ in {', '.join(differing)}: name it in rows or columns" if differing else "filter the table"
    return f"trials {one['trial_id']} and {other['trial_id']} would share the cell ({where}); {advice}"
