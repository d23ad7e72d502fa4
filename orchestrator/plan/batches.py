"""Groups trials into batches: which may share a pass of the network, and how many.

Batches for GPUs are cut in `device_batches`.
"""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from orchestrator.plan.kept_state import NOTHING_KEPT
from orchestrator.plan.networks import network_named
from orchestrator.plan.trial import KeptState, Trial


@dataclass(frozen=True)
class Packing:
    """Limits on the batches that trials are packed into.

    widest: the most images in a batch.
    memory: the most bytes that one step of a batch may hold, by `Architecture.step_bytes`, fp32.
    batches: each group is split into at least this many where it can be, to keep several workers busy and lose little
        in a crash.
    """

    widest: int = 8
    memory: float = 2e9
    batches: int = 8


DEFAULT_PACKING = Packing()

EXACT = Packing(widest=1)
"""One image per batch, so that no image's pixels depend on another's."""


Lane = tuple[Trial, ...]
"""Trials that differ only in `iterations`: one optimisation, whose image is taken several times."""


@dataclass(frozen=True)
class Batch:
    """Lanes that share forward and backward passes; each is one image."""

    lanes: tuple[Lane, ...]

    @functools.cached_property
    def trials(self) -> tuple[Trial, ...]:
        """All trials, lane by lane."""
        return tuple(trial for lane in self.lanes for trial in lane)

    @property
    def paints(self) -> bool:
        """Whether its trials colour sketches; if one does, all do."""
        return self.lanes[0][0].paints

    @property
    def trains(self) -> bool:
        """Whether its trials share a generator that is trained first."""
        return self.lanes[0][0].trains

    @property
    def width(self) -> int:
        """How many images it has."""
        return len(self.lanes)

    def only(self, wanted: Container[str]) -> Batch:
        """The part of the batch with these trial ids. Trials stay in their lanes."""
        lanes = (tuple(trial for trial in lane if trial.id in wanted) for lane in self.lanes)
        return Batch(tuple(lane for lane in lanes if lane))

    def halves(self) -> list[Batch]:
        """Two batches with half of the lanes each; a single lane is cut into halves of its trials.

        A batch of one trial cannot be cut: the list then holds only the batch itself.
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
        """Ids of trials that have to be done before this batch can start."""
        return frozenset(trial.after for trial in self.trials if trial.after)

    @functools.cached_property
    def operations(self) -> float:
        """Floating-point operations of the whole batch."""
        each = (max(trial.operations for trial in lane) for lane in self.lanes)
        return max(each) if self.trains else sum(each)  # a training is shared


def pack(
    trials: Sequence[Trial],
    states: Mapping[str, str],
    packing: Packing,
    beginnings: Mapping[str, KeptState] = NOTHING_KEPT,
) -> list[Batch]:
    """Batches of the trials to run, the most expensive first, so that no worker starts a long one at the end.

    `beginnings`: where trials go on that do not run from the start, by their ids.

    Images in a batch influence each other's rounding. So batches are first made of the whole grid, whatever is done
    already, and a batch of which no trial is done runs as it was first planned. The remaining trials of partly done
    batches are packed into new ones, and so are those of batches that do not begin at the same step.
    """
    batches: list[Batch] = []
    new = not beginnings and all(states[trial.id] == "to run" for trial in trials)
    for group in _groups(trials):
        width = _width(group, packing)
        if new:
            batches += [Batch(tuple(chunk)) for chunk in _chunks(group, width)]
            continue
        leftover: list[Lane] = []
        for chunk in _chunks(group, width):
            wanted = [tuple(trial for trial in lane if states[trial.id] == "to run") for lane in chunk]
            begun = [part for lane in wanted for part in _begun(lane, beginnings)]
            if wanted == list(chunk) and len(begun) == len(chunk) and len({lane[0].first_step for lane in begun}) == 1:
                batches.append(Batch(tuple(begun)))
            else:
                leftover += begun
        for lanes in _by_length(leftover):
            batches += [Batch(tuple(chunk)) for chunk in _chunks(lanes, width)]
    return sorted(batches, key=lambda batch: -batch.operations)


def _begun(lane: Lane, beginnings: Mapping[str, KeptState]) -> list[Lane]:
    """The trials of a lane with their beginnings, in one lane for each of these."""
    if not beginnings:
        return [lane] if lane else []
    parts: dict[KeptState | None, list[Trial]] = {}
    for trial in lane:
        begins = beginnings.get(trial.id)
        parts.setdefault(begins, []).append(replace(trial, begins=begins) if begins else trial)
    return [tuple(part) for part in parts.values()]


def _groups(trials: Sequence[Trial]) -> list[list[Lane]]:
    """Groups of lanes that can share passes: the same network, deepest layer, image shape and number of steps."""
    numbers: dict[tuple[object, ...], int] = {}
    of_setup: dict[int, int] = {}  # the same number for setups whose trials may be one optimisation
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
    return *_kind(lane), _length(lane), lane[0].first_step


def _kind(lane: Lane) -> tuple[object, ...]:
    """What the lanes of a batch must share, apart from their number of steps."""
    setup = lane[0].setup
    return setup.settings.frame if lane[0].after else 0, setup.shared_in_batch


def _length(lane: Lane) -> int:
    """The steps of a lane: those of its longest trial."""
    return max(trial.iterations for trial in lane)


def _by_length(lanes: Sequence[Lane]) -> list[list[Lane]]:
    """The lanes in groups that begin and end at the same steps."""
    lengths: dict[tuple[int, int], list[Lane]] = {}
    for lane in lanes:
        lengths.setdefault((lane[0].first_step, _length(lane)), []).append(lane)
    return list(lengths.values())


def _width(group: Sequence[Lane], packing: Packing) -> int:
    """How many lanes of a group share a batch; all that share a training."""
    one = group[0][0]
    if one.trains:
        return len(group)
    bytes_each = network_named(one.architecture).step_bytes(one.deepest, one.height, one.width, itemsize=4)
    return max(1, min(math.ceil(len(group) / packing.batches), int(packing.memory / bytes_each), packing.widest))


def _chunks(lanes: Sequence[Lane], width: int) -> Iterator[Sequence[Lane]]:
    return (lanes[start : start + width] for start in range(0, len(lanes), width))
