"""The command `sweep table`: options. Rows are read in `results/table/load.py` and printed in `table_text.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.command.messages import messages, run_path
from orchestrator.command.options import AsCsv, AsJson, RunsArgument, takes_selection

if TYPE_CHECKING:
    from results.table.selection import Selection


@takes_selection
def table(
    run: RunsArgument,
    selection: Selection,
    columns: Annotated[str | None, typer.Option(help="Columns, separated by commas; `all` for all.")] = None,
    sort: Annotated[str | None, typer.Option(help="Column to sort by; -column sorts downwards.")] = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show a run's table: one row per trial."""
    from orchestrator.command.table_text import print_table

    with messages():
        import results

        trials = selection.of(results.load(run_path(run)))
        print_table(trials, columns, sort, "json" if as_json else "csv" if as_csv else "text")
