"""Functional analysis of variance: how much of a number's variance each factor and each pair of factors explains.

It knows arrays and no tables: factors are given as codes, the position of each observation's level. With y the number,
a main effect is E[y | i] − E[y], and a pair's effect is E[y | i, j] less both main effects and the mean, where every
level is equally likely (Hoeffding 1948; Hooker, *Generalized functional ANOVA diagnostics*, 2007). Where all
combinations are there equally often, the sums of squares are those of these conditional means. Elsewhere they are
type II sums of squares of a linear model with all main effects and pairs (statsmodels). Effects that the design
confounds are named and not estimated.

Repeated seeds are a block: all other points repeat under each seed. What a seed does to all of them alike is its own
effect, and what is left between repetitions is chance.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, stats

Codes = NDArray[np.intp]
Floats = NDArray[np.float64]

CONFIDENCE = 0.95

MOST_RATIO = 1e7
"""Of F: beyond it the interval is narrower than anybody reads, and the distribution can no longer be computed."""

MOST_ENTRIES = 50_000_000
"""Numbers that the matrix of an unbalanced design may have: 400 MB."""


@dataclass(frozen=True)
class Effect:
    """What one factor, or a pair of factors, explains.

    factors: one or two names
    freedom: degrees of freedom
    share: of the variance of all observations, 0 to 1; None where the design confounds the effect with others
    low, high: the interval of 95 % of the share; None without repeated seeds
    confounded_with: the effects that it cannot be told from
    """

    factors: tuple[str, ...]
    freedom: int
    share: float | None
    low: float | None = None
    high: float | None = None
    confounded_with: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Decomposition:
    """The variance of a number over a design.

    variance: of all observations (the mean squared distance from their mean)
    effects: of factors first, then of pairs, each in the order of the factors
    seed_share: what the seed does to all points alike, None where it is not repeated
    rest: what is left: chance, and the effects of three factors or more
    balanced: whether every combination of levels was there equally often
    pair_has_chance: whether pairs include chance, because each point is there once and nothing is left over to tell
    chance: the variance between repetitions of a point and its degrees of freedom; None without repeated seeds
    """

    variance: float
    effects: tuple[Effect, ...]
    seed_share: float | None
    rest: float
    balanced: bool
    pair_has_chance: bool
    chance: tuple[float, int] | None = None


def decompose(factors: Mapping[str, Codes], numbers: Floats, seeds: Codes | None = None) -> Decomposition:
    """How much of the variance of `numbers` (n finite ones) each factor and each pair of factors explains.

    `factors` maps names to n codes from 0; each has two levels or more. `seeds` are the codes of repeated seeds, which
    are no factor. Raises ValueError where there are fewer than two numbers, and for a design too large to fit.
    """
    if len(numbers) < 2:
        raise ValueError("two observations or more are needed")
    variance = float(np.mean((numbers - numbers.mean()) ** 2))
    names = list(factors)
    terms: list[tuple[str, ...]] = [*((name,) for name in names), *itertools.combinations(names, 2)]
    codes = {name: np.unique(codes, return_inverse=True)[1] for name, codes in factors.items()}
    block = None if seeds is None or len(np.unique(seeds)) < 2 else np.unique(seeds, return_inverse=True)[1]
    blocked = codes if block is None else codes | {"": block}
    balanced = _is_balanced(list(blocked.values()))
    if balanced:
        squares, freedom = _of_means(codes, terms, numbers, variance)
        confounded: dict[tuple[str, ...], tuple[tuple[str, ...], ...]] = {}
    else:
        confounded = _confounded(codes, block, terms)
        squares, freedom = _of_model(codes, block, [term for term in terms if term not in confounded], terms, numbers)
    seed_share = None if block is None or not variance else _explained(block, numbers) / variance
    chance = None if block is None else _chance(codes, block, numbers)
    effects = []
    for term in terms:
        if term in confounded or not variance:
            effects.append(
                Effect(term, _freedom(codes, term), None if variance else 0.0, None, None, confounded.get(term, ()))
            )
            continue
        share = squares[term] / variance
        low, high = _interval(squares[term] * len(numbers), freedom[term], chance, variance * len(numbers))
        effects.append(Effect(term, freedom[term], share, low, high))
    known = sum(effect.share or 0.0 for effect in effects) + (seed_share or 0.0)
    points = len(np.unique(np.stack(list(codes.values())), axis=1).T) if codes else 1
    saturated = 1 + sum(_freedom(codes, term) for term in terms) >= points
    rest = max(0.0, 1 - known) if variance else 0.0
    return Decomposition(
        variance, tuple(effects), seed_share, rest, balanced, saturated and block is None and len(names) > 1, chance
    )


def _is_balanced(codes: Sequence[Codes]) -> bool:
    """Whether every combination of levels is there, and equally often."""
    sizes = [int(one.max()) + 1 for one in codes]
    cells = int(np.prod([float(size) for size in sizes])) if sizes else 1
    if not sizes or cells > len(codes[0]):
        return not sizes
    counts = np.bincount(np.ravel_multi_index(list(codes), sizes), minlength=cells)
    return bool((counts == counts[0]).all())


def _explained(codes: Codes, numbers: Floats) -> float:
    """The variance of the means of groups, each group weighted by its size."""
    counts = np.bincount(codes)
    means = np.bincount(codes, numbers) / np.maximum(counts, 1)
    return float((counts * (means - numbers.mean()) ** 2).sum() / len(numbers))


def _joint(codes: Mapping[str, Codes], term: Sequence[str]) -> Codes:
    """One code for each combination of levels of a term's factors that is there."""
    found: Codes = np.unique(np.stack([codes[name] for name in term]), axis=1, return_inverse=True)[1].ravel()
    return found


