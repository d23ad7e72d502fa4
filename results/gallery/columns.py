"""Turns a table of trials into the data of the page: axes with named values, and columns in a compact form."""

from __future__ import annotations

import json
import math
import numbers
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from results import marks
from results.gallery.script import rounded
from results.printable import printable
from results.run.storage import Run
from results.table.axes import (
    ORDER,
    PICTURES,
    Axis,
    axis_along,
    axis_groups,
    coded_column,
    comparable,
    is_about_axis,
    setting_columns,
)
from results.table.bins import bounds, drawn_axis, drawn_settings, is_binned
from stylize import registry
from stylize.settings import ABOUT, DEFAULTS
from stylize.settings.value_text import setting_name, value_text

_PLAIN_TEXT = re.compile(r"[\w .,:/+-]*")
_NOT_SHOWN = {"trial_id", "run", "image_path", *marks.COLUMNS}  # the page reads marks separately, because they change


def axes(trials: pd.DataFrame, bases: Mapping[str, str], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The axes along which the trials differ, one for each group of settings that move together, named by its first.

    Each has `values` in the grid's order, with a `key` that is unique on the axis, and `codes`: the position of each
    trial along it. Each setting that was drawn from a distribution is an axis of its own, with `drawn`; its numbers are
    put into bins. `bases` and `names` have the address of each run for the page, and its name.
    """
    drawn = drawn_settings(trials)
    found: list[dict[str, Any]] = []
    for group in axis_groups(trials):
        of_draw = [name for name in group if name in drawn]
        for axis in [drawn_axis(trials, name) for name in of_draw] or [axis_along(trials, group)]:
            if len(axis) > 1 and axis.name == "run":
                found.append(_run_axis(trials, axis, names))
            elif len(axis) > 1:
                found.append(_axis(trials, axis, bases) | ({"drawn": True} if of_draw else {}))
    return found


def _run_axis(trials: pd.DataFrame, axis: Axis, names: Mapping[str, str]) -> dict[str, Any]:
    """The axis of several runs; each value says in which settings its run differs from the others."""
    values = []
    for (location,), number in zip(axis.values, axis.first_rows, strict=True):
        row = trials.iloc[number]
        differs = [f"{setting_name(name)} {one_line(name, row[name])}" for name in _between_runs(trials)]
        value = {"key": names[location], "label": names[location], "query": value_query("run", row)}
        values.append(value | ({"also": printable(", ".join(differs))} if differs else {}))
    return {"name": "run", "title": "run", "values": values, "codes": list(axis.codes)}


def _between_runs(trials: pd.DataFrame) -> list[str]:
    """The settings that have a single value in each run, but not the same one in all runs."""
    within = {
        name: [{comparable(value) for value in table[name]} for _, table in trials.groupby("run", sort=False)]
        for name in setting_columns(trials)
    }
    return [name for name, runs in within.items() if all(len(one) == 1 for one in runs) and len(set.union(*runs)) > 1]


def _axis(trials: pd.DataFrame, axis: Axis, bases: Mapping[str, str]) -> dict[str, Any]:
    values = []
    keys = _unique(printable(label.replace("\n", " + ")) for label in axis.distinct_labels(", "))
    rows = _first_rows(trials, axis.name, axis.first_rows)
    for key, label, beside, row in zip(keys, axis.labels, axis.beside, rows, strict=True):
        value = {"key": key, "label": printable(label), "query": value_query(axis.name, row)}
        if beside:
            value["also"] = printable(", ".join(one.replace("\n", " + ") for one in beside))
        if axis.name in PICTURES and isinstance(sha256 := row.get(f"{axis.name}_sha256"), str):
            value["picture"] = f"{bases[row['run']]}{Run.reference_path(sha256)}"
        values.append(value)
    if is_binned(axis):
        for value, (low, high) in zip(values, bounds(trials, axis), strict=True):
            value["query"] = f"{low!r} <= {axis.name} <= {high!r}"
    return {"name": axis.name, "title": axis.title, "values": values, "codes": list(axis.codes)}


def _first_rows(trials: pd.DataFrame, name: str, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """These rows of the table, with what is to be known of one of its axes or settings."""
    wanted = [one for one in (name, f"{name}{ORDER}", f"{name}_sha256", "run") if one in trials]
    rows = trials[wanted].iloc[list(numbers)].itertuples(index=False, name=None)
    return [dict(zip(wanted, row, strict=True)) for row in rows]


def value_query(name: str, row: Mapping[str, Any] | pd.Series) -> str:
    """A condition for `DataFrame.query` that is true for trials with this row's value on the axis; "" if none can be
    written."""
    value = row[name]
    if isinstance(value, str) and _PLAIN_TEXT.fullmatch(value):
        return f"{name} == {json.dumps(value, ensure_ascii=False)}"
    if isinstance(value, numbers.Real) and math.isfinite(value):
        return f"{name} == {value!s}"
    # The position along the axis is used for layers, infinities, and texts that a shell would have to quote.
    return f"{name}{ORDER} == {row[f'{name}{ORDER}']}" if f"{name}{ORDER}" in row else ""


def columns(trials: pd.DataFrame) -> list[dict[str, Any]]:
    """All columns that people may see, filter or sort by, in the table's order. Columns without any value are left out.

    A column has `constant` if all trials have the same text; or `numbers`, with None for missing ones; or `words` and
    the `codes` of trials, which are indices into them, -1 for none. A constant setting has `unused` if it has no effect
    here, and `usual` if it has its default and sheets mention only other values of it.
    """
    measured = {*registry.loss_columns(), *registry.metric_columns()}
    of_layers = tuple(name.removesuffix("by_layer") for name in registry.by_layer_columns())
    settings = set(setting_columns(trials))
    combinations = _Combinations(trials)
    found = []
    for name in trials.columns:
        if name in _NOT_SHOWN or name.endswith("_sha256") or is_about_axis(name):
            continue
        setting = name in settings
        group = "setting" if setting else "loss" if name in measured or name.startswith(of_layers) else "other"
        if encoded := _encoded(trials[name], name, setting):
            found.append({"name": name, "title": setting_name(name), "group": group} | encoded)
            if setting and "constant" in encoded and not _has_effect(combinations, name):
                found[-1]["unused"] = True
            elif setting and "constant" in encoded and _is_usual(trials, name):
                found[-1]["usual"] = True
            if setting and "words" in encoded:
                codes, first = np.unique(encoded["codes"], return_index=True)
                rows = _first_rows(trials, name, first[codes >= 0].tolist())
                found[-1]["queries"] = [value_query(name, row) for row in rows]
    return found


class _Combinations:
    """The different combinations of values that the trials have in some settings. Most settings depend on the same few
    others.
    """

    def __init__(self, trials: pd.DataFrame) -> None:
        self._trials = trials
        self._found: dict[tuple[str, ...], list[dict[str, Any]]] = {}

    def of(self, names: Iterable[str]) -> list[dict[str, Any]]:
        """Those of the settings that are columns; one without values if none is."""
        known = tuple(name for name in sorted(names) if name in self._trials)
        if known not in self._found:
            different = self._trials[[*known]].drop_duplicates().itertuples(index=False, name=None) if known else [()]
            self._found[known] = [dict(zip(known, one, strict=True)) for one in different]
        return self._found[known]


_WEIGHED = {about.weights.column: setting for setting, about in ABOUT.items() if about.weights}
"""The settings whose weights have a column of their own, by that column."""


def _has_effect(combinations: _Combinations, name: str) -> bool:
    """Whether a setting may have an effect on one of the trials. The page's details leave other settings out."""
    about = ABOUT.get(_WEIGHED.get(name, name))
    if about is None or not about.effect.names():
        return True
    return any(about.effect.holds(facts) is not False for facts in combinations.of(about.effect.names()))


def _is_usual(trials: pd.DataFrame, name: str) -> bool:
    about = ABOUT.get(name)
    return about is not None and about.mentioned == "unless default" and bool(trials[name].iloc[0] == DEFAULTS[name])


def _encoded(given: pd.Series, name: str, setting: bool) -> dict[str, Any]:
    codes, different = coded_column(given)
    code: dict[Any, int] = {}
    place = [-1 if value is None or value == () else code.setdefault(value, len(code)) for value in different]
    codes = np.array([*place, -1])[codes]
    if not code:
        return {}
    if len(code) == 1 and codes.min() == 0:
        return {"constant": one_line(name, next(iter(code)))}
    if pd.api.types.is_numeric_dtype(given) and not pd.api.types.is_bool_dtype(given):
        if not setting and not pd.api.types.is_integer_dtype(given):
            return {"numbers": rounded(given.to_numpy(np.float64, na_value=np.nan), digits=7)}
        exact = [*map(_python_number, code), None]
        return {"numbers": [exact[one] for one in codes.tolist()]}
    return {"words": _unique(one_line(name, value) for value in code), "codes": codes.tolist()}


def _python_number(value: Any) -> int | float:
    """A number as Python's own type, because JSON does not know NumPy's. Whole numbers become integers."""
    return int(value) if math.isfinite(value) and float(value).is_integer() else float(value)


def one_line(name: str, value: Any) -> str:
    """A value in words on one line."""
    if isinstance(value, pd.Timestamp):
        return value.isoformat(sep=" ", timespec="seconds")
    return printable(value_text(name, value).replace("\n", " + "))


def _unique(texts: Iterable[str]) -> list[str]:
    """Makes equal texts different by adding numbers: 0.1, 0.1 (2)."""
    seen: set[str] = set()
    unique: list[str] = []
    for text in texts:
        number, new = 1, text
        while new in seen:
            number += 1
            new = f"{text} ({number})"
        seen.add(new)
        unique.append(new)
    return unique


def first_view(names: Sequence[str], sheet: Mapping[str, Sequence[str]] | None) -> dict[str, str | None]:
    """Which axes are rows, columns, super-rows and super-columns when the page opens: those of the grid's sheet;
    without one, the last two axes, and a third as super-rows. If nothing else is there, the runs are the super-rows.

    All other axes are sliders.
    """
    rows = [name for name in (sheet or {}).get("rows", ()) if name in names]
    across = [name for name in (sheet or {}).get("columns", ()) if name in names]
    if not rows and not across:
        rows, across = list(names[-3:-1]), list(names[-1:])
    if "run" in names and len(rows) == 1 and "run" not in rows + across:
        rows = ["run", *rows]
    return {
        "super-rows": rows[-2] if len(rows) > 1 else None,
        "rows": rows[-1] if rows else None,
        "super-columns": across[-2] if len(across) > 1 else None,
        "columns": across[-1] if across else None,
    }
