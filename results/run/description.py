"""Checks `run.json` before anything in it is used. It is written in `orchestrator/describe.py`.

The file may have been cut off, edited, or written by a stranger. Entries that are not named here are passed on
unchecked, because no reader relies on them.
"""

from __future__ import annotations

import json
import math
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow")


class _Axis(_Part):
    settings: list[str]


class _Sheet(_Part):
    rows: list[str]
    columns: list[str]


class _Grid(_Part):
    name: str
    title: str = ""
    description: str | None = None
    axes: list[_Axis] = []
    sheet: _Sheet | None = None


class _Plugin(_Part):
    name: str
    sha256: str
    columns: dict[str, str]
    better: dict[str, Literal["lower", "higher"]] = {}


class _Description(_Part):
    format: int = Field(ge=1)
    grid: _Grid
    request: dict[str, Any] | None = None
    plugins: list[_Plugin] = []
    pictures: dict[str, dict[str, Any]] = {}
    clips: dict[str, dict[str, Any]] = {}
    weights: dict[str, dict[str, Any]] = {}


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text:.20} is no number that a run has")
    return number


def parse_description(content: bytes) -> dict[str, Any]:
    """The contents of `run.json` as a mapping, in which the grid has a title, axes and a sheet, if only empty ones.

    Raises ValueError, which says in one line what is wrong.
    """
    try:
        found = json.loads(content, parse_float=_finite, parse_constant=_finite)
        parsed = _Description.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{where}: {first['msg']}" if where else first["msg"]) from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    grid = parsed.grid.model_dump()
    return {**found, "grid": grid | {"title": parsed.grid.title or parsed.grid.name}}
