"""The command `sweep judge`: options, printed lines, and the browser. The work is done in `results/judge/`."""

from __future__ import annotations

import getpass
import sys
import threading
import webbrowser
from collections.abc import Hashable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.command.messages import messages, run_path, say
from orchestrator.command.options import RunArgument

if TYPE_CHECKING:
    import pandas as pd


def judge(
    run: RunArgument,
    axis: Annotated[str | None, typer.Option(help="The axis to judge.  [default: the page asks]")] = None,
    show: Annotated[bool, typer.Option("--ratings", help="Print what the votes say, and end.")] = False,
    voter: Annotated[
        str | None, typer.Option(help="Whose votes these are.  [default: the user's name]", show_default=False)
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page; 0 takes a free one.")] = 0,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
) -> None:
    """Compare results blindly: a local page shows two at a time that differ in one axis, without their settings.

    Votes are kept in RUN/votes.parquet; --ratings and `results.ratings` compute how strong each value is.
    """
    with messages():
        import results

        found = results.Run(run_path(run))
        if show:
            _print_ratings(results.ratings(found.location, axis))
            return
        from results.judge.serve import Server
        from results.judge.session import Session

        session = Session(found, axis, _user() if voter is None else voter)
        with Server(session, port) as server:
            print(server.url, flush=True)
            say("serving to this machine alone; Ctrl-C ends it, and every vote is kept")
            if browser:
                # In a thread, because a browser that runs in the terminal returns only when it is closed.
                threading.Thread(target=webbrowser.open, args=(server.url,), daemon=True).start()
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                say(f"{session.votes} votes kept; `sweep judge {run} --ratings` shows what they say")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as containers have
        return ""


def _print_ratings(ratings: pd.DataFrame) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from results.printable import printable
    from stylize.settings.value_text import setting_name

    about = ratings.attrs
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(setting_name(about["axis"]))
    for name in ("strength", "95 %", "preferred", "won", "lost", "tied", "from the next"):
        table.add_column(name, justify="right")
    rows = ratings.to_dict("records")
    for row, after in zip(rows, [*rows[1:], None], strict=True):
        judged = row["votes"] > 0
        table.add_row(
            escape(printable(row["label"].replace("\n", " + "))),
            f"{row['strength']:+.2f}" if judged else "–",
            f"{row['low']:+.2f} … {row['high']:+.2f}" if judged else "–",
            f"{row['preferred']:.0%}" if judged else "–",
            *(str(row[name]) for name in ("wins", "losses", "ties")),
            _apart(row, after),
        )
    Console(width=None if sys.stdout.isatty() else 200).print(table)
    say(_summary(about))


def _apart(row: dict[Hashable, Any], after: dict[Hashable, Any] | None) -> str:
    """Whether the votes tell a value from the one below it."""
    import pandas as pd

    if after is None:
        return ""
    if row["group"] != after["group"]:
        return "not compared"
    needed = row["votes_to_settle"]
    if pd.isna(needed):
        return "equal"
    return "told apart" if needed == 0 else f"{needed:,} more votes"


def _summary(about: dict[Hashable, Any]) -> str:
    skipped = f", {about['skipped']} skipped" if about["skipped"] else ""
    lines = [f"{about['votes']} votes{skipped}; strengths are log-odds, their intervals are of 95 %"]
    if about["uncounted"]:
        lines.append(f"{about['uncounted']} votes are on trials that the grid no longer has, and do not count")
    needed = about["votes_to_settle"]
    if needed == 0:
        lines.append("every value is told apart from the next one: the order is settled")
    elif needed is not None:
        lines.append(f"about {needed:,} more votes, spread as until now, would settle the order if it stays as it is")
    elif about["groups"] != 1 or not about["votes"]:
        lines.append("not all values were compared with each other yet, so they have no common order; judge more pairs")
    else:
        lines.append("some values are equal so far, so it is unknown how many votes would settle the order")
    return "\n".join(lines)
