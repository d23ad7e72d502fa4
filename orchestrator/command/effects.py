"""The command `sweep effects`: options and printed lines. Effects are calculated in `results/analysis/`."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.command.messages import messages, run_path
from orchestrator.command.options import AsJson, RunsArgument, Where

if TYPE_CHECKING:
    import pandas as pd


def effects(
    run: RunsArgument,
    metric: Annotated[str, typer.Option(help="A column of numbers: a loss, a metric, seconds.")] = "style_distance",
    log: Annotated[bool, typer.Option("--log", help="Explain the logarithm, for losses that span decades.")] = False,
    where: Where = None,
    as_json: AsJson = False,
) -> None:
    """Show how much of a metric's variance each axis and each pair of axes explains.

    With an axis `seed: [0, 1, 2]` in the grid each share has an interval of 95 %.
    """
    with messages():
        import results
        from results.table.selection import Selection

        found = results.effects(Selection(where).of(results.load(run_path(run))), metric, log=log)
        if as_json:
            print(json.dumps(found.attrs | {"effects": json.loads(found.to_json(orient="records"))}, indent=2))
        else:
            _print(found)


def _print(found: pd.DataFrame) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from results.printable import printable

    said = found.attrs
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading, justify in (
        ("effect", "left"),
        ("of the variance", "right"),
        ("95 % interval", "right"),
        ("", "left"),
    ):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for row in found.to_dict("records"):
        low, high, share = (float(row[name]) for name in ("low", "high", "share"))
        interval = "" if math.isnan(low) else f"{_percent(low)} to {_percent(high)}"
        cells = (row["effect"], "–" if math.isnan(share) else _percent(share), interval, row["note"])
        table.add_row(*(Text(printable(str(cell))) for cell in cells))
    what = f"the logarithm of {said['metric']}" if said["log"] else said["metric"]
    seeds = f" under {said['seeds']} seeds" if said["seeds"] > 1 else ""
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text(f"{what} of {said['trials']} trials{seeds}: variance {said['variance']:.4g}\n"))
    console.print(table)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