def _freedom(codes: Mapping[str, Codes], term: Sequence[str]) -> int:
    return int(np.prod([int(codes[name].max()) for name in term]))


def _of_means(
    codes: Mapping[str, Codes], terms: Sequence[tuple[str, ...]], numbers: Floats, variance: float
) -> tuple[dict[tuple[str, ...], float], dict[tuple[str, ...], int]]:
    """Mean squares of effects from conditional means, for a balanced design."""
    squares: dict[tuple[str, ...], float] = {}
    for term in terms:
        inner = sum(squares[name,] for name in term) if len(term) > 1 else 0.0
        squares[term] = max(0.0, _explained(_joint(codes, term), numbers) - inner)
    return squares, {term: _freedom(codes, term) for term in terms}


def _columns(codes: Mapping[str, Codes], term: Sequence[str]) -> Floats:
    """A term's columns of the design, n × freedom: products of contrasts that sum to 0 over a factor's levels.

    With them a half of a two-level design has each factor equal to a pair of others, and to nothing else.
    """
    found = np.ones((len(next(iter(codes.values()))), 1))
    for name in term:
        indicators = np.eye(int(codes[name].max()) + 1)[codes[name]]
        levels = indicators[:, 1:] - indicators[:, :1]
        found = (found[:, :, None] * levels[:, None, :]).reshape(len(found), -1)
    return found


