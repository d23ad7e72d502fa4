"""Trials, and the batches that they are worked at in: what can share a pass of the network, and how wide."""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.plan.trial import Trial
from stylize import ARCHITECTURES


@dataclass(frozen=True)
class Packing:
    """How trials that can share passes are made into batches.

    widest: images a batch may have. memory: bytes that a step of a batch may hold, by `Architecture.step_bytes`, fp32.
    batches: a group makes at least so many: enough for several workers, and little is lost in a crash.
    """

    widest: int = 8
    memory: float = 2e9
    batches: int = 8


DEFAULT_PACKING = Packing()

EXACT = Packing(widest=1)
"""Every image alone: its bits then depend on no other."""


Lane = tuple[Trial, ...]
"""Trials that are one optimisation, looked at after different numbers of steps."""


@dataclass(frozen=True)
class Batch:
    """Lanes that share forward and backward passes; each is one image."""

    lanes: tuple[Lane, ...]

    @functools.cached_property
    def trials(self) -> tuple[Trial, ...]:
        """All trials, lane by lane."""
        return tuple(trial for lane in self.lanes for trial in lane)

    @property
    def width(self) -> int:
        """How many images it has."""
        return len(self.lanes)

    def only(self, wanted: Container[str]) -> Batch:
        """A batch of the trials with these ids, in the lanes that they are in."""
        lanes = (tuple(trial for trial in lane if trial.id in wanted) for lane in self.lanes)
        return Batch(tuple(lane for lane in lanes if lane))

    def halves(self) -> list[Batch]:
        """Two batches of half as many lanes; where there is a single lane, of half as many of its trials.

        A batch of one trial has no halves: it comes back alone.
        """
        if len(self.lanes) > 1:
            half = len(self.lanes) // 2
            return [Batch(self.lanes[:half]), Batch(self.lanes[half:])]
        [lane] = self.lanes
        half = len(lane) // 2
        return [Batch((part,)) for part in (lane[:half], lane[half:]) if part]

    def singles(self) -> list[Batch]:
        """A batch for each trial."""
        return [Batch(((trial,),)) for trial in self.trials]

    @functools.cached_property
    def name(self) -> str:
        """Tells batches apart in file names."""
        return hashlib.sha256("".join(trial.id for trial in self.trials).encode()).hexdigest()[:16]

    @functools.cached_property
    def after(self) -> frozenset[str]:
        """Trials that have to be done before."""
        return frozenset(trial.after for trial in self.trials if trial.after)

    @functools.cached_property
    def operations(self) -> float:
        """Floating-point operations of the whole batch."""
        return sum(max(trial.operations for trial in lane) for lane in self.lanes)


def pack(trials: Sequence[Trial], states: Mapping[str, str], packing: Packing) -> list[Batch]:
    """Batches of the trials to run, costliest first, so that no worker is left with a long one at the end.

    Batches follow from the grid alone, because the width of a batch is part of its numerics: a batch of which nothing
    is recorded runs as it was first planned, whatever else is done. What is left of others is packed together.
    """
    batches: list[Batch] = []
    for group in _groups(trials):
        width = _width(group, packing)
        leftover: list[Lane] = []
        for chunk in _chunks(group, width):
            wanted = [tuple(trial for trial in lane if states[trial.id] == "to run") for lane in chunk]
            if wanted == list(chunk):
                batches.append(Batch(tuple(chunk)))
            else:
                leftover += [lane for lane in wanted if lane]
        for lanes in _by_length(leftover):
            batches += [Batch(tuple(chunk)) for chunk in _chunks(lanes, width)]
    return sorted(batches, key=lambda batch: -batch.operations)


def _groups(trials: Sequence[Trial]) -> list[list[Lane]]:
    """Lanes that can share passes: one network cut at one layer, one shape, one number of steps."""
    numbers: dict[tuple[object, ...], int] = {}
    of_setup: dict[int, int] = {}  # equal for setups whose trials may be one optimisation
    lanes: dict[tuple[object, ...], list[Trial]] = {}
    for trial in trials:
        setup = trial.setup
        number = of_setup.get(id(setup))
        if number is None:
            key = setup.network, setup.content, setup.style, setup.trajectory
            number = of_setup[id(setup)] = numbers.setdefault(key, len(numbers))
        lanes.setdefault((number, trial.after, setup.lasting(trial.values)), []).append(trial)
    groups: dict[tuple[object, ...], list[Lane]] = {}
    for lane in map(tuple, lanes.values()):
        groups.setdefault(_kind(lane), []).append(lane)
    return [group for lanes_of_any_length in groups.values() for group in _by_length(lanes_of_any_length)]


def sharing(lane: Lane) -> tuple[object, ...]:
    """Equal for lanes that can share passes."""
    return *_kind(lane), _length(lane)


def _kind(lane: Lane) -> tuple[object, ...]:
    """What lanes must have in common beside the number of their steps."""
    setup = lane[0].setup
    return setup.settings.frame if lane[0].after else 0, setup.shared_in_batch


def _length(lane: Lane) -> int:
    """The steps of a lane: those of its longest trial."""
    return max(trial.iterations for trial in lane)


def _by_length(lanes: Sequence[Lane]) -> list[list[Lane]]:
    """The same lanes by the number of their steps."""
    lengths: dict[int, list[Lane]] = {}
    for lane in lanes:
        lengths.setdefault(_length(lane), []).append(lane)
    return list(lengths.values())


def _width(group: Sequence[Lane], packing: Packing) -> int:
    """How many lanes of a group share a batch."""
    one = group[0][0]
    bytes_each = ARCHITECTURES[one.architecture].step_bytes(one.deepest, one.height, one.width, itemsize=4)
    return max(1, min(math.ceil(len(group) / packing.batches), int(packing.memory / bytes_each), packing.widest))


def _chunks(lanes: Sequence[Lane], width: int) -> Iterator[Sequence[Lane]]:
    return (lanes[start : start + width] for start in range(0, len(lanes), width))
