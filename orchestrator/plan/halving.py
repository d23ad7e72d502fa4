"""Which trials of a grid with `halving` go on from a rung, and which stop there. Pure functions of rows.

A point of the grid has a trial for each rung: the same optimisation with as many iterations. So what is stopped has a
row, an image and an id of its own, like any trial. The trial of a rung goes on from the state that the one before kept.
The entry of the grid is read in `orchestrator/grid/halving.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from orchestrator.errors import EngineError
from orchestrator.grid.grid import Grid, Point
from orchestrator.grid.halving import Halving
from orchestrator.grid.positions import point_error
from orchestrator.plan.trial import KeptState, Trial


@dataclass(frozen=True)
class Standing:
    """How far the trials are. All are given by the ids of the trials that the grid asks for, of the last rung.

    present: the trial of the highest rung that each has reached. stopped: the rung at which those stopped that do not
    go on. at_rung: for each rung the trials that have reached it, in the grid's order. expected: the same for the rungs
    that are still to come, if the first trials of each group were the best; they begin where the rung before ends.
    """

    present: Mapping[str, Trial]
    stopped: Mapping[str, int]
    at_rung: Sequence[Sequence[Trial]]
    expected: Sequence[Sequence[Trial]]


class Halved:
    """The trials of a grid with `halving`. `asked`: its points with their trials of the last rung."""

    def __init__(self, halving: Halving, grid: Grid, asked: Sequence[tuple[Point, Trial]]) -> None:
        """Raises GridError for trials that cannot go on from a rung, or that have no value of the metric."""
        self.halving = halving
        self.asked = asked
        groups: dict[tuple[object, ...], dict[str, Trial]] = {}
        seen: set[str] = set()
        for point, trial in asked:
            if trial.id not in seen:
                _check(halving, grid, point, trial)
                seen.add(trial.id)
                groups.setdefault(_group(halving, grid, point), {})[trial.id] = trial
        self._groups = [list(group.values()) for group in groups.values()]
        self._order = {trial.id: number for number, (_, trial) in reversed(list(enumerate(asked)))}
        self._at = {(trial.id, halving.rungs[-1]): trial for _, trial in asked}

    def at(self, trial: Trial, rung: int) -> Trial:
        """A trial that the grid asks for, at a rung."""
        if (trial.id, rung) not in self._at:
            self._at[trial.id, rung] = trial.at(rung)
        return self._at[trial.id, rung]

    def every_trial(self) -> dict[str, Trial]:
        """The trials of all rungs by their ids."""
        asked = {trial.id: trial for _, trial in self.asked}.values()
        found = [self.at(trial, rung) for trial in asked for rung in self.halving.rungs]
        return {trial.id: trial for trial in found}

    def earlier(self, trial: Trial, present: Trial) -> list[str]:
        """The ids of the trials of the rungs below the one that a trial has reached."""
        return [self.at(trial, rung).id for rung in self.halving.rungs if rung < present.iterations]

    def standing(self, states: Mapping[str, str], values: Mapping[str, float]) -> Standing:
        """How far the trials are. `states`: done or failed, of trials that have a row; `values`: of the metric.

        A group goes on from a rung when all its trials there have ended. Failed trials never go on; equal values and
        missing ones are decided by the grid's order, missing ones last. Raises EngineError if all values are missing.
        """
        present: dict[str, Trial] = {}
        stopped: dict[str, int] = {}
        rungs = self.halving.rungs
        at_rung: list[list[Trial]] = [[] for _ in rungs]
        expected: list[list[Trial]] = [[] for _ in rungs]
        for group in self._groups:
            going = group
            for level, rung in enumerate(rungs):
                at_rung[level] += going
                present |= {trial.id: self.at(trial, rung) for trial in going}
                ended = all(self.at(trial, rung).id in states for trial in going)
                if not ended or level == len(rungs) - 1:
                    self._expect(going, level, expected)
                    break
                best = self._best(going, rung, states, values)
                others = [trial for trial in going if trial.id not in best]
                stopped |= {trial.id: rung for trial in others if self._done(trial, rung, states)}
                going = [trial for trial in going if trial.id in best]
        in_order = [sorted(trials, key=lambda trial: self._order[trial.id]) for trials in at_rung]
        here = [[self.at(trial, rung) for trial in trials] for trials, rung in zip(in_order, rungs, strict=True)]
        return Standing(present, stopped, here, expected)

    def _done(self, trial: Trial, rung: int, states: Mapping[str, str]) -> bool:
        return states.get(self.at(trial, rung).id) == "done"

    def _best(
        self, group: Sequence[Trial], rung: int, states: Mapping[str, str], values: Mapping[str, float]
    ) -> set[str]:
        """The ids of the trials of a group that go on from a rung."""
        done = [trial for trial in group if self._done(trial, rung, states)]
        found = {trial.id: values.get(self.at(trial, rung).id, math.nan) for trial in done}
        if done and all(math.isnan(value) for value in found.values()):
            raise EngineError(
                f"halving: none of the {len(done)} trials that ended at step {rung} has a value of {self.halving.by}; "
                "choose another metric and run the grid again, which computes nothing twice"
            )

        def rank(trial: Trial) -> tuple[bool, float]:
            value = found[trial.id]
            return math.isnan(value), -value if self.halving.highest else value

        return {trial.id for trial in sorted(done, key=rank)[: self.halving.count(len(group))]}

    def _expect(self, going: Sequence[Trial], level: int, expected: Sequence[list[Trial]]) -> None:
        """Add the trials to `expected` that a group at a rung will have at the later ones."""
        rungs = self.halving.rungs
        for later in range(level + 1, len(rungs)):
            going = going[: self.halving.count(len(going))]
            for trial in going:
                begins = KeptState(self.at(trial, rungs[later - 1]).id, rungs[later - 1], "")
                expected[later].append(replace(self.at(trial, rungs[later]), begins=begins))


def _group(halving: Halving, grid: Grid, point: Point) -> tuple[object, ...]:
    """The values by which a point belongs to a group."""
    found = []
    for dimension, index in zip(grid.dimensions, point, strict=True):
        for name, value in zip(dimension.settings, dimension.values[index], strict=True):
            if name in halving.within:
                found.append((name, value))
    return tuple(found)


def _check(halving: Halving, grid: Grid, point: Point, trial: Trial) -> None:
    """Raises GridError for a trial that cannot be stopped at rungs, or ranked by the metric."""
    setup = trial.setup
    if not setup.can_continue:
        settings = setup.settings
        name = "pyramid" if settings.pyramid else "matting_from" if settings.matting_weight else "optimizer"
        if settings.paints:
            name = "method"
        elif setup.frame_before:
            name = "content"
        message = f"halving needs trials that can go on from where they stopped, and with this {name} they cannot"
        raise point_error(grid, point, message, name)
    if (missing := _missing(halving.by, trial)) is not None:
        raise point_error(grid, point, f"halving: this trial has no {halving.by}, because {missing[1]}", missing[0])


def _missing(column: str, trial: Trial) -> tuple[str, str] | None:
    """A setting that leaves a trial without a value of a column, and the reason in words; None if it has one."""
    settings, styles = trial.setup.settings, trial.style or trial.blend
    needs: dict[str, tuple[bool, str, str]] = {
        "content_loss": (settings.uses_content, "ratio", "its content does not count"),
        "style_loss": (settings.uses_style, "ratio", "its style does not count"),
        "matting_loss": (settings.matting_weight > 0, "matting_weight", "its matting_weight is 0"),
        "laplacian_loss": (settings.laplacian_weight > 0, "laplacian_weight", "its laplacian_weight is 0"),
        "temporal_loss": (False, "content", "its content is a still picture"),
        "structural_similarity": (trial.content is not None, "content", "it has no content picture"),
        "colour_distance_to_content": (trial.content is not None, "content", "it has no content picture"),
        "colour_distance_to_style": (bool(styles), "style", "it uses no style picture"),
        "style_distance": (bool(styles), "style", "it uses no style picture"),
    }
    has, setting, reason = needs.get(column, (True, "", ""))
    return None if has else (setting, reason)
