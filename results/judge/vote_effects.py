"""What axes do to people's preferences: shares of the variance of strengths, with intervals from the votes.

`results.effects` knows the strength of each trial as a number, and not how well the votes determine it. Here votes are
weighted anew again and again (the Bayesian bootstrap; Rubin, *The Annals of Statistics* 9 (1981) 130): each vote, or
each sitting as a whole, gets an exponentially distributed weight, and strengths are fitted again. No vote gets the
weight 0, so the trials stay connected. How strengths differ from those of the votes as they are says what chance does
to each effect. The interval of a share follows from that as with repeated seeds (`results.analysis.variance`), with
what chance adds to the variance taken away. A share itself is that of the strengths, and still contains chance.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from results.analysis.effects import effects, measured, seeds_of
from results.analysis.variance import Decomposition, Floats, decompose, true_squares
from results.errors import QueryError
from results.judge.strengths import compared, decided_votes
from results.run.storage import Run
from results.table.load import load

RESAMPLES = 100
"""How often votes are weighted anew."""

LEAST_SITTINGS = 8
"""With fewer sittings, single votes are weighted."""

MOST_TRIALS = 300
"""With votes on more trials, fitting so often would take minutes, and there are no intervals."""

STRENGTH = "strength"


def vote_effects(trials: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """How much of the variance of strengths each axis and each pair of axes explains: the table of `results.effects`,
    with 95 % intervals from the votes.

    `trials` is a table of `results.strengths`, or a part of it. `seed` is that of the weights. `.attrs["weighted"]`
    says what was weighted anew. "sittings": the interval allows for other people, if they vote as these do. "votes", if
    there are fewer than `LEAST_SITTINGS` sittings: it allows for other votes of the same people, and says nothing about
    other people. None: there are votes on too many trials for intervals. Intervals may lie below a share, because the
    share contains chance. Raises QueryError and RunError.
    """
    if STRENGTH not in trials:
        raise QueryError("these trials have no strengths; results.strengths(run) gives them")
    if trials["run"].nunique() > 1:
        raise QueryError("votes are on the trials of one run; choose one")
    table = effects(trials, STRENGTH)
    factors, strengths, used = measured(trials, STRENGTH, log=False)
    run = Run(trials["run"].iloc[0])
    votes = decided_votes(run)
    groups = compared(load(run.location, missing=True), votes)
    weighted = None
    if sum(len(group.ids) for group in groups) <= MOST_TRIALS:
        sittings, of_vote = np.unique([vote["session"] for vote in votes], return_inverse=True)
        weighted = "sittings" if len(sittings) >= LEAST_SITTINGS else "votes"
        units = of_vote if weighted == "sittings" else np.arange(len(votes))
        codes, seeds = {factor.name: factor.codes for factor in factors}, seeds_of(used)

        def fitted(weights: Floats) -> Floats:
            of_trial = {trial: value for group in groups for trial, value in group.strengths(weights).items()}
            return np.asarray(used["trial_id"].map(of_trial), dtype=np.float64)

        low, high = _intervals(lambda numbers: decompose(codes, numbers, seeds), strengths, fitted, units, seed)
        table.loc[: len(low) - 1, "low"], table.loc[: len(high) - 1, "high"] = low, high
    table.attrs |= {"weighted": weighted, "votes": len(votes)}
    return table


def _intervals(
    of: Callable[[Floats], Decomposition],
    strengths: Floats,
    fitted: Callable[[Floats], Floats],
    units: np.ndarray[tuple[int], np.dtype[np.intp]],
    seed: int,
) -> tuple[Floats, Floats]:
    """The bounds of each effect's share; NaN for effects that the design confounds.

    `fitted`: the strengths, where each vote has a weight. `units`: the number of what each vote is weighted with.
    """
    random = np.random.default_rng(seed)
    by_chance = []
    for _ in range(RESAMPLES):
        weights = random.exponential(size=units.max() + 1)
        by_chance.append(_squares(of(fitted((weights / weights.mean())[units]) - strengths)))
    chance = np.mean(by_chance, axis=0)
    decomposition = of(strengths)
    squares = _squares(decomposition)
    total = float(np.nansum(np.maximum(squares - chance, 0)))  # without what chance adds
    low, high = [], []
    for effect, found, error in zip(decomposition.effects, squares, chance, strict=False):
        if effect.share is None:
            bounds = (np.nan, np.nan)
        else:
            bounds = true_squares(float(found), effect.freedom, float(error) / effect.freedom)
        low.append(min(1.0, bounds[0] / total) if total > 0 else 0.0)
        high.append(min(1.0, bounds[1] / total) if total > 0 else 1.0)
    return np.array(low), np.array(high)


def _squares(found: Decomposition) -> Floats:
    """The mean squares of all effects and, last, of the rest; NaN for effects that the design confounds."""
    shares = [*(np.nan if one.share is None else one.share for one in found.effects), found.rest]
    return found.variance * np.array(shares, dtype=np.float64)
