"""What the shell offers after TAB: commands and grids, runs, settings and their values, the axes of a grid.

Everything here is a guess that helps: whatever goes wrong offers nothing and prints nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from typer import Context


def _quiet(find: Callable[[Context, str], Iterator[str]]) -> Callable[[Context, str], list[str]]:
    def complete(ctx: Context, incomplete: str) -> list[str]:
        try:
            return [word for word in find(ctx, incomplete) if word.startswith(incomplete)]
        except Exception:  # a grid that is half written, a folder that may not be read
            return []

    return complete


@_quiet
def complete_grid(ctx: Context, incomplete: str) -> Iterator[str]:
    """Grids that come with the program, YAML files, and folders on the way to them."""
    from orchestrator.grid.bundled import bundled_grids

    yield from bundled_grids()
    for path in _paths(incomplete):
        if path.is_dir():
            yield f"{path}/"
        elif path.suffix in (".yaml", ".yml"):
            yield str(path)


@_quiet
def complete_run(ctx: Context, incomplete: str) -> Iterator[str]:
    """The names of the runs in `runs/`, and folders."""
    yield from (path.parent.name for path in sorted(Path("runs").glob("*/run.json")))
    yield from (
        str(path) if (path / "run.json").exists() else f"{path}/" for path in _paths(incomplete) if path.is_dir()
    )


@_quiet
def complete_setting(ctx: Context, incomplete: str) -> Iterator[str]:
    """`name=`, and `name=value` for settings that have names for values."""
    from orchestrator.grid.schema import grid_schema
    from pictures.catalogue import catalogue
    from stylize.settings import SETTING_NAMES

    name, equals, _ = incomplete.partition("=")
    if not equals:
        yield from (f"{one}=" for one in SETTING_NAMES)
    elif name in ("content", "style"):
        yield from (f"{name}={one}" for one in catalogue())
    else:
        yield from (f"{name}={one}" for one in grid_schema()["$defs"][name].get("enum", ()))


@_quiet
def complete_axis(ctx: Context, incomplete: str) -> Iterator[str]:
    """`axis=` of the grid that the command names, and `axis=value`."""
    from orchestrator.command.options import grid_path
    from orchestrator.grid.reader import load_grid

    # An option that still lacks its value stops the parser before it comes to the arguments.
    words = [ctx.params.get("grid"), *ctx.args]
    grid = load_grid(grid_path(next(word for word in words if word)), ctx.params.get("set") or ())
    name, equals, _ = incomplete.partition("=")
    for dimension in grid.dimensions:
        for setting in dimension.settings:
            if not equals:
                yield f"{setting}="
            elif setting == name:
                yield from (f"{name}={value}" for value in dimension.names(name))


def _paths(incomplete: str) -> list[Path]:
    folder = Path(incomplete) if incomplete.endswith("/") else Path(incomplete).parent
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


COMPLETIONS: dict[str, Callable[[Context, str], list[Any]]] = {"set": complete_setting, "only": complete_axis}
"""By the name of a request's field."""
