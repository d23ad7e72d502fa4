"""Strengths against published ones, a formula, and a likelihood that is written and maximised in another way."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit

from results.judge.bradley_terry import fit

# American League, Eastern Division, 1987: Agresti, Categorical Data Analysis (2002), table 10.10: who won against whom.
TEAMS = ["Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore"]
BASEBALL = np.array(
    [
        [0, 7, 9, 7, 7, 9, 11],
        [6, 0, 7, 5, 11, 9, 9],
        [4, 6, 0, 7, 7, 8, 12],
        [6, 8, 6, 0, 6, 7, 10],
        [6, 2, 6, 7, 0, 7, 12],
        [4, 4, 5, 6, 6, 0, 6],
        [2, 4, 1, 3, 1, 7, 0],
    ],
    dtype=float,
)
# Turner and Firth, Bradley-Terry Models in R, Journal of Statistical Software 48 (2012): relative to Baltimore.
PUBLISHED = [1.5814, 1.4364, 1.2945, 1.2476, 1.1077, 0.6839, 0.0]
PUBLISHED_ERRORS = [0.3433, 0.3396, 0.3367, 0.3359, 0.3339, 0.3319, 0.0]


def none(wins):
    return np.zeros_like(wins)


def test_the_published_strengths_and_errors_of_baseball_teams():
    found = fit(BASEBALL, none(BASEBALL), virtual=0)
    strengths, errors = zip(*(found.difference(team, 6) for team in range(7)), strict=True)
    assert strengths == pytest.approx(PUBLISHED, abs=5e-5)
    assert errors == pytest.approx(PUBLISHED_ERRORS, abs=5e-5)


@pytest.mark.parametrize(("wins", "losses"), [(5, 0), (7, 3), (1, 1), (0, 40)])
def test_two_values_are_a_binomial_with_half_a_win_each(wins, losses):
    found = fit(np.array([[0, wins], [losses, 0]], dtype=float), np.zeros((2, 2)))
    difference, error = found.difference(0, 1)
    assert difference == pytest.approx(np.log((wins + 0.5) / (losses + 0.5)), abs=1e-7)
    share = expit(difference)
    assert error == pytest.approx(1 / np.sqrt((wins + losses) * share * (1 - share)), rel=1e-6)
    assert found.strengths.sum() == pytest.approx(0, abs=1e-12)


def independent(wins, ties, virtual):
    """Davidson's likelihood as he writes it, with worths π and ν, the last log-worth fixed, by another optimiser."""
    size = len(wins)
    pairs = [(i, j) for i in range(size) for j in range(i) if wins[i, j] + wins[j, i] + ties[i, j]]
    extra = virtual * (size - 1) / len(pairs) / 2

    def cost(x, extra=extra):
        worth, nu = np.exp(np.append(x[: size - 1], 0)), np.exp(x[size - 1])
        total = 0.0
        for i, j in pairs:
            tied = nu * np.sqrt(worth[i] * worth[j])
            whole = worth[i] + worth[j] + tied
            total -= (wins[i, j] + extra) * np.log(worth[i] / whole) + (wins[j, i] + extra) * np.log(worth[j] / whole)
            total -= ties[i, j] * np.log(tied / whole)
        return total

    best = minimize(cost, np.zeros(size), method="BFGS", options={"gtol": 1e-7}).x
    step, unit = 1e-3, np.eye(size)
    curvature = np.empty((size, size))
    for i in range(size):
        for j in range(size):
            signs = [(1, 1), (1, -1), (-1, 1), (-1, -1)]
            values = [a * b * cost(best + step * (a * unit[i] + b * unit[j]), extra=0.0) for a, b in signs]
            curvature[i, j] = sum(values) / (4 * step**2)
    centre = np.eye(size) - 1 / size
    spread = np.zeros((size, size))
    spread[:-1, :-1] = np.linalg.inv(curvature)[:-1, :-1]
    return centre @ np.append(best[:-1], 0), centre @ spread @ centre


@pytest.mark.parametrize("seed", range(4))
def test_ties_against_the_likelihood_as_davidson_writes_it(seed):
    random = np.random.default_rng(seed)
    wins = random.poisson(2.0, (4, 4)).astype(float)
    np.fill_diagonal(wins, 0)
    ties = np.triu(random.poisson(1.5, (4, 4)), 1).astype(float)
    ties += ties.T
    strengths, covariance = independent(wins, ties, virtual=1.0)
    found = fit(wins, ties)
    assert found.strengths == pytest.approx(strengths, abs=1e-5)
    assert found.covariance == pytest.approx(covariance, abs=1e-3)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_strengths_are_finite_centred_and_blind_to_names(data):
    size = data.draw(st.integers(2, 6))
    counts = st.lists(st.integers(0, 5), min_size=size * size, max_size=size * size)
    wins = np.array(data.draw(counts), dtype=float).reshape(size, size)
    ties = np.triu(np.array(data.draw(counts), dtype=float).reshape(size, size), 1)
    np.fill_diagonal(wins, 0)
    wins[np.arange(size - 1), np.arange(1, size)] += (
        1  # a chain of wins: all are connected, and the first may win always
    )
    ties += ties.T
    found = fit(wins, ties)
    assert np.isfinite(found.strengths).all()
    assert found.strengths.sum() == pytest.approx(0, abs=1e-9)
    assert (np.diag(found.covariance) > 0).all()
    assert found.covariance.sum(axis=0) == pytest.approx(0, abs=1e-6 * np.abs(found.covariance).max())
    order = data.draw(st.permutations(range(size)))
    again = fit(wins[np.ix_(order, order)], ties[np.ix_(order, order)])
    assert again.strengths == pytest.approx(found.strengths[order], abs=1e-5)
    mirrored = fit(wins.T, ties)
    assert mirrored.strengths == pytest.approx(-found.strengths, abs=1e-5)


@pytest.mark.parametrize(("tie", "votes"), [(-np.inf, 8), (0.0, 8), (-1.0, 25)])
def test_intervals_of_95_percent_hold_the_truth_as_often(tie, votes):
    """Simulated votes of known strengths: of 1,600 intervals 93.5 to 99 %, as few votes make them rather too wide."""
    random = np.random.default_rng(5)
    truth = np.array([1.2, 0.3, -0.3, -1.2])
    held = []
    for _ in range(400):
        wins, ties = np.zeros((4, 4)), np.zeros((4, 4))
        for i, j in zip(*np.triu_indices(4, 1), strict=True):
            half = (truth[i] - truth[j]) / 2
            weights = np.exp([half, -half, tie])
            wins[i, j], wins[j, i], ties[i, j] = random.multinomial(votes, weights / weights.sum())
        ties += ties.T
        found = fit(wins, ties)
        held.extend(np.abs(found.strengths - truth) < 1.96 * np.sqrt(np.diag(found.covariance)))
    assert 0.935 < np.mean(held) < 0.99
