"""The entry `halving` of a grid: all trials run to the first rung, and from each rung only the best part goes on.

halving: {by: style_distance, rungs: [50, 150, 500], keep: 0.33, within: [content, style]}

Where the entry stands in a grid is the business of `reader`; which trials go on is decided in
`orchestrator/plan/halving.py`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

from orchestrator.grid.values import check_value, is_value, shown_value, unknown
from stylize import registry

NAMES = ("by", "rungs", "keep", "within")
USUAL_KEEP = 1 / 3
EXAMPLE = "{by: style_distance, rungs: [50, 150, 500], keep: 0.33}"


class Fail(Protocol):
    """Raises GridError with a message about an entry below `halving`."""

    def __call__(self, message: str, *steps: str | int) -> NoReturn: ...


@dataclass(frozen=True)
class Halving:
    """by: the column that decides. highest: whether its highest values are the best. rungs: numbers of steps, rising;
    the last is that of the whole optimisation. keep: the part of a group that goes on from a rung, above 0 and below 1.
    within: axes; trials that agree in their values are a group. Without axes all trials are one group.
    """

    by: str
    highest: bool
    rungs: tuple[int, ...]
    keep: float = USUAL_KEEP
    within: tuple[str, ...] = ()

    def count(self, trials: int) -> int:
        """How many of a group of trials go on from a rung: its part, rounded up."""
        return math.ceil(self.keep * trials - 1e-9)

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of a trial that goes on to the end."""
        return {"iterations": self.rungs[-1], "keep_state": True}


def read_halving(entry: Any, axes: Collection[str], settings: Mapping[str, Any], fail: Fail) -> Halving | None:
    """The entry `halving` of a grid with these axes, and settings of one value; None if there is none.

    `axes`: also those that --set has fixed. Raises GridError, by `fail`.
    """
    if entry is None:
        return None
    if not isinstance(entry, Mapping) or "by" not in entry or "rungs" not in entry:
        fail(f"halving is a mapping with by and rungs, such as {EXAMPLE}")
    for name in entry:
        if name not in NAMES:
            fail(unknown("entry of halving", name, NAMES), name)
    by = entry["by"]
    better = registry.better(by) if isinstance(by, str) else None
    if better is None:
        fail(unknown("metric that can rank trials", by, _ranking_columns()), "by")
    keep = entry.get("keep", USUAL_KEEP)
    if isinstance(keep, bool) or not isinstance(keep, int | float) or not 0 < keep < 1:
        fail(f"keep is the part that goes on, above 0 and below 1, not {shown_value(keep)}", "keep")
    within = entry.get("within", [])
    names = within if isinstance(within, list) else [within]
    for number, name in enumerate(names):
        steps: tuple[str | int, ...] = ("within", number) if isinstance(within, list) else ("within",)
        if name not in axes:
            fail(unknown("axis", name, axes), *steps)
        if name in names[:number]:
            fail(f"{name} is here a second time", *steps)
    rungs = _rungs(entry["rungs"], fail)
    is_axis = "iterations" in axes and "iterations" not in settings
    if is_axis or settings.get("iterations", rungs[-1]) != rungs[-1]:
        fail(f"the last rung is the number of iterations, {rungs[-1]}: leave iterations out", "rungs")
    return Halving(by, better == "higher", rungs, float(keep), tuple(names))


def _rungs(entry: Any, fail: Fail) -> tuple[int, ...]:
    if not isinstance(entry, list) or len(entry) < 2:
        fail(f"rungs are two or more numbers of steps, such as [50, 150, 500], not {shown_value(entry)}", "rungs")
    found: list[int] = []
    for number, rung in enumerate(entry):
        if not is_value("iterations", rung):
            fail(f"a rung is a whole number of steps from 1 on, not {shown_value(rung)}", "rungs", number)
        found.append(check_value("iterations", rung))
        if number and found[-1] <= found[-2]:
            fail(f"rungs rise, and {found[-1]} is not above {found[-2]}", "rungs", number)
    return tuple(found)


def _ranking_columns() -> list[str]:
    return [name for name in (*registry.metric_columns(), *registry.loss_columns()) if registry.better(name)]
