"""The entry `sheet` of a grid: the axes along the rows and the columns of the comparison sheet, outermost first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from orchestrator.grid.values import unknown
from orchestrator.grid.yaml12 import Steps

FRAME = "frame"
"""An axis that clips bring along."""


class Fail(Protocol):
    """Raises a GridError with the position of an entry, or of its key."""

    def __call__(self, message: str, steps: Steps, *, key: bool = False) -> Any: ...


def read_sheet(
    block: Mapping[str, Any], axes: Sequence[str], fixed: Collection[str], fail: Fail
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Rows and columns, without axes that `--set` has `fixed`. Raises GridError by `fail`."""
    sides: dict[str, tuple[str, ...]] = {"rows": (), "columns": ()}
    for side, names in block.items():
        if side not in sides:
            fail(unknown("entry", side, sides), ("sheet", side), key=True)
        for number, name in enumerate(names if isinstance(names, list) else [names]):
            at: Steps = ("sheet", side, number) if isinstance(names, list) else ("sheet", side)
            if isinstance(name, str) and name in fixed:
                continue
            if name not in axes and name != FRAME:
                fail(unknown("axis", name, axes), at)
            if name in sides["rows"] + sides["columns"]:
                fail(f"{name} is here a second time", at)
            sides[side] += (name,)
    return sides["rows"], sides["columns"]
