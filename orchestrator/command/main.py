"""The command `sweep`: puts the commands together. What each of them does is in the file of its name.

A command is one file here and one line in `COMMANDS`. Exit codes: 0 all done; 1 some trials failed, or the sweep had to
stop; 2 bad grid, input or usage, nothing written; 130 interrupted. Results go to stdout, everything else to stderr.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from orchestrator.command.animate import animate
from orchestrator.command.compact import compact
from orchestrator.command.diff import diff
from orchestrator.command.gallery import gallery
from orchestrator.command.judge import judge
from orchestrator.command.messages import options
from orchestrator.command.plan import plan
from orchestrator.command.query import query
from orchestrator.command.run import run
from orchestrator.command.schema import schema
from orchestrator.command.sheet import sheet
from orchestrator.command.status import status
from orchestrator.command.table import table
from orchestrator.command.verify import verify

COMMANDS: dict[str, tuple[Callable[..., None], ...]] = {
    "Run grids": (run, plan, status, schema),
    "Look at the images": (sheet, gallery, animate, judge),
    "Ask the table": (table, query, diff),
    "Keep a run": (verify, compact),
}
"""Every command, under the heading that `sweep --help` gives it."""

_DEFAULT = "run"


class _GridFirst(TyperGroup):
    """`sweep GRID` is `sweep run GRID`: what is no command is a grid."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help", "--version", "--debug"):
            args = [_DEFAULT, *args]
        elif len(args) > 1 and args[0] == "--debug" and args[1] not in self.commands:
            args = ["--debug", _DEFAULT, *args[1:]]
        return list(super().parse_args(ctx, args))


app = typer.Typer(
    cls=_GridFirst,
    help="Sweep neural style transfer: one YAML grid, many images, one table and one comparison sheet.\n\n"
    "`sweep GRID` runs a grid; GRID is a file, or the name of one that comes with the program, such as figure5.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from orchestrator.versions import sweep_version

        print(f"sweep {sweep_version()}")
        raise typer.Exit


@app.callback()
def _main(
    debug: Annotated[bool, typer.Option("--debug", help="Show stack traces.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    options.debug = debug


for heading, commands in COMMANDS.items():
    for command in commands:
        app.command(rich_help_panel=heading)(command)


def main() -> None:
    """The entry point of the command `sweep`."""
    app(prog_name="sweep")
