"""The command `sweep query`: options and printed lines. SQL is run in `results/table/sql.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.command.messages import messages, run_path
from orchestrator.command.options import AsCsv, AsJson, RunsArgument


def query(
    run: RunsArgument,
    sql: Annotated[str, typer.Argument(help="A query over the tables `trials` and `curves`.", show_default=False)],
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Ask the tables of one or several runs in SQL (DuckDB's).

    sweep query figure5 "select ratio, avg(style_loss) from trials group by ratio order by ratio"
    """
    from orchestrator.command.table_text import print_table

    with messages():
        from results.table.sql import query as ask

        print_table(ask(run_path(run), sql), "all", None, "json" if as_json else "csv" if as_csv else "text")
