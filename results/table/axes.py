"""The axes of a table of `results.load`: settings, their values in the grid's order, and the position of each trial.

Everything that shows trials along axes (sheets, films, gallery, figures, blind comparison, comparisons of runs) uses
this file. Single values are written in `stylize/settings/value_text.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from results.run.rows import outcome_schema
from results.run.storage import Run
from stylize.settings.value_text import setting_name, value_text, value_texts

PICTURES = ("content", "style")
"""The settings whose values are pictures."""

ORDER, LABEL = "_order", "_label"
"""Endings of the two columns that a plan has for an axis: the position of the value along it, and the grid's label."""


@dataclass(frozen=True)
class Axis:
    """A column of a table, or several settings that move together, and the values that it has there.

    settings: their names; the first one names the axis
    codes: for each row of the table the position of its value, from 0
    values: by position, the value of each of the settings, as in the table; layers are pairs of name and weight
    given: by position, the label that the grid gives to the value of the first setting, or None
    first_rows: by position, the number of the first row of the table that has the value
    """

    settings: tuple[str, ...]
    codes: tuple[int, ...]
    values: tuple[tuple[Any, ...], ...]
    given: tuple[str | None, ...]
    first_rows: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def name(self) -> str:
        return self.settings[0]

    @property
    def title(self) -> str:
        """The name of the axis as a figure would print it."""
        return setting_name(self.name)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """By position: the grid's label, else the value of the first setting in words; each layer has a line."""
        texts = value_texts(self.name, [value[0] for value in self.values])
        pairs = zip(self.given, texts, strict=True)
        return tuple(text if label is None else label for label, text in pairs)

    @cached_property
    def beside(self) -> tuple[tuple[str, ...], ...]:
        """By position: title and value of each other setting that moves along."""
        return tuple(
            tuple(f"{setting_name(name)} {value_text(name, one)}" for name, one in self._others(value))
            for value in self.values
        )

    def distinct_labels(self, separator: str = "\n") -> tuple[str, ...]:
        """By position: `labels`, and if some are the same also `beside`, which tells them apart."""
        if len(set(self.labels)) == len(self.labels):
            return self.labels
        pairs = zip(self.labels, self.beside, strict=True)
        return tuple(separator.join((label, *beside)) for label, beside in pairs)

    def _others(self, value: tuple[Any, ...]) -> Sequence[tuple[str, Any]]:
        return list(zip(self.settings, value, strict=True))[1:]


def setting_columns(trials: pd.DataFrame) -> list[str]:
    """The columns that are settings, in the table's order.

    `load` puts them before the outcomes, and the columns about axes (see `ORDER` and `LABEL`) are none.
    """
    names = [str(name) for name in trials.columns]
    outcome = set(outcome_schema().names) - {"trial_id"}
    outcomes = [at for at, name in enumerate(names) if name in outcome]
    before = names[: min(outcomes)] if outcomes else names
    return [name for name in before if name not in ("trial_id", "run") and not is_about_axis(name)]


def is_about_axis(column: str) -> bool:
    """Whether a column says where a trial is along an axis, and is neither setting nor outcome."""
    return column.endswith((ORDER, LABEL))


def axis_groups(trials: pd.DataFrame) -> list[tuple[str, ...]]:
    """The axes of the grids that the trials come from: each one a tuple of settings that move together.

    Of several runs, the run itself is the first axis. Raises RunError where a run cannot be read.
    """
    runs = list(trials["run"].unique())
    groups: list[tuple[str, ...]] = [("run",)] if len(runs) > 1 else []
    for run in runs:
        groups += grid_axes(Run(run))
    return [group for group in dict.fromkeys(groups) if group[0] in trials.columns]


def grid_axes(run: Run) -> list[tuple[str, ...]]:
    """The axes of a run's grid, in its order: each one a tuple of settings that move together. Raises RunError."""
    return [tuple(axis["settings"]) for axis in run.metadata()["grid"]["axes"]]


