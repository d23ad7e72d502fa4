"""Writes a grid that was given in Python as the YAML file that the command line would take."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from orchestrator.errors import UsageError

FIRST_LINE = "# Written by style_sweep.Sweep, and written again when its arguments change.\n"

_PLAIN = re.compile(r"[A-Za-z][\w ./+-]*")
_OTHERS = {"true", "false", "null", "yes", "no", "on", "off", "inf", "nan"}


class _Dumper(yaml.SafeDumper):
    """Quotes every text that a YAML 1.2 reader could take for something else."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    plain = _PLAIN.fullmatch(text) and text == text.strip() and text.lower() not in _OTHERS
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


_Dumper.add_representer(str, _text)


def grid_text(name: str, settings: Mapping[str, Any], axes: Mapping[str, Any], rest: Mapping[str, Any]) -> str:
    """The grid as YAML. Tuples, paths and numbers of numpy become what YAML has."""
    grid = {**rest, "settings": dict(settings), "axes": dict(axes)}
    plain = _plain({key: value for key, value in grid.items() if value})
    text: str = yaml.dump(
        plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=None, width=100
    )
    return FIRST_LINE + text


def write_grid(path: Path, text: str) -> None:
    """Raises UsageError where there is a file of that name that is not ours, or where it cannot be written."""
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else text
        if before != text and not before.startswith(FIRST_LINE):
            raise UsageError(f"{path} is a grid that somebody wrote; give the sweep another name")
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, str | bool | int | float) or value is None:
        return value
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):  # of numpy: a number, or an array
        return _plain(value.tolist())
    return [_plain(one) for one in value]
