"""Prints a table as text, CSV or JSON, for `sweep table` and `sweep query`. They decide which rows are in it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

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
    between = "[\n"
    for start in range(0, len(trials), ROWS_AT_ONCE):
        part = trials.iloc[start : start + ROWS_AT_ONCE]
        text = part.to_json(orient="records", date_format="iso", indent=2)
        yield between + text[1:-1].strip("\n").replace("\\/", "/")  # pandas writes \/ for each /
        between = ",\n"
    yield "\n]\n" if len(trials) else "[]\n"


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
