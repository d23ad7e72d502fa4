"""The options of commands as Typer wants them: those of a `Request`, and those that several commands have.

What the options of a sweep are is declared in `orchestrator/request.py`; an option of one command is declared there.
"""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from orchestrator.command.completion import COMPLETIONS, complete_grid, complete_plugin, complete_run
from orchestrator.command.messages import fail
from orchestrator.grid.bundled import bundled_grids
from orchestrator.request import Option, Request, Scope, flag_of

GridArgument = Annotated[
    str,
    typer.Argument(
        help="A grid file, or the name of one that comes with the program.",
        show_default=False,
        autocompletion=complete_grid,
    ),
]
RunArgument = Annotated[
    str,
    typer.Argument(help="A run's folder, such as runs/figure5.", show_default=False, autocompletion=complete_run),
]
RunsArgument = Annotated[
    str,
    typer.Argument(
        help="A run's folder, or a pattern such as 'runs/*'.", show_default=False, autocompletion=complete_run
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="As CSV.")]
Where = Annotated[str | None, typer.Option(help="A pandas query, such as 'ratio < 1e-3 and status == \"done\"'.")]
Marked = Annotated[
    str | None, typer.Option(help="The trials that have a star, or this tag.", metavar="star|TAG", show_default=False)
]
Pareto = Annotated[
    str | None,
    typer.Option(
        help="The trials that no other one beats in these columns, such as style_distance,structural_similarity.",
        metavar="COLUMN,COLUMN",
        show_default=False,
    ),
]
Best = Annotated[int | None, typer.Option(min=1, help="So many trials, the best by a column.", show_default=False)]
By = Annotated[
    str | None,
    typer.Option(help="Of --best: a loss, a metric, any number.  [default: style_distance]", show_default=False),
]
Highest = Annotated[
    bool | None,
    typer.Option(
        "--highest/--lowest",
        help="Of --best: which values are the better ones, where that is not known of the column.",
        show_default=False,
    ),
]
Plugins = Annotated[
    list[str] | None,
    typer.Option(
        help="Methods of yours: a Python file, or the name of an installed plugin. May be repeated.",
        metavar="FILE|NAME",
        show_default=False,
        autocompletion=complete_plugin,
    ),
]
Rows = Annotated[list[str], typer.Option(help="Setting along the rows; repeated, outermost first.")]
Columns = Annotated[list[str], typer.Option(help="Setting along the columns; repeated, outermost first.")]


def takes_request(*scopes: Scope, grid: bool = True) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command whose first parameter is a `Request` all options of these scopes in its place.

    Without `grid` the request names none: the command finds it itself.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        others = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
        own = _parameters(scopes, grid=grid)
        names = [parameter.name for parameter in own]

        @functools.wraps(command)
        def with_options(**given: Any) -> None:
            asked = {name: _frozen(given.pop(name)) for name in names}
            command(Request(**asked | {"grid": grid_path(asked["grid"]) if grid else Path()}), **given)

        return _with_parameters(with_options, [*own, *others])

    return decorate


def takes_selection(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command whose parameter `selection` is a `Selection` the options that choose trials in its place."""
    command.__annotations__.pop("selection")  # its class is imported late, because `sweep --help` does not need it
    options = {
        "where": Where,
        "marked": Marked,
        "pareto": Pareto,
        "best": Best,
        "by": By,
        "highest": Highest,
    }
    parameters = []
    for parameter in inspect.signature(command, eval_str=True).parameters.values():
        chosen = options if parameter.name == "selection" else {}
        parameters += [_parameter(name, annotation, None) for name, annotation in chosen.items()] or [parameter]

    @functools.wraps(command)
    def with_options(*first: Any, **given: Any) -> None:
        from results.table.selection import Selection

        asked = {name: given.pop(name) for name in options}
        asked["pareto"] = tuple(filter(None, map(str.strip, (asked["pareto"] or "").split(","))))
        command(*first, selection=Selection(**asked), **given)

    return _with_parameters(with_options, parameters)


def _with_parameters(command: Callable[..., None], parameters: Sequence[inspect.Parameter]) -> Callable[..., None]:
    """A command that Typer sees with these parameters, those without a default first, as Python wants them."""
    ordered = sorted(parameters, key=lambda one: one.default is not inspect.Parameter.empty)
    command.__signature__ = inspect.Signature(ordered)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in ordered}
    return command


def _parameter(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=annotation)


def _parameters(scopes: Collection[Scope], *, grid: bool) -> list[inspect.Parameter]:
    types, defaults = get_type_hints(Request), Request(grid=Path())
    found = [_parameter("grid", GridArgument)] if grid else []
    for name, option in Request.options().items():
        if option.scope in scopes:
            default = getattr(defaults, name)
            kind, default = (list[str], []) if isinstance(default, tuple) else (types[name], default)
            found.append(_parameter(name, Annotated[kind, _typer_option(name, option)], default))
    return found


def _typer_option(name: str, option: Option) -> Any:
    return typer.Option(
        flag_of(name, option),
        help=option.help,
        metavar=option.metavar,
        envvar=option.environment,
        min=option.minimum,
        show_default=option.show_default,
        autocompletion=COMPLETIONS.get(name),
    )


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def grid_path(grid: str) -> Path:
    """A grid's file, or the file of a grid of this package that is given by its name. Ends the command if there is
    neither.
    """
    path = Path(grid)
    bundled = bundled_grids()
    if is_grid(grid):
        return path if _is_file(path) else bundled[grid]
    close = difflib.get_close_matches(grid, bundled, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    fail(f"there is no file {grid}, and no grid of that name among {', '.join(bundled)}{hint}")


def is_grid(word: str) -> bool:
    """Whether a word names a grid: a file (one of YAML need not exist yet), or one that comes with the program."""
    return _is_file(Path(word)) or word in bundled_grids()


def _is_file(path: Path) -> bool:
    """A folder is no grid: one called `figure5`, as in `runs/`, does not hide the grid of that name."""
    return path.suffix in (".yaml", ".yml") or (path.exists() and not path.is_dir())
