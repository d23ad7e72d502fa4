"""A checked grid: its settings, its dimensions, and the points that they span. Grid files are read in `reader`."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from orchestrator.errors import GridError
from orchestrator.grid.halving import Halving
from orchestrator.grid.search import Search
from orchestrator.grid.values import check_value, shown_value, unknown
from results.suggestion import listed
from stylize.settings import TrialSettings


@dataclass(frozen=True)
class Dimension:
    """Axes that move together, usually one: each value is a tuple with one entry per setting.

    The first `crossed` values are combined with all other dimensions; those after them come from `include` alone.
    `drawn`: its values come from distributions.
    """

    settings: tuple[str, ...]
    values: tuple[tuple[Any, ...], ...]
    labels: tuple[tuple[str | None, ...], ...]
    crossed: int
    drawn: bool = False

    def indices(self, setting: str, wanted: Any) -> frozenset[int]:
        """The indices of the values with the label `wanted`; if there is no such label, of the value `wanted`.

        Raises GridError for an invalid value of the setting.
        """
        by_label, by_value = self._known[self.settings.index(setting)]
        found = by_label.get(wanted) if isinstance(wanted, str) else None
        return found or by_value.get(check_value(setting, wanted), frozenset())

    @functools.cached_property
    def _known(self) -> list[tuple[dict[str, frozenset[int]], dict[Any, frozenset[int]]]]:
        """For each setting, the indices of its labels and values; kept, because `exclude` may ask very often."""
        found = []
        for column in range(len(self.settings)):
            by_label: dict[str, set[int]] = {}
            by_value: dict[Any, set[int]] = {}
            for index, (labels, values) in enumerate(zip(self.labels, self.values, strict=True)):
                by_value.setdefault(values[column], set()).add(index)
                if (label := labels[column]) is not None:
                    by_label.setdefault(label, set()).add(index)
            found.append((_frozen(by_label), _frozen(by_value)))
        return found

    def names(self, setting: str) -> list[str]:
        """The name of each value of one of the settings: its label, or the value itself."""
        column = self.settings.index(setting)
        return [
            labels[column] or _without_quotes(values[column])
            for labels, values in zip(self.labels, self.values, strict=True)
        ]

    def positions(self) -> list[int]:
        """The position of each value along the axis on sheets and in tables, from 0.

        Positions follow the order of the grid. If the numbers of an axis rise or fall, numbers added by `include` are
        sorted in.
        """
        order = list(range(len(self.values)))
        if len(self.settings) == 1 and 1 < self.crossed < len(self.values):
            numbers = [value for (value,) in self.values]
            if all(isinstance(one, int | float) and not isinstance(one, bool) for one in numbers):
                steps = [after > before for before, after in itertools.pairwise(numbers[: self.crossed])]
                if len(set(steps)) == 1:
                    order.sort(key=numbers.__getitem__, reverse=not steps[0])
        positions = [0] * len(order)
        for position, index in enumerate(order):
            positions[index] = position
        return positions


def _frozen(indices: Mapping[Key, set[int]]) -> dict[Key, frozenset[int]]:
    return {key: frozenset(found) for key, found in indices.items()}


def _without_quotes(value: Any) -> str:
    return shown_value(value).strip("'") if isinstance(value, str) else shown_value(value)


Key = TypeVar("Key", str, Any)

Point = tuple[int, ...]
"""One index into `values` for each dimension."""


@dataclass(frozen=True)
class Grid:
    """What a grid file says. `rows` and `columns` are the sheet's axes, None where the file leaves them open.

    Exclusions and inclusions map the index of a dimension to indices of its values.
    """

    name: str
    file: Path
    title: str
    description: str | None
    settings: TrialSettings
    dimensions: tuple[Dimension, ...]
    exclude: tuple[dict[int, frozenset[int]], ...]
    include: tuple[dict[int, int], ...]
    rows: tuple[str, ...] | None
    columns: tuple[str, ...] | None
    overridden: frozenset[str] = frozenset()  # settings that were given by --set
    halving: Halving | None = None
    clips: Mapping[str, int] = field(default_factory=dict)  # contents that are clips, and their numbers of frames
    search: Search | None = None  # then the only dimension has the points that were proposed so far

    @property
    def base(self) -> Path:
        """The folder that paths in the grid are relative to."""
        return self.file.resolve().parent

    def most_points(self) -> int:
        """An upper limit of the number of points: exclusions are not subtracted."""
        crossed = [dimension.crossed for dimension in self.dimensions]
        included = (
            math.prod(count for index, count in enumerate(crossed) if index not in point) for point in self.include
        )
        return math.prod(crossed) + sum(included)

    def points(self) -> Iterator[Point]:
        """Every point once, in the grid's order: the last dimension varies fastest, and included points come last."""
        crossed = [range(dimension.crossed) for dimension in self.dimensions]
        excluded = self._excluded()
        for number, point in enumerate(itertools.product(*crossed)):
            if not (excluded and excluded[number]) and self._has_frame(point):
                yield point
        seen: set[Point] = set()
        for included in self.include:
            ranges = ([included[index]] if index in included else values for index, values in enumerate(crossed))
            for point in itertools.product(*ranges):
                if point not in seen and not self._is_crossed(point, excluded) and self._has_frame(point):
                    seen.add(point)
                    yield point

    def _excluded(self) -> bytes:
        """For each combination of the crossed values, in order, whether `exclude` removes it; empty without rules.

        Each rule is applied to the whole table at once, because applying thousands of rules point by point takes
        minutes.
        """
        if not self.exclude:
            return b""
        counts = [dimension.crossed for dimension in self.dimensions]
        varied = [at for at, count in enumerate(counts) if count > 1]  # NumPy has at most 64 dimensions
        table = np.zeros([counts[at] for at in varied], bool)
        for rule in self.exclude:
            named = {at: [value for value in values if value < counts[at]] for at, values in rule.items()}
            if all(named.values()):
                every = [named.get(at, range(counts[at])) for at in varied]
                table[np.ix_(*every)] = True
        return table.tobytes()

    def _is_crossed(self, point: Point, excluded: bytes) -> bool:
        """Whether a point is a combination of all axes that is not excluded, and not one that `include` added."""
        number = 0
        for dimension, index in zip(self.dimensions, point, strict=True):
            if index >= dimension.crossed:
                return False
            number = number * dimension.crossed + index
        return not (excluded and excluded[number])

    def _has_frame(self, point: Point) -> bool:
        """Whether the point's content has the point's frame: clips differ in length, and stills have one frame."""
        if not self.clips:
            return True
        content, frame, clip_frames = (self._value_at(name, point) for name in ("content", "frame", "clip_frames"))
        frames = self.clips.get(content or "", 1)
        return (frame or 0) < min(frames, clip_frames or frames)

    def _value_at(self, setting: str, point: Point) -> Any:
        for dimension, index in zip(self.dimensions, point, strict=True):
            if setting in dimension.settings:
                return dimension.values[index][dimension.settings.index(setting)]
        return getattr(self.settings, setting)

    def with_points(self, points: Sequence[tuple[Any, ...]]) -> Grid:
        """The grid of a search in which these points were proposed, each with a value of every axis."""
        [drawn] = self.dimensions
        labels = ((None,) * len(drawn.settings),) * len(points)
        return replace(self, dimensions=(replace(drawn, values=tuple(points), labels=labels, crossed=len(points)),))

    def settings_at(self, point: Point) -> TrialSettings:
        """The settings of one point. Each is valid by itself; `orchestrator/plan` checks whether they fit together."""
        changes: dict[str, Any] = {}
        for dimension, index in zip(self.dimensions, point, strict=True):
            changes.update(zip(dimension.settings, dimension.values[index], strict=True))
        return self.settings.model_copy(update=changes)


def select(dimensions: Sequence[Dimension], setting: str, wanted: Any) -> tuple[int, frozenset[int]]:
    """The dimension of an axis, and those of its values that `wanted` names by label or by value.

    Raises GridError without a position.
    """
    index = next((at for at, one in enumerate(dimensions) if setting in one.settings), None)
    if index is None:
        raise GridError(unknown("axis", setting, (name for one in dimensions for name in one.settings)))
    dimension = dimensions[index]
    found = dimension.indices(setting, wanted)
    if not found:
        raise GridError(
            f"the axis {setting} has no value {shown_value(wanted)}; it has {listed(dimension.names(setting))}"
        )
    return index, found