def axis_along(trials: pd.DataFrame, settings: Sequence[str], *, by_value: bool = False) -> Axis:
    """The axis of these settings, of which the first is a column of the table.

    Its values are in the grid's order; of tables without one, and of several runs, in the order of the table. Settings
    that move together may repeat values, as [own, warped, warped] beside [0, 0, 1]: the three are told apart, unless
    `by_value` asks for the values of the first setting alone.
    """
    here = tuple(name for name in settings if name in trials.columns)
    name, count = here[0], len(trials)
    columns = [comparable_values(trials, one) for one in here]
    order = trials.get(f"{name}{ORDER}") if trials["run"].nunique() <= 1 else None
    positions = [0] * count if order is None else [int(position) for position in order]
    keys: Sequence[Any] = columns[0] if order is None or by_value else positions
    first: dict[Any, int] = {}
    lowest: dict[Any, int] = {}
    for row, (key, position) in enumerate(zip(keys, positions, strict=True)):
        first.setdefault(key, row)
        lowest[key] = min(position, lowest.get(key, position))
    sorted_keys = sorted(first, key=lowest.__getitem__)  # keeps the order of the table where positions say nothing
    code = {key: at for at, key in enumerate(sorted_keys)}
    rows = tuple(first[key] for key in sorted_keys)
    labels = trials.get(f"{name}{LABEL}")
    given = [None if labels is None else labels.iloc[row] for row in rows]
    return Axis(
        settings=here,
        codes=tuple(code[key] for key in keys),
        values=tuple(tuple(column[row] for column in columns) for row in rows),
        given=tuple(label if isinstance(label, str) else None for label in given),
        first_rows=rows,
    )


def comparable(value: Any) -> Any:
    """A value of a table as one that can be compared and hashed: NaN is None, NumPy's numbers are Python's."""
    if isinstance(value, tuple):
        return tuple(comparable(one) for one in value)
    if value is None or value is pd.NA:
        return None
    value = value.item() if hasattr(value, "item") else value
    return None if value != value else value


def comparable_column(column: pd.Series) -> list[Any]:
    """`comparable` of each value of a column."""
    codes, different = coded_column(column)
    known = [*different, None]  # the code of what is missing is -1
    return [known[code] for code in codes.tolist()]


def coded_column(column: pd.Series) -> tuple[NDArray[np.intp], list[Any]]:
    """`comparable` of each value of a column, as a code for each row and the value of each code, in the order of their
    first rows; -1 for what is missing. Most columns have few different values.
    """
    try:
        codes, different = pd.factorize(column)
    except TypeError:  # lists and other values without a hash
        return np.arange(len(column)), [comparable(value) for value in column]
    return codes, [*map(comparable, different)]


def comparable_values(trials: pd.DataFrame, name: str) -> list[Any]:
    """A column's value for each trial, so that equal ones compare equal; layers come as pairs of name and weight."""
    values = comparable_column(trials[name])
    weights = trials.get(weights_column(name))
    if weights is None:
        return values
    pairs = zip(values, weights, strict=True)
    return [value and tuple(zip(value, comparable(weight), strict=True)) for value, weight in pairs]


def labels(trials: pd.DataFrame, axis: str) -> pd.Series:
    """The label of each trial along an axis, as an ordered categorical: groups and pivot tables of it are in the grid's
    order, as in `trials.groupby(results.labels(trials, "style_layers"), observed=True).total_loss.min()`.

    `trials` is a table of `results.load`, or a part of it. Raises KeyError for a column that is not there.
    """
    if axis not in trials.columns:
        raise KeyError(axis)
    along = axis_along(trials, [axis], by_value=True)
    texts = [label.replace("\n", " + ") for label in along.labels]
    categories = pd.CategoricalDtype(list(dict.fromkeys(texts)), ordered=True)
    return pd.Series([texts[code] for code in along.codes], index=trials.index, dtype=categories, name=axis)


def weights_column(name: str) -> str:
    """The column with the weights of a setting that is a list of layers; of other settings there is none."""
    return f"{name.removesuffix('s')}_weights" if name.endswith("_layers") else ""


def label_of(row: Mapping[str, Any] | pd.Series, name: str) -> str:
    """The name of a trial's value of a setting: the grid's label, or else the value in words."""
    label = row.get(f"{name}{LABEL}")
    return label if isinstance(label, str) else value_text(name, comparable(row[name]))