def _confounded(
    codes: Mapping[str, Codes], block: Codes | None, terms: Sequence[tuple[str, ...]]
) -> dict[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The terms that the design cannot tell from others, and from which: those without which they could be told."""
    points = np.unique(np.stack([*codes.values(), *([] if block is None else [block])]), axis=1)
    few = {name: points[at] for at, name in enumerate(codes)}
    blocks = [] if block is None else [np.eye(int(block.max()) + 1)[points[-1]][:, 1:]]
    constant = np.ones((points.shape[1], 1))
    columns = {term: _columns(few, term) for term in terms}
    entries = points.shape[1] * sum(one.shape[1] for one in columns.values())
    if entries > MOST_ENTRIES:
        raise ValueError(f"the design is unbalanced and too large to analyse: {entries:,} entries of its matrix")

    def rank(chosen: Sequence[tuple[str, ...]]) -> int:
        return int(np.linalg.matrix_rank(np.hstack([constant, *blocks, *(columns[term] for term in chosen)])))

    found: dict[tuple[str, ...], tuple[tuple[str, ...], ...]] = {}
    for term in terms:
        # A pair that contains the term is no rival of it: an effect of a factor is its mean over the other's levels.
        others = [other for other in terms if other != term and not set(term) < set(other)]
        if rank([*others, term]) - rank(others) < columns[term].shape[1]:
            rivals = [
                other
                for other in others
                if rank([one for one in others if one != other] + [term])
                - rank([one for one in others if one != other])
                > rank([*others, term]) - rank(others)
            ]
            found[term] = tuple(rivals)
    return found


def _of_model(
    codes: Mapping[str, Codes],
    block: Codes | None,
    wanted: Sequence[tuple[str, ...]],
    terms: Sequence[tuple[str, ...]],
    numbers: Floats,
) -> tuple[dict[tuple[str, ...], float], dict[tuple[str, ...], int]]:
    """Mean squares of type II of the wanted terms, from a linear model of all terms."""
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    letters = {name: f"f{at}" for at, name in enumerate(codes)}
    table = pd.DataFrame({letters[name]: one for name, one in codes.items()} | {"y": numbers})
    written = {term: ":".join(f"C({letters[name]})" for name in term) for term in terms}
    parts = [written[term] for term in wanted]
    if block is not None:
        table["block"] = block
        parts.append("C(block)")
    if not wanted:
        return {}, {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a saturated design has no residual; its F values are not used
        found = anova_lm(ols(f"y ~ {' + '.join(parts)}", table).fit(), typ=2)
    squares = {term: float(found.loc[written[term], "sum_sq"]) / len(numbers) for term in wanted}
    return squares, {term: int(found.loc[written[term], "df"]) for term in wanted}


def _chance(codes: Mapping[str, Codes], block: Codes, numbers: Floats) -> tuple[float, int] | None:
    """The variance between repetitions of a point, what seeds do to all points alike aside, and its freedom."""
    points = _joint(codes, list(codes)) if codes else np.zeros(len(numbers), dtype=np.intp)
    design = (
        np.hstack([np.eye(int(points.max()) + 1)[points], np.eye(int(block.max()) + 1)[block][:, 1:]])
        if (len(numbers) * (points.max() + block.max()) <= MOST_ENTRIES and not _is_balanced([points, block]))
        else None
    )
    if design is not None:
        solved, _, rank, _ = np.linalg.lstsq(design, numbers, rcond=None)
        left, freedom = float(((numbers - design @ solved) ** 2).sum()), len(numbers) - int(rank)
    else:
        of_points = (np.bincount(points, numbers) / np.maximum(np.bincount(points), 1))[points]
        of_blocks = (np.bincount(block, numbers) / np.bincount(block))[block]
        left = float(((numbers - of_points - of_blocks + numbers.mean()) ** 2).sum())
        freedom = int(points.max() * block.max())
    return (left / freedom, freedom) if freedom > 0 else None


def _interval(
    squares: float, freedom: int, chance: tuple[float, int] | None, total: float
) -> tuple[float | None, float | None]:
    """The shares between which the true one lies. The variance of chance and the total count as known."""
    if chance is None:
        return None, None
    low, high = true_squares(squares, freedom, chance[0])
    return min(1.0, low / total), min(1.0, high / total)


def true_squares(squares: float, freedom: int, chance: float) -> tuple[float, float]:
    """The bounds between which the true sum of squares of an effect lies, at 95 %, if `squares` was found.

    With σ² = `chance`, the variance that one degree of freedom has by chance, squares/σ² has a non-central χ²
    distribution. Its non-centrality, (the true sum of squares)/σ², is bounded by those of which squares/σ² is the
    97.5th and the 2.5th percentile; σ² counts as known.
    """
    if chance * MOST_RATIO * freedom <= squares:
        return squares, squares  # nothing but rounding is left to chance
    ratio = squares / chance

    def bound(percentile: float) -> float:
        def above(centre: float) -> float:
            return float(stats.ncx2.cdf(ratio, freedom, centre)) - percentile

        if stats.chi2.cdf(ratio, freedom) <= percentile:
            return 0.0
        upper = max(1.0, ratio)
        while above(upper) > 0:
            upper *= 2
        return float(optimize.brentq(above, 0.0, upper, xtol=1e-6 * upper))

    tail = (1 - CONFIDENCE) / 2
    return bound(1 - tail) * chance, bound(tail) * chance
