"""The command `sweep new`: a first grid, written for a person to change."""

from __future__ import annotations

import json
import re
import sys
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.command.completion import complete_new_axis
from orchestrator.command.messages import fail, messages, say

if TYPE_CHECKING:
    from collections.abc import Iterable

CONTENT, STYLE, AXIS = "astronaut", "swirls", "ratio=1e-4, 1e-3, 1e-2"
"""What a grid is about if nothing is said: pictures that need no download, and the paper's main axis."""

TEMPLATE = """\
# yaml-language-server: $schema={schema}
title: {title}
# description: What to look for in the sheet.

# The same for every trial. `sweep schema` explains every setting, and docs/grids.md what a grid may have.
settings:
{settings}
  # iterations: 500           # steps of the optimisation
  # architecture: vgg19       # or vgg16-slim, which needs no download and is several times faster

# Every combination of these values is a trial. {{logspace: [1e-4, 1e-2, 5]}} makes five values.
axes:
{axes}
"""


def new(
    name: Annotated[str, typer.Argument(help="The grid's name; the file is NAME.yaml.", show_default=False)],
    content: Annotated[
        str | None, typer.Option(help=f"Content picture: a name, a path or a URL.  [default: {CONTENT}]")
    ] = None,
    style: Annotated[str | None, typer.Option(help=f"Style picture.  [default: {STYLE}]")] = None,
    axis: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=VALUES",
            help=f"A setting and its values. May be repeated.  [default: {AXIS}]",
            autocompletion=complete_new_axis,
        ),
    ] = [],  # noqa: B006 - Typer copies it
    size: Annotated[int, typer.Option(min=16, help="Pixels of the images' long edge.")] = 224,
) -> None:
    """Write a grid to begin with. On a terminal it asks for what is not given.

    sweep new painters --axis style=swirls,facets --axis ratio=1e-3,1e-2
    """
    with messages():
        from orchestrator.errors import GridError, UsageError
        from orchestrator.grid.reader import grid_of
        from pictures.catalogue import catalogue

        path = Path(name if name.endswith((".yaml", ".yml")) else f"{name}.yaml")
        if path.exists():
            raise UsageError(f"{path} is there already; choose another name")
        if _on_a_terminal() and not (content or style or axis):
            say(f"Pictures that can be named: {', '.join(catalogue())}. A path or a URL will do as well.")
            content, style = _ask("Content picture", CONTENT), _ask("Style picture", STYLE)
            setting = _ask("Which setting shall vary?", AXIS.partition("=")[0])
            usual = AXIS.partition("=")[2] if AXIS.startswith(f"{setting}=") else None
            axis = [f"{setting}={_ask('Its values, separated by commas', usual)}"]
        axes = dict(_axis(text) for text in axis or [AXIS])
        chosen: dict[str, Any] = {"content": content or CONTENT, "style": style or STYLE, "size": size}
        text = _text(path.stem, {key: value for key, value in chosen.items() if key not in axes}, axes)
        try:
            grid = grid_of(text, path)
        except GridError as error:
            raise UsageError(f"this would be no grid, and nothing was written: {error}") from error
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            fail(f"cannot write {path}: {error.strerror or error}")
        say(f"{grid.most_points()} trials; `sweep plan {path}` shows what they need, and `sweep {path}` runs them")
        print(path)


def _on_a_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _ask(question: str, usual: str | None) -> str:
    return str(typer.prompt(question, default=usual, err=True))


def _axis(text: str) -> tuple[str, str]:
    """The name of an axis and its values, as YAML. Raises UsageError."""
    from orchestrator.errors import UsageError

    name, equals, values = (part.strip() for part in text.partition("="))
    if not equals or not values:
        raise UsageError(f"--axis {text}: write --axis name=value,value")
    return name, values if values[0] in "[{" and values[-1] in "]}" else f"[{values}]"


def _text(title: str, settings: dict[str, Any], axes: dict[str, str]) -> str:
    schema = Path(str(resources.files("grids"))) / "schema.json"
    return TEMPLATE.format(
        schema=schema,
        title=_quoted(title),
        settings=_lines((name, _quoted(value)) for name, value in settings.items()),
        axes=_lines(axes.items()),
    )


def _quoted(value: str | int) -> str:
    """A value as YAML: in quotes, which JSON and YAML share, unless it is a plain word that means nothing else."""
    plain = re.fullmatch(r"[A-Za-z_][\w./-]*", str(value)) and str(value).lower() not in ("true", "false", "null")
    return str(value) if plain else json.dumps(value, ensure_ascii=False)


def _lines(entries: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"  {name}: {value}" for name, value in entries)
