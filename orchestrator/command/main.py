"""The command `sweep`: puts the commands together. What each of them does is in the file of its name.

A command is one file here and one line in `COMMANDS`. Exit codes: 0 all done; 1 some trials failed, or the sweep had to
stop; 2 bad grid, input or usage, nothing written; 130 interrupted. Results go to stdout, everything else to stderr.
"""

from __future__ import annotations

import atexit
import contextlib
import difflib
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from orchestrator.command.animate import animate
from orchestrator.command.clean import clean
from orchestrator.command.compact import compact
from orchestrator.command.completion import complete_grid, words_of_bash
from orchestrator.command.diff import diff
from orchestrator.command.effects import effects
from orchestrator.command.export import export
from orchestrator.command.gallery import gallery
from orchestrator.command.judge import judge
from orchestrator.command.layers import layers
from orchestrator.command.mark import mark
from orchestrator.command.messages import EXIT_FAILED, fail, nowhere, options
from orchestrator.command.new import new
from orchestrator.command.options import is_grid
from orchestrator.command.paint import paint
from orchestrator.command.plan import plan
from orchestrator.command.query import query
from orchestrator.command.render import render
from orchestrator.command.report import report
from orchestrator.command.run import run
from orchestrator.command.schema import schema
from orchestrator.command.sheet import sheet
from orchestrator.command.status import status
from orchestrator.command.table import table
from orchestrator.command.verify import verify

COMMANDS: dict[str, tuple[Callable[..., None], ...]] = {
    "Run grids": (run, plan, status, render, new, layers, schema),
    "Look at the images": (sheet, gallery, animate, judge, mark, export, paint),
    "Ask the table": (table, effects, report, query, diff),
    "Keep a run": (verify, compact, clean),
}
"""Every command, under the heading that `sweep --help` gives it."""

_DEFAULT = "run"
_OF_THE_PROGRAM = ("-h", "--help", "--version", "--debug", "--install-completion", "--show-completion")


class _GridFirst(TyperGroup):
    """`sweep GRID` is `sweep run GRID`: what is no command is a grid."""

    def main(self, *arguments: Any, **options: Any) -> Any:
        with words_of_bash():
            return super().main(*arguments, **options)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        before = 1 if args[:1] == ["--debug"] else 0
        if len(args) > before and args[before] not in self.commands and args[before] not in _OF_THE_PROGRAM:
            if not ctx.resilient_parsing:  # as when the shell asks for completions
                self._check_command(args[before])
            args = [*args[:before], _DEFAULT, *args[before:]]
        return list(super().parse_args(ctx, args))

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        item = type(super().shell_complete(ctx, "")[0])  # of Click, or of the copy that newer Typers have
        return super().shell_complete(ctx, incomplete) + [item(grid) for grid in complete_grid(ctx, incomplete)]

    def _check_command(self, word: str) -> None:
        """End with a hint if a word is neither a grid nor an option, and looks like a command."""
        close = difflib.get_close_matches(word, self.commands, n=1)
        if close and not word.startswith("-") and not is_grid(word):
            fail(f"there is no command and no grid {word!r}; did you mean `sweep {close[0]}`?")


app = typer.Typer(
    cls=_GridFirst,
    help="Sweep neural style transfer: one YAML grid, many images, one table and one comparison sheet.\n\n"
    "`sweep GRID` runs a grid; GRID is a file, or the name of one that comes with the program, such as figure5.",
    no_args_is_help=True,
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
    _open_closed_streams()
    code = [EXIT_FAILED]
    # Registered first, so that it runs last, after whatever the libraries do when a program ends.
    atexit.register(_leave, code)
    try:
        app(prog_name="sweep")
    except SystemExit as end:
        code[0] = end.code if isinstance(end.code, int) else EXIT_FAILED if end.code else 0
        raise


def _open_closed_streams() -> None:
    """Let a program that was started with a closed stdout or stderr (`>&-`) print to nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, nowhere())


def _leave(code: list[int]) -> None:
    """End the process here. Threads of Arrow and DuckDB may still run, and the destructors of C++ objects that they use
    have aborted the program after its last line.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code[0])
