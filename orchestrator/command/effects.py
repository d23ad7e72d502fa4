"""The command `sweep effects`: options and printed lines. Effects are calculated in `results/analysis/`."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.command.messages import messages, run_path, say
from orchestrator.command.options import AsJson, RunsArgument, Where
from orchestrator.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg", ".pdf")


def effects(
    run: RunsArgument,
    metric: Annotated[
        str, typer.Option(help="A column of numbers: a loss, a metric, seconds; or `votes`, those of sweep judge.")
    ] = "style_distance",
    log: Annotated[bool, typer.Option("--log", help="Explain the logarithm, for losses that span decades.")] = False,
    where: Where = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw it too, with images at the levels: a .png, .svg or .pdf file.")
    ] = None,
    pair: Annotated[
        str | None, typer.Option(help="Of --plot: the two axes of the heatmap.  [default: the pair that explains most]")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show how much of a metric's variance each axis and each pair of axes explains.

    With an axis `seed: [0, 1, 2]` in the grid each share has an interval of 95 %; so it has for votes.

    sweep effects figure5 --metric style_distance --plot effects.png
    """
    with messages():
        import results
        from results.table.selection import Selection

        location = run_path(run)
        trials = results.strengths(location) if metric == "votes" else results.load(location)
        trials = Selection(where).of(trials)
        column = "strength" if metric == "votes" else metric
        if metric == "votes" and log:
            raise UsageError("strengths are logarithms already; leave out --log")
        found = results.vote_effects(trials) if metric == "votes" else results.effects(trials, column, log=log)
        if plot:
            save_figure(results.effects_figure(trials, column, log=log, pair=_two(pair), table=found), plot)
            say(str(plot))
        elif pair:
            raise UsageError("--pair is for the heatmap of --plot")
        if as_json:
            print(json.dumps(found.attrs | {"effects": json.loads(found.to_json(orient="records"))}, indent=2))
        else:
            _print(found)


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure in the format that the file's name asks for. Raises UsageError for others, or where that fails."""
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"{path}: a figure is one of {', '.join(FORMATS)}, by the end of its name")
    try:
        figure.savefig(path, dpi=150)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error


def _two(pair: str | None) -> tuple[str, str] | None:
    """Raises UsageError for what is not two names."""
    if pair is None:
        return None
    names = [name.strip() for name in pair.split(",")]
    if len(names) != 2:
        raise UsageError(f"--pair {pair}: two axes with a comma between them, such as style_layers,ratio")
    return names[0], names[1]


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
    if "weighted" in said:
        console.print(Text(f"\n{_OF_VOTES[said['weighted']].format(votes=said['votes'])}"))


_OF_VOTES = {
    "sittings": "Intervals are from {votes} votes, whole sittings weighted anew: they allow for other people who vote "
    "as these do.",
    "votes": "Intervals are from {votes} votes, each weighted anew: they allow for other votes of the same people, and "
    "say nothing about other people.",
    None: "There are votes on too many trials for intervals.",
}


def _percent(share: float) -> str:
    return f"{100 * share:.{1 if share >= 0.01 else 2}f} %"
