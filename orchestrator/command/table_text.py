"""`sweep table`: rows for the terminal, for spreadsheets and for other programs."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Literal

from orchestrator.errors import UsageError
from orchestrator.grid.values import unknown
from results.printable import printable

if TYPE_CHECKING:
    import pandas as pd

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
        print(json.dumps(json.loads(trials[names].to_json(orient="records", date_format="iso")), indent=2))
    elif form == "csv":
        trials[names].to_csv(sys.stdout, index=False)
    else:
        _print_text(trials[names])


def _telling(trials: pd.DataFrame) -> list[str]:
    """The columns that are shown if none are asked for: the settings that differ, and the outcome."""
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
        raise UsageError(unknown("column", name, trials.columns))


def _print_text(trials: pd.DataFrame) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in trials.columns:
        table.add_column(escape(str(name)), justify="right" if trials[name].dtype.kind in "if" else "left")
    for row in trials.itertuples(index=False):
        table.add_row(*(escape(printable(_cell(value))) for value in row))
    # A pipe has no width, and whole rows are more useful there than a narrow table.
    Console(width=None if sys.stdout.isatty() else 400).print(table)


def _cell(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    if value is None or value != value:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
