"""How often the intervals of `results.vote_effects` contain the true share, in simulated votes.

    python -m benchmarks.vote_intervals

Twelve trials (axes of 2, 3 and 2 values) with random true strengths; every pair that differs along one axis is voted
on. Each line is 60 simulations, so that its percentage is known within two points.
"""

from __future__ import annotations

import itertools

import numpy as np

from results.analysis.variance import decompose
from results.judge.strengths import Compared
from results.judge.vote_effects import _intervals

SIZES, SPREADS = (2, 3, 2), (1.0, 0.6, 0.2)
"""Of each axis: its values, and the standard deviation of their effects on the strength."""

INTERACTIONS, PEOPLE = 0.3, 0.4
"""Standard deviations of what else belongs to a trial, and of what one person thinks of a trial."""

SIMULATIONS = 60


def coverage(votes_a_pair: int, people: int, by_sitting: bool, seed: int) -> tuple[int, float, float]:
    """The votes of a simulation, the share of intervals that contain the true share, and their mean width."""
    random = np.random.default_rng(seed)
    points = list(itertools.product(*map(range, SIZES)))
    codes = {f"axis {at}": np.array([point[at] for point in points]) for at in range(len(SIZES))}
    pairs = [
        (one, other)
        for one, other in itertools.combinations(range(len(points)), 2)
        if sum(a != b for a, b in zip(points[one], points[other], strict=True)) == 1
    ]
    inside, widths, count = [], [], 0
    for _ in range(SIMULATIONS):
        effects = [random.normal(size=size) * spread for size, spread in zip(SIZES, SPREADS, strict=True)]
        main = [sum(effect[at] for effect, at in zip(effects, point, strict=True)) for point in points]
        true = np.array(main) + INTERACTIONS * random.normal(size=len(points))
        winners, losers, sittings = [], [], []
        for person in range(people):
            own = true + (PEOPLE * random.normal(size=len(points)) if people > 1 else 0.0)
            for one, other in pairs * votes_a_pair:
                first_wins = random.random() < 1 / (1 + np.exp(own[other] - own[one]))
                winners.append(one if first_wins else other)
                losers.append(other if first_wins else one)
                sittings.append(person)
        count = len(winners)
        ids = [str(number) for number in range(len(points))]
        group = Compared(ids, np.array(winners), np.array(losers), np.zeros(count, dtype=bool), np.arange(count))

        def fitted(weights: np.ndarray, group: Compared = group) -> np.ndarray:
            return np.array([*group.strengths(weights).values()])

        units = np.array(sittings) if by_sitting else np.arange(count)
        low, high = _intervals(lambda y: decompose(codes, y), fitted(np.ones(count)), fitted, units, seed=0)
        for effect, lowest, highest in zip(decompose(codes, true).effects, low, high, strict=True):
            inside.append(lowest <= (effect.share or 0.0) <= highest)
            widths.append(highest - lowest)
    return count, float(np.mean(inside)), float(np.mean(widths))


def main() -> None:
    """Print a line for each case."""
    for votes_a_pair, people, by_sitting in ((4, 1, False), (20, 1, False), (1, 12, True), (1, 12, False)):
        count, inside, width = coverage(votes_a_pair, people, by_sitting, seed=1)
        what = "sittings" if by_sitting else "votes"
        print(
            f"{count} votes of {people} people, {what} weighted: {inside:.1%} inside, mean width {width:.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
