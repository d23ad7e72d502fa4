"""Makes the trials of all points of a grid. A grid may have a million points, so everything that points share is done
once.

Each value of an axis is handled once. Points that differ only in settings on which nothing else depends (`About.alone`)
share a `Setup`; for each point only its id remains to be made.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from orchestrator.grid.grid import Dimension, Grid, Point
from orchestrator.grid.positions import point_error
from orchestrator.plan.identity import id_part
from orchestrator.plan.inputs import Inputs
from orchestrator.plan.painting import painting_setup
from orchestrator.plan.transfer import transfer_setup
from orchestrator.plan.trial import Setup, Trial
from stylize import SettingsError
from stylize.settings import ABOUT


def make_trials(grid: Grid, inputs: Inputs) -> list[tuple[Point, Trial]]:
    """Every point of the grid with its trial, in the grid's order.

    Raises GridError for impossible points, and what finding pictures and weights raises.
    """
    with _uncollected():
        return list(_Maker(grid, inputs).make())


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Switches the garbage collector off, which would scan all trials again and again while more are made."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@dataclass(frozen=True)
class _AxisValue:
    """One value of a dimension. `setup` is equal for values that lead to the same setup, and empty if all do. `values`
    and `id_parts`: of the settings with `About.alone`.
    """

    setup: tuple[int, ...]
    values: tuple[Any, ...]
    id_parts: tuple[str, ...]


class _Maker:
    def __init__(self, grid: Grid, inputs: Inputs) -> None:
        self._grid, self._inputs = grid, inputs
        self._axes = [_axis_values(dimension) for dimension in grid.dimensions]
        self._varying = [name for dimension in grid.dimensions for name in dimension.settings if ABOUT[name].alone]
        self._setups: dict[tuple[object, ...], tuple[Setup, str | None]] = {}

    def make(self) -> Iterator[tuple[Point, Trial]]:
        before: dict[Point, Trial] = {}
        for point in self._grid.points():
            # `frame` is the last dimension and varies fastest, so the frame before has its trial already.
            previous = before.get((*point[:-1], point[-1] - 1)) if self._grid.clips else None
            trial = self._trial(point, previous)
            if self._grid.clips:
                before[point] = trial
            yield point, trial

    def _trial(self, point: Point, before: Trial | None) -> Trial:
        key: tuple[object, ...] = (before is None,)
        values: tuple[Any, ...] = ()
        parts: tuple[str, ...] = ()
        for axis, index in zip(self._axes, point, strict=True):
            one = axis[index]
            key += one.setup
            values += one.values
            parts += one.id_parts
        found = self._setups.get(key)
        if found is None:
            found = self._setups[key] = self._setup(point, before)
        setup, previous = found
        if previous is None or before is None:
            return Trial(setup.identity.id(parts), setup, values)
        return Trial(setup.identity.id(parts, f"{before.id} {previous}"), setup, values, before.id)

    def _setup(self, point: Point, before: Trial | None) -> tuple[Setup, str | None]:
        """The setup of a point, and the hash of the frame before, on which its trials depend."""
        grid = self._grid
        try:
            settings = grid.settings_at(point)
            if settings.paints:
                return painting_setup(settings, self._inputs, self._varying), None
            setup = transfer_setup(settings, self._inputs, before, self._varying)
        except SettingsError as error:
            raise point_error(grid, point, str(error), error.setting) from error
        follows = setup.frame_before
        return setup, self._inputs.picture(follows).sha256 if follows else None


def _axis_values(dimension: Dimension) -> list[_AxisValue]:
    alone = [column for column, name in enumerate(dimension.settings) if ABOUT[name].alone]
    setups: dict[tuple[object, ...], int] = {}
    numbers = []
    for values in dimension.values:
        key = tuple(_decisive(name, value) for name, value in zip(dimension.settings, values, strict=True))
        numbers.append(setups.setdefault(key, len(setups)))
    found = []
    for number, values in zip(numbers, dimension.values, strict=True):
        found.append(
            _AxisValue(
                setup=(number,) if len(setups) > 1 else (),
                values=tuple(values[column] for column in alone),
                id_parts=tuple(id_part(dimension.settings[column], values[column]) for column in alone),
            )
        )
    return found


def _decisive(name: str, value: Any) -> object:
    """The part of a value on which the setup depends: all; for `About.alone`, only whether a condition names it."""
    if not ABOUT[name].alone:
        return value
    named = _NAMED.get(name)
    return value if named is None or value in named else None


def _named_values(setting: str) -> set[Any] | None:
    """The values of a setting that conditions treat differently from all others; None if that can be any value."""
    found: set[Any] = set()
    for about in ABOUT.values():
        for condition in (about.effect, *(need.condition for need in about.needed)):
            values = condition.values(setting)
            if values is None:
                return None
            found |= values
    return found


_NAMED = {name: _named_values(name) for name, about in ABOUT.items() if about.alone}
