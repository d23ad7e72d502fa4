"""Reads a grid file and checks it; every mistake is reported with its position.

Values are checked in `values`, YAML is read in `yaml12`. A grid file:

title: Style layers against the content/style ratio
settings: {content: neckarfront, style: composition_vii, size: 448}
axes:
  style_layers: {conv1_1: [conv1_1], + conv2_1: [conv1_1, conv2_1]}   # labels → values
  ratio: {logspace: [1e-4, 1e-2, 3]}                                  # or a list of values
zip: [[style, learning_rate]]                                         # axes that move together
exclude: [{ratio: 1e-4, style_layers: conv1_1}]
include: [{ratio: 1e-5}]
sheet: {rows: style_layers, columns: ratio}
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from orchestrator.errors import GridError
from orchestrator.grid.axis import Axis, dimensions_of
from orchestrator.grid.grid import Dimension, Grid, select
from orchestrator.grid.growing import GrowingDimension
from orchestrator.grid.halving import read_halving
from orchestrator.grid.sampling import draw, is_distribution, read_distribution, read_sample
from orchestrator.grid.search import Search, read_search
from orchestrator.grid.sheet_axes import read_sheet
from orchestrator.grid.values import (
    MOST_AXIS_VALUES,
    check_value,
    is_value,
    read_override,
    read_spaced,
    shown_value,
    unknown,
    unknown_setting,
)
from orchestrator.grid.yaml12 import Document, Steps, parse, path_text, read_yaml
from stylize.settings import SETTING_NAMES, TrialSettings

ENTRIES = (
    "title", "description", "settings", "axes", "sample", "search", "zip", "exclude", "include", "halving", "sheet",
)  # fmt: skip


def load_grid(path: Path, overrides: Sequence[str] = ()) -> Grid:
    """Read and check a grid file; `overrides` are the `name=value` of `--set`, which fix a setting or an axis.

    Raises GridError.
    """
    return _Reader(read_yaml(path), path).read([read_override(text) for text in overrides])


def grid_of(text: str, path: Path, overrides: Sequence[str] = ()) -> Grid:
    """The grid that a file with this text would be. Raises GridError as `load_grid` does."""
    return _Reader(parse(text, str(path)), path).read([read_override(text) for text in overrides])


class _Reader:
    def __init__(self, document: Document, path: Path) -> None:
        self._document = document
        self._path = path
        self._fixed: dict[str, Any] = {}  # by --set
        self._drawn: dict[str, Axis] = {}  # from distributions
        self._search: Search | None = None

    def read(self, overrides: Sequence[tuple[str, Any]]) -> Grid:
        data = self._document.data
        if data is None:
            self._fail("the grid is empty; it needs at least settings or axes", ())
        self._mapping(data, (), "a grid")
        for entry in data:
            if entry not in ENTRIES:
                self._fail(unknown("entry", entry, ENTRIES), (entry,), key=True)
        settings = self._settings(data.get("settings"))
        self._drawn = self._draw(data.get("axes"), data)
        axes = self._axes(data.get("axes"), settings)
        groups = self._zip(data.get("zip"), axes)
        self._fixed = dict(overrides)
        settings |= self._fixed
        base = TrialSettings.model_construct(**settings)
        free = {name: axis for name, axis in axes.items() if name not in self._fixed}
        if self._search:
            self._search = self._search.without(self._fixed)
        dimensions = dimensions_of(free, groups)
        exclude = self._exclude(data.get("exclude"), dimensions_of(axes, groups), dimensions)
        dimensions, include = self._include(data.get("include"), dimensions, base)
        names = [name for dimension in dimensions for name in dimension.settings]
        fail = functools.partial(self._fail_below, ("halving",))
        halving = read_halving(data.get("halving"), [*names, *self._fixed], settings, fail)
        if halving and self._search:
            fail("a search learns from trials that ran to their end, so it does not go with halving")
        base = base.model_copy(update=halving.settings) if halving else base
        rows, columns = self._sheet(data.get("sheet"), dimensions)
        return Grid(
            name=self._path.stem,
            file=self._path,
            title=self._text(data, "title") or self._path.stem,
            description=self._text(data, "description"),
            settings=base,
            dimensions=dimensions,
            exclude=exclude,
            include=include,
            rows=rows,
            columns=columns,
            overridden=frozenset(self._fixed),
            search=self._search,
            halving=halving,
        )

    def _fail(self, message: str, steps: Steps, *, key: bool = False) -> NoReturn:
        raise GridError(message, path_text(steps), self._document.position(steps, key=key))

    def _fail_below(self, steps: Steps, message: str, *more: str | int) -> NoReturn:
        self._fail(message, (*steps, *more))

    @contextlib.contextmanager
    def _at(self, steps: Steps) -> Iterator[None]:
        """Add this position to errors that have none."""
        try:
            yield
        except GridError as error:
            if error.position:
                raise
            self._fail(error.message, steps)

    def _mapping(self, value: Any, steps: Steps, what: str) -> None:
        if not isinstance(value, Mapping):
            self._fail(f"{what} is a mapping of names to values, not {shown_value(value)}", steps)

    def _list(self, value: Any, steps: Steps, what: str) -> None:
        if not isinstance(value, list):
            self._fail(f"{what}, not {shown_value(value)}", steps)

    def _text(self, data: Mapping[str, Any], name: str) -> str | None:
        value = data.get(name)
        if value is not None and not isinstance(value, str):
            self._fail(f"{name} is text, not {shown_value(value)}; put it in quotes", (name,))
        return value

    def _value(self, setting: str, value: Any, steps: Steps) -> Any:
        with self._at(steps):
            return check_value(setting, value)

    def _setting_name(self, name: str, steps: Steps) -> None:
        if name not in SETTING_NAMES:
            self._fail(unknown_setting(name), steps, key=True)

    def _settings(self, block: Any) -> dict[str, Any]:
        if block is None:
            return {}
        self._mapping(block, ("settings",), "settings")
        for name in block:
            self._setting_name(name, ("settings", name))
        return {name: self._fixed_value(name, value, ("settings", name)) for name, value in block.items()}

    def _fixed_value(self, name: str, value: Any, steps: Steps) -> Any:
        """The value of a setting. If the file gives a list of values instead, the message says where lists belong."""
        try:
            return check_value(name, value)
        except GridError as error:
            hint = ""
            if isinstance(value, list) and value and all(is_value(name, one) for one in value):
                hint = "; a list of values to try belongs under axes"
            self._fail(error.message + hint, steps)

    def _axes(self, block: Any, settings: Mapping[str, Any]) -> dict[str, Axis]:
        if block is None:
            return {}
        self._mapping(block, ("axes",), "axes")
        axes = {}
        for name, entry in block.items():
            self._setting_name(name, ("axes", name))
            if name in settings:
                message = f"{name} is in settings as well; a setting is either fixed or an axis"
                self._fail(message, ("axes", name), key=True)
            axes[name] = self._drawn[name] if name in self._drawn else self._axis(name, entry)
        return axes

    def _draw(self, block: Any, data: Mapping[str, Any]) -> dict[str, Axis]:
        """The axes that are distributions, with the values that `sample` draws."""
        found, sampled = {}, "sample" in data or "search" in data
        for name, entry in block.items() if isinstance(block, Mapping) else ():
            if name in SETTING_NAMES and is_distribution(entry, sampled=sampled):
                with self._at(("axes", name)):
                    found[name] = read_distribution(name, entry)
                    if not sampled:
                        raise GridError("a distribution needs `sample: {count: 200}` in the grid")
        if not sampled:
            return {}
        if "search" in data:
            with self._at(("search",)):
                self._search = read_search(data, found, self._document)
            return {name: Axis((), (), (), drawn=True) for name in found}
        with self._at(("sample",)):
            drawn = draw(found, read_sample(data["sample"]))
        return {
            name: Axis(values, (None,) * len(values), (("axes", name),) * len(values), drawn=True)
            for name, values in drawn
        }

    def _axis(self, name: str, entry: Any) -> Axis:
        steps: Steps = ("axes", name)
        if isinstance(entry, Mapping) and len(entry) == 1 and next(iter(entry)) in ("logspace", "linspace"):
            kind, arguments = next(iter(entry.items()))
            fail = functools.partial(self._fail_below, (*steps, kind))
            values: list[Any] = read_spaced(kind, arguments, fail)
            labels: list[str | None] = [None] * len(values)
            each: list[Steps] = [(*steps, kind)] * len(values)
        elif isinstance(entry, Mapping):
            values, labels = list(entry.values()), list(entry)
            each = [(*steps, label) for label in entry]
        elif isinstance(entry, list):
            values, labels = entry, [None] * len(entry)
            each = [(*steps, index) for index in range(len(entry))]
        else:
            message = (
                "an axis is a list of values, a mapping of labels to values, or {logspace: [first, last, count]}; "
                "a single value belongs in settings"
            )
            self._fail(message, steps)
        if not values:
            self._fail(f"the axis {name} is empty", steps)
        if len(values) > MOST_AXIS_VALUES:
            self._fail(f"the axis {name} has more than {MOST_AXIS_VALUES:,} values", steps)
        checked = [self._value(name, value, at) for value, at in zip(values, each, strict=True)]
        return Axis(tuple(checked), tuple(labels), tuple(each))

    def _zip(self, block: Any, axes: Mapping[str, Axis]) -> list[list[str]]:
        what = "zip is a list of groups of axes, such as [[style, learning_rate]]"
        if block is not None:
            self._list(block, ("zip",), what)
        seen: set[str] = set()
        for index, group in enumerate(block or ()):
            steps: Steps = ("zip", index)
            self._list(group, steps, what)
            if len(group) < 2:
                self._fail("a group needs two axes or more", steps)
            for number, name in enumerate(group):
                if not isinstance(name, str) or name not in axes:
                    self._fail(unknown("axis", name, axes), (*steps, number))
                if name in seen:
                    self._fail(f"{name} is zipped twice", (*steps, number))
                if name in self._drawn:
                    self._fail(f"{name} is drawn, and what is drawn moves together already", (*steps, number))
                seen.add(name)
                counts = len(axes[group[0]].values), len(axes[name].values)
                if counts[0] != counts[1]:
                    message = f"{group[0]} has {counts[0]} values and {name} has {counts[1]}; zipped axes need as many"
                    self._fail(message, (*steps, number))
        for name, axis in axes.items():
            met: set[Any] = set()
            for value, at in zip(axis.values, axis.steps, strict=True):
                if value in met and name not in seen and name not in self._drawn:
                    self._fail(f"{name} has this value a second time", at)
                met.add(value)
        drawn = [list(self._drawn)] if self._drawn else []
        return [list(group) for group in block or ()] + drawn

    def _points(self, block: Any, name: str) -> Iterator[tuple[Steps, Mapping[str, Any]]]:
        if block is None:
            return
        self._list(block, (name,), f"{name} is a list of points, such as [{{ratio: 1e-4, pooling: max}}]")
        for index, point in enumerate(block):
            steps: Steps = (name, index)
            self._mapping(point, steps, "a point")
            if not point:
                self._fail("this point names nothing", steps)
            yield steps, point

    def _exclude(
        self, block: Any, written: Sequence[Dimension], dimensions: Sequence[Dimension]
    ) -> tuple[dict[int, frozenset[int]], ...]:
        """The rules of `exclude`, which are checked against the dimensions as they are `written` in the file. Where
        --set fixes an axis, a rule naming another value of that axis is ignored.
        """
        rules = []
        for steps, point in self._points(block, "exclude"):
            rule: dict[int, frozenset[int]] = {}
            applies = True
            for name, value in point.items():
                with self._at((*steps, name)):
                    index, values = select(written, name, value)
                if name in self._fixed:
                    column = written[index].settings.index(name)
                    named = {written[index].values[at][column] for at in values}
                    applies = applies and self._fixed[name] in named
                    continue
                index, values = select(dimensions, name, value)
                rule[index] = rule.get(index, values) & values
            if applies and rule:
                rules.append(rule)
        return tuple(rules)

    def _include(
        self, block: Any, dimensions: tuple[Dimension, ...], base: TrialSettings
    ) -> tuple[tuple[Dimension, ...], tuple[dict[int, int], ...]]:
        """The included points, and the dimensions with the values added that only these points use.

        A point that does not name an axis is repeated for each value of that axis. A setting that is not an axis
        becomes one.
        """
        grown, included = [GrowingDimension(dimension) for dimension in dimensions], []
        for steps, point in self._points(block, "include"):
            values = {}
            for name, value in point.items():
                self._setting_name(name, (*steps, name))
                if name not in self._fixed:
                    values[name] = self._labelled(grown, name, value, (*steps, name))
            for name in values:
                if not any(name in dimension.settings for dimension in grown):
                    alone = Dimension((name,), ((getattr(base, name),),), ((None,),), crossed=1)
                    grown.append(GrowingDimension(alone))
            indices = {}
            for index, dimension in enumerate(grown):
                named = [name for name in dimension.settings if name in values]
                if named and len(named) < len(dimension.settings):
                    self._fail(f"{' and '.join(dimension.settings)} are zipped: name all of them or none", steps)
                if named:
                    indices[index] = dimension.index(tuple(values[name] for name in dimension.settings))
            included.append(indices)
        return tuple(dimension.grown() for dimension in grown), tuple(included)

    def _labelled(self, dimensions: Sequence[GrowingDimension], name: str, value: Any, steps: Steps) -> Any:
        """The value that `value` names: itself, or the value with this label on an axis."""
        if isinstance(value, str):
            for dimension in dimensions:
                if name in dimension.settings and value in dimension.labelled(name):
                    return dimension.labelled(name)[value]
        return self._value(name, value, steps)

    def _sheet(
        self, block: Any, dimensions: Sequence[Dimension]
    ) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
        if block is None:
            return None, None
        self._mapping(block, ("sheet",), "sheet")
        axes = [name for dimension in dimensions for name in dimension.settings]
        return read_sheet(block, axes, self._fixed, self._fail)
