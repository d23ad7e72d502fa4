"""What the shell offers after TAB: commands and grids, runs, settings and their values, the axes of a grid.

Everything here is a guess that helps: whatever goes wrong offers nothing and prints nothing.

bash splits words at `=`: it asks for `--set size=4` as the words `--set`, `size`, `=` and `4`, and replaces only the
last one by what it is offered.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from typer import Context


@contextlib.contextmanager
def words_of_bash() -> Iterator[None]:
    """Where bash asks for completions with words that it has split at `=`: put them together in the variables by which
    it asks, and print what answers have behind the `=`.
    """
    words = os.environ.get("COMP_WORDS", "").split("\n")
    if os.environ.get("_SWEEP_COMPLETE") != "complete_bash" or "=" not in words:
        yield
        return
    joined, current = _joined(words, int(os.environ.get("COMP_CWORD", "0")))
    os.environ.update(COMP_WORDS="\n".join(joined), COMP_CWORD=str(current))
    before = joined[current].rpartition("=")[0] if joined[current] not in words else ""
    answers = io.StringIO()
    try:
        with contextlib.redirect_stdout(answers):
            yield
    finally:
        for answer in answers.getvalue().splitlines():
            print(answer.removeprefix(f"{before}=") if before else answer)


def _joined(words: list[str], current: int) -> tuple[list[str], int]:
    """Words with those together that were split, and the new number of the current one."""
    joined: list[str] = []
    place = current
    for number, word in enumerate(words):
        belongs = word == "=" or (number > 0 and words[number - 1] == "=")
        asked = current in ((number, number + 1) if word == "=" else (number,))
        if belongs and len(joined) > 1 and not (asked and joined[-1].startswith("-")):  # Typer knows `--out =`
            joined[-1] += word
            place = len(joined) - 1 if number == current else place - (number < current)
        else:
            joined.append(word)
    return joined, place


def _quiet(find: Callable[[Context, str], Iterator[str]]) -> Callable[[Context, str], list[str]]:
    def complete(ctx: Context, incomplete: str) -> list[str]:
        try:
            return [word for word in find(ctx, incomplete) if word.startswith(incomplete)]
        except Exception:  # a grid that is half written, a folder that may not be read
            return []

    return complete


def _named(names: Iterable[str], values: Callable[[str], Iterable[str]], incomplete: str) -> Iterator[str]:
    """`name=`, and behind `=` the name with each of its values. If only one name fits, its values are offered at once:
    shells put a space behind a single answer, and none behind what several have in common.
    """
    name, equals, _ = incomplete.partition("=")
    fitting = [name] if equals else [one for one in names if one.startswith(incomplete)]
    if not equals:
        yield from (f"{one}=" for one in fitting)
    if len(fitting) == 1:
        yield from (f"{fitting[0]}={value}" for value in values(fitting[0]))


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
    """`name=`, and `name=value` for each value that has a name, or else for the default."""
    from stylize.settings import SETTING_NAMES

    yield from _named(SETTING_NAMES, _values, incomplete)


@_quiet
def complete_new_axis(ctx: Context, incomplete: str) -> Iterator[str]:
    """`name=`, and behind it values with commas between them."""
    from stylize.settings import SETTING_NAMES

    before, comma, _ = incomplete.rpartition(",")
    if not comma:
        yield from _named(SETTING_NAMES, _values, incomplete)
    else:
        name, _, given = before.partition("=")
        yield from (f"{before},{value}" for value in _values(name) if value not in given.split(","))


def _values(setting: str) -> Iterable[str]:
    """Values of a setting that have names; for others the default, if it is a number or a text."""
    from orchestrator.grid.schema import grid_schema
    from pictures.catalogue import catalogue
    from stylize.settings import DEFAULTS

    if setting in ("content", "style"):
        return list(catalogue())
    usual = DEFAULTS[setting]
    return grid_schema()["$defs"][setting].get("enum") or ([f"{usual:g}"] if isinstance(usual, int | float) else [])


@_quiet
def complete_axis(ctx: Context, incomplete: str) -> Iterator[str]:
    """`axis=` of the grid that the command names, and `axis=value`."""
    from orchestrator.command.options import grid_path
    from orchestrator.grid.reader import load_grid

    # An option that still lacks its value stops the parser before it comes to the arguments.
    words = [ctx.params.get("grid"), *ctx.args]
    grid = load_grid(grid_path(next(word for word in words if word)), ctx.params.get("set") or ())
    of_setting = {setting: dimension for dimension in grid.dimensions for setting in dimension.settings}
    yield from _named(of_setting, lambda name: map(str, of_setting[name].names(name)), incomplete)


@_quiet
def complete_plugin(ctx: Context, incomplete: str) -> Iterator[str]:
    """Installed plugins, Python files, and folders on the way to them."""
    from stylize.plugin_source import installed

    yield from sorted(installed())
    for path in _paths(incomplete):
        if path.is_dir():
            yield f"{path}/"
        elif path.suffix == ".py":
            yield str(path)


def _paths(incomplete: str) -> list[Path]:
    folder = Path(incomplete) if incomplete.endswith("/") else Path(incomplete).parent
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


COMPLETIONS: dict[str, Callable[[Context, str], list[Any]]] = {
    "set": complete_setting,
    "only": complete_axis,
    "plugin": complete_plugin,
}
"""By the name of a request's field."""
