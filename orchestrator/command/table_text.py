"""Prints a table as text, CSV or JSON, for `sweep table` and `sweep query`. They decide which rows are in it."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from orchestrator.command.messages import say
from orchestrator.errors import UsageError
from orchestrator.grid.values import unknown
from results.printable import printable

if TYPE_CHECKING:
    from rich.console import Console

MOST_COLUMNS = 20
"""Wider tables are printed as one block of lines per row."""

MOST_ROWS = 1_000
"""More are not printed as text: nobody reads them, and laying them out takes minutes."""

ROWS_AT_ONCE = 5_000
"""Rows that are turned into JSON together."""

_OUTCOME = ["status", "content_loss", "style_loss", "total_loss", "seconds", "image_path"]


def print_table(
    trials: pd.DataFrame, columns: str | None, sort: str | None, form: Literal["text", "json", "csv"]
) -> None:
    """Print a table of `results.load` to stdout. Raises UsageError for a column that is not there."""
    if sort:
        column = sort.removeprefix("-")
        _check(trials, column)
        trials = trials.sort_values(column, ascending=not sort.startswith("-"), kind="stable")
    if columns is None:
        names = _telling(trials) if form == "text" else list(trials.columns)
    else:
        names = list(trials.columns) if columns.strip() == "all" else [name.strip() for name in columns.split(",")]
    for name in names:
        _check(trials, name)
    if form == "json":
        for part in _json_parts(trials[names]):
            sys.stdout.write(part)
    elif form == "csv":
        shown = trials[names].map(lambda value: printable(value) if isinstance(value, str) else value)
        shown.rename(columns=printable).to_csv(sys.stdout, index=False)
    else:
        _print_text(trials[names].head(MOST_ROWS))
        if len(trials) > MOST_ROWS:
            say(
                f"these are the first {MOST_ROWS:,} of {len(trials):,} rows; --csv and --json have all; --where and "
                "--sort choose others"
            )


def _json_parts(trials: pd.DataFrame) -> Iterator[str]:
    """A list of JSON objects, one for each row, in parts: the text of a large table is never in memory as a whole."""
    if trials.empty:
        yield "[]\n"
        return
    columns = [trials.iloc[:, number] for number in range(len(trials.columns))]
    runs: list[str | list[pd.Series]] = []
    for same, group in itertools.groupby(columns, lambda column: not _codes(column).any()):
        neighbours = list(group)
        # What is the same in all rows, as most columns of a sweep are, is one piece of text.
        runs.append(_BETWEEN.join(_json_cells(one.iloc[:1])[0] for one in neighbours) if same else neighbours)
    between = "[\n"
    for start in range(0, len(trials), ROWS_AT_ONCE):
        count = len(trials.iloc[start : start + ROWS_AT_ONCE])
        cells: list[list[str]] = []
        for run in runs:
            if isinstance(run, str):
                cells.append([run] * count)
            else:
                cells += [_json_cells(column.iloc[start : start + ROWS_AT_ONCE]) for column in run]
        yield between + ",\n".join(f"{_BEFORE}{_BETWEEN.join(row)}{_AFTER}" for row in zip(*cells, strict=True))
        between = ",\n"
    yield "\n]\n"


_BEFORE, _BETWEEN, _AFTER = "  {\n    ", ",\n    ", "\n  }"
"""What stands around a row and between its cells."""


def _json_cells(column: pd.Series) -> list[str]:
    """A cell for each row of a column: its name and value in JSON. pandas is given each different value once."""
    codes = _codes(column)
    _, first = np.unique(codes, return_index=True)
    text = column.iloc[first].to_frame().to_json(orient="records", date_format="iso", indent=2).replace("\\/", "/")
    different = text[len(f"[\n{_BEFORE}") : -len(f"{_AFTER}\n]")].split(f"{_AFTER},\n{_BEFORE}")
    return different if len(different) == len(codes) else [different[code] for code in codes.tolist()]


def _codes(column: pd.Series) -> NDArray[np.integer[Any]]:
    """Numbers from 0 in the order of their first row. Rows with the same number have the same value."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "ifb":
        bits = column.to_numpy().view(np.uint8).reshape(len(column), -1)  # 0.0 and -0.0 are equal, but not their bits
        return np.zeros(len(column), int) if (bits == bits[0]).all() else np.arange(len(column))
    # Objects are compared by their identity: 1 and True are equal, and lists cannot be compared so fast.
    keys = np.fromiter(map(id, column), np.int64, len(column)) if column.dtype == object else column
    return pd.factorize(keys, use_na_sentinel=False)[0]


def _telling(trials: pd.DataFrame) -> list[str]:
    """The columns shown by default: the settings that differ between trials, and the outcome."""
    from results.table.axes import LABEL, setting_columns

    varying = [
        name
        for name in setting_columns(trials)
        if not name.endswith("_weights") and trials[name].nunique(dropna=False) > 1
    ]
    # Where the grid gives labels they tell more than the values.
    shown = [f"{name}{LABEL}" if f"{name}{LABEL}" in trials else name for name in varying]
    return ["trial_id", *shown, *_OUTCOME]


def _check(trials: pd.DataFrame, name: str) -> None:
    if name not in trials.columns:
        message = unknown("column", name, trials.columns)
        raise UsageError(f"{message}. `sweep table RUN --columns all` shows every column")


def _print_text(trials: pd.DataFrame) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    # A pipe has no width, and whole rows are more useful there than a narrow table.
    console = Console(width=None if sys.stdout.isatty() else 400)
    if len(trials.columns) > MOST_COLUMNS:
        _print_records(trials, console)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in trials.columns:
        table.add_column(escape(str(name)), justify="right" if trials[name].dtype.kind in "if" else "left")
    for row in trials.itertuples(index=False):
        table.add_row(*(escape(printable(_cell(value))) for value in row))
    console.print(table)


def _print_records(trials: pd.DataFrame, console: Console) -> None:
    """Print each row as a block of lines, one for each column."""
    from rich.text import Text

    width = max(len(printable(str(name))) for name in trials.columns)
    for number, row in enumerate(trials.itertuples(index=False)):
        if number:
            console.print()
        for name, value in zip(trials.columns, row, strict=True):
            console.print(Text(f"{printable(str(name)):{width}}  {printable(_cell(value))}"), soft_wrap=True)


def _cell(value: Any) -> str:
    if isinstance(value, tuple | list | np.ndarray):  # such as layers: a tuple in tables, an array in answers to SQL
        return " ".join(map(str, value))
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
