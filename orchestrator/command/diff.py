"""The command `sweep diff`: options and printed lines. Runs are compared in `results/table/diff.py`."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from orchestrator.command.messages import EXIT_FAILED, messages, run_path, say
from orchestrator.command.options import AsJson, takes_selection

if TYPE_CHECKING:
    from results.table.diff import Difference
    from results.table.selection import Selection

MOST_SHOWN = 40
"""Lines of a list of trials; --json has them all."""


@takes_selection
def diff(
    first: Annotated[str, typer.Argument(help="A run's folder.", show_default=False)],
    second: Annotated[str, typer.Argument(help="Another run's folder.", show_default=False)],
    selection: Selection,
    as_json: AsJson = False,
    gallery: Annotated[
        str | None, typer.Option(help="A folder for a page of both runs, each image against the first run's.")
    ] = None,
) -> None:
    """Compare two runs: which settings, trials, losses and pixels differ. Exit code 1 where any trial does.

    Options that choose trials choose them in the first run. Each is compared with the trial of the second run that has
    the same values along the axes.
    """
    with messages():
        import results
        from results.gallery.write import write_several
        from results.printable import json_text
        from results.table.diff import diff as compare

        found = compare(run_path(first), run_path(second), selection)
        if gallery:
            page = write_several([results.Run(run_path(first)), results.Run(run_path(second))], results.Run(gallery))
            say(f"file://{quote(page)}#against=run")
        if as_json:
            print(json_text(asdict(found)))
        else:
            _print(found)
        if not found.same:
            raise typer.Exit(EXIT_FAILED)


def _print(found: Difference) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from results.printable import printable
    from stylize.settings.value_text import number_text, setting_name, value_text

    def words(name: str, value: Any) -> str:
        return printable(value_text(name, value)).replace("\n", "+")

    def where(point: dict[str, Any]) -> str:
        shown = [
            f"{setting_name(name)} {words(name, value)}" for name, value in point.items() if "_weights" not in name
        ]
        return ", ".join(shown) or "the only one"

    console = Console(highlight=False, soft_wrap=True)
    for name, values in found.settings.items():
        one, other = (words(name, value) for value in values)
        console.print(Text(f"{setting_name(name)}: {one} → {other}"))
    for title, points in (("only in the first run", found.only_first), ("only in the second", found.only_second)):
        if points:
            console.print(Text(f"{len(points)} trials {title}:"))
        for point in points[:MOST_SHOWN]:
            console.print(Text(f"  {where(point)}"))
    circumstances = Counter((name, *values) for pair in found.pairs for name, values in pair.circumstances.items())
    for (name, before, after), count in circumstances.items():
        console.print(Text(f"{name}: {printable(str(before))} → {printable(str(after))} in {count} trials"))
    changed = [pair for pair in found.pairs if not pair.same]
    if changed:
        table = Table(box=box.SIMPLE_HEAD)
        axes = [
            name
            for name in changed[0].point
            if "_weights" not in name and len({pair.point[name] for pair in found.pairs}) > 1
        ]
        for name in axes:
            table.add_column(setting_name(name))
        for heading in ("state", "total loss", "content loss", "style loss"):
            table.add_column(heading, justify="right")
        for pair in changed[:MOST_SHOWN]:
            state = pair.states[0] if pair.states[0] == pair.states[1] else " → ".join(pair.states)
            shares = (pair.losses.get(name) for name in ("total_loss", "content_loss", "style_loss"))
            cells = ("–" if share is None else f"{number_text(round(100 * share, 2))} %" for share in shares)
            table.add_row(*(Text(words(name, pair.point[name])) for name in axes), Text(printable(state)), *cells)
        console.print(table)
        if len(changed) > MOST_SHOWN:
            console.print(f"… and {len(changed) - MOST_SHOWN} more; --json has them all")
    same = len(found.pairs) - len(changed)
    console.print(f"{len(found.pairs)} trials in both: {same} with the same pixels, {len(changed)} with others")
