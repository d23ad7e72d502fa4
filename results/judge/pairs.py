"""Chooses which two trials are shown next."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from collections.abc import Iterable

from results.judge.axes import JudgedAxis

MOST_PAIRS = 100_000
"""More pairs than anybody judges. If an axis has more, this many are chosen at random."""

Pair = frozenset[str]
"""The ids of two trials."""


class Pairs:
    """The pairs of an axis, and how often each was judged. The trials of a pair differ in this axis and in nothing
    else.
    """

    def __init__(self, axis: JudgedAxis, draw: random.Random) -> None:
        self._axis, self._draw = axis, draw
        contexts = list(axis.contexts.values())
        counts = [math.comb(len(trials), 2) for trials in contexts]
        if sum(counts) <= MOST_PAIRS:
            every = (frozenset(two) for trials in contexts for two in itertools.combinations(trials, 2))
        else:
            chosen = draw.choices(contexts, counts, k=MOST_PAIRS)
            every = (frozenset(draw.sample(trials, 2)) for trials in chosen)
        self._pairs: list[Pair] = list(dict.fromkeys(every))
        self._judged: Counter[Pair] = Counter()
        self._compared: Counter[frozenset[int]] = Counter()
        self._shown: Counter[str] = Counter()  # of each trial, in how many votes

    def __len__(self) -> int:
        return len(self._pairs)

    @property
    def seen(self) -> int:
        """How many of the pairs were judged at least once."""
        return sum(pair in self._judged for pair in self._pairs)

    def count(self, pair: Pair, times: int = 1) -> None:
        """Count a vote on a pair; -1 takes one back. Unknown pairs are ignored."""
        if pair <= self._axis.positions.keys():
            self._judged[pair] += times
            self._compared[self._values(pair)] += times
            for trial in pair:
                self._shown[trial] += times
            if not self._judged[pair]:
                del self._judged[pair]

    def drop(self, trials: Iterable[str]) -> None:
        """Leave out trials whose images could not be read."""
        gone = set(trials)
        self._pairs = [pair for pair in self._pairs if not pair & gone]

    def next(self, other_than: Pair | None = None) -> tuple[str, str] | None:
        """The next pair, left and right in random order: one of the pairs that were judged least, among these one
        whose two values were compared least, and among these one with a trial that was shown least: those that a sweep
        has just finished. None if there is no pair. `other_than` is returned only if it is the last one.
        """
        candidates = [pair for pair in self._pairs if pair != other_than] or self._pairs
        if not candidates:
            return None
        times = [
            (self._judged[pair], self._compared[self._values(pair)], min(self._shown[trial] for trial in pair))
            for pair in candidates
        ]
        fewest = min(times)
        pair = self._draw.choice([one for one, count in zip(candidates, times, strict=True) if count == fewest])
        left, right = self._draw.sample(sorted(pair), 2)
        return left, right

    def _values(self, pair: Pair) -> frozenset[int]:
        return frozenset(self._axis.positions[trial] for trial in pair)
