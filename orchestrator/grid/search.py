"""The entry `search` of a grid: which metrics a search improves, and how.

axes:
  ratio: {loguniform: [1e-5, 1e-1]}
  style: {choice: [swirls, facets]}
search: {trials: 200, sampler: tpe, minimise: [style_distance], maximise: [structural_similarity], at_once: 32, seed: 0}

Every axis is a distribution. What is proposed from them is the business of `orchestrator/search/`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, NoReturn

from orchestrator.errors import GridError
from orchestrator.grid.sampling import MOST_POINTS, Distribution
from orchestrator.grid.values import shown_value, unknown
from orchestrator.grid.yaml12 import Document, Steps, path_text
from stylize import registry

SAMPLERS = ("tpe", "nsga2", "random")
PREFERENCE = "preference"
"""The objective that blind votes decide, in place of a metric."""

WITHOUT = ("sample", "zip", "exclude", "include")
"""Entries of a grid that say which points there are, as a search does itself."""

_ENTRIES = ("trials", "sampler", "minimise", "maximise", "at_once", "seed")


@dataclass(frozen=True)
class Objective:
    """One column that a search improves. `where`: an error about it, without its message."""

    column: str
    better: Literal["lower", "higher"]
    where: GridError


@dataclass(frozen=True)
class Search:
    """What a search does.

    trials: how many points it tries. at_once: how many of them may run or wait at the same time; the fewer, the more is
    known when the next are proposed. distributions: what each axis may be, by its setting.
    """

    trials: int
    objectives: tuple[Objective, ...]
    distributions: Mapping[str, Distribution]
    sampler: str = "tpe"
    at_once: int = 32
    seed: int = 0

    @property
    def block(self) -> int:
        """How many points are proposed together."""
        return max(1, self.at_once // 2)

    @property
    def blocks_at_once(self) -> int:
        """How many blocks run at the same time: two, so that workers are never idle."""
        return min(2, self.at_once)

    @property
    def by_votes(self) -> bool:
        """Whether one of the objectives is what people prefer."""
        return any(one.column == PREFERENCE for one in self.objectives)

    def without(self, fixed: Collection[str]) -> Search:
        """The search where `--set` fixes some of the axes. Raises GridError where none is left."""
        left = {name: one for name, one in self.distributions.items() if name not in fixed}
        if not left:
            raise GridError("--set fixes every axis, and leaves nothing to search", "search")
        return replace(self, distributions=left)


def read_search(data: Mapping[str, Any], distributions: Mapping[str, Distribution], document: Document) -> Search:
    """The entry `search` of a grid file. Raises GridError with its position."""

    def fail(message: str, *steps: Any, key: bool = False) -> NoReturn:
        raise GridError(message, path_text(steps), document.position(steps, key=key))

    for other in WITHOUT:
        if other in data:
            fail(f"a search proposes the points itself; {other} does not go with it", other, key=True)
    for name in data.get("axes") or {}:
        if name not in distributions:
            what = "every axis of a search is a distribution, such as {uniform: [1, 2]} or {choice: [average, max]}"
            fail(what, "axes", name)
    if not distributions:
        fail("a search needs axes that are distributions, such as ratio: {loguniform: [1e-5, 1e-1]}", "search")
    options = _options(data["search"], fail)
    objectives = _objectives(data["search"], document, fail)
    for one in objectives:
        given = [name for name in ("content", "style") if name in distributions]
        if one.column == PREFERENCE and given:
            message = f"people compare images of one content and style; {given[0]} cannot be an axis"
            raise GridError(message, one.where.path, one.where.position)
    return Search(objectives=objectives, distributions=distributions, **options)


def _options(entry: Any, fail: Callable[..., NoReturn]) -> dict[str, Any]:
    """All of the entry but what it improves, checked."""
    if not isinstance(entry, Mapping):
        example = "{trials: 200, minimise: [style_distance]}"
        fail(f"search is a mapping such as {example}, not {shown_value(entry)}", "search")
    for name in entry:
        if name not in _ENTRIES:
            fail(unknown("entry of search", name, _ENTRIES), "search", name, key=True)
    if "trials" not in entry:
        fail("search says how many trials it may run, such as trials: 200", "search")
    for name, (least, most) in {"trials": (1, MOST_POINTS), "at_once": (1, 4096), "seed": (0, 2**32 - 1)}.items():
        value = entry.get(name, 1)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            fail(f"{name} is a whole number from {least:,} to {most:,}, not {shown_value(value)}", "search", name)
    if entry.get("sampler", "tpe") not in SAMPLERS:
        fail(unknown("sampler", entry["sampler"], SAMPLERS), "search", "sampler")
    return {name: entry[name] for name in ("trials", "sampler", "at_once", "seed") if name in entry}


def _objectives(entry: Mapping[str, Any], document: Document, fail: Callable[..., NoReturn]) -> tuple[Objective, ...]:
    """What the search improves, of which there is something."""
    objectives: list[Objective] = []
    for side in ("minimise", "maximise"):
        names = entry.get(side, [])
        if not isinstance(names, list):
            fail(f"{side} is a list of metrics, such as [style_distance], not {shown_value(names)}", "search", side)
        for number, name in enumerate(names):
            one = _objective(document, side, name, ("search", side, number))
            if any(other.column == one.column for other in objectives):
                fail(f"{name} is here a second time", "search", side, number)
            objectives.append(one)
    if not objectives:
        fail("search names what it improves, such as minimise: [style_distance]", "search")
    return tuple(objectives)


def _objective(document: Document, side: str, name: Any, steps: Steps) -> Objective:
    where = GridError("", path_text(steps), document.position(steps))
    metrics = [column for column, kind in registry.metric_columns().items() if kind is float]
    known = [*metrics, *registry.loss_columns(), PREFERENCE]
    if name not in known:
        raise GridError(unknown("metric", name, known), where.path, where.position)
    if name == PREFERENCE and side == "minimise":
        raise GridError("write preference below maximise", where.path, where.position)
    return Objective(name, "lower" if side == "minimise" else "higher", where)
