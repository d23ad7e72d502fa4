"""Strengths from paired comparisons: Bradley–Terry with Davidson's ties, by maximum likelihood.

With strengths θ, and δ for how common ties are, one comparison of i and j ends

    i wins : j wins : tie  =  exp((θᵢ−θⱼ)/2) : exp((θⱼ−θᵢ)/2) : exp(δ)

so that of decided votes i has the share 1/(1+exp(θⱼ−θᵢ)), whatever δ is. Bradley and Terry, Biometrika 39 (1952)
324; Davidson, *On extending the Bradley-Terry model to accommodate ties*, JASA 65 (1970) 317, whose ν is exp(δ).
Without ties δ is left out. The log-likelihood is concave. It has a maximum if every value can be reached from every
other one along wins (Ford, American Mathematical Monthly 64 (1957) 28); virtual votes ensure that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """`strengths`: k log-odds whose mean is 0. `covariance`: k×k, of the centred strengths."""

    strengths: Floats
    covariance: Floats

    def difference(self, first: int, second: int) -> tuple[float, float]:
        """The first strength minus the second, and the standard error of the difference."""
        spread = self.covariance[first, first] + self.covariance[second, second] - 2 * self.covariance[first, second]
        return float(self.strengths[first] - self.strengths[second]), float(np.sqrt(max(spread, 0.0)))


def fit(wins: Floats, ties: Floats, virtual: float = 1.0) -> Fit:
    """Strengths of k ≥ 2 values, all of them connected by comparisons.

    `wins[i, j]`: how often i was preferred to j; `ties`: symmetric; both k×k with zeros on the diagonal.
    `virtual`: how many votes are added for each of the k − 1 degrees of freedom, spread evenly over the pairs that were
    compared, half a win for each side. For k = 2 it is half a win each, which is Firth's correction (Biometrika 80
    (1993) 27). Virtual votes keep strengths finite, and matter less and less as real votes come in. The covariance is
    the inverse of the observed Fisher information of the real votes alone.
    """
    first, second = np.nonzero(np.triu(wins + wins.T + ties))
    data = _Data(len(wins), first, second, wins[first, second], wins[second, first], ties[first, second])
    helped = data.with_virtual(virtual * (len(wins) - 1) / len(first))
    has_ties = bool(data.ties.sum())
    found = minimize(
        helped.cost,
        np.zeros(len(wins) + has_ties),
        jac=True,
        hess=lambda x: helped.information(x) + helped.fixing(has_ties),
        method="trust-exact",
        options={"gtol": 1e-9, "maxiter": 1000},
    ).x
    return Fit(found[: len(wins)] - found[: len(wins)].mean(), data.covariance(found))


@dataclass(frozen=True)
class _Data:
    """Compared pairs: the two values of each, the wins of either, and the ties."""

    size: int
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    wins: Floats
    losses: Floats
    ties: Floats

    def with_virtual(self, votes: float) -> _Data:
        return _Data(self.size, self.first, self.second, self.wins + votes / 2, self.losses + votes / 2, self.ties)

    @property
    def total(self) -> Floats:
        return self.wins + self.losses + self.ties

    def cost(self, x: Floats) -> tuple[float, Floats]:
        """The negative log-likelihood and its gradient at x = (θ, δ); without ties, x = θ.

        Half the square of the sum of θ is added. It only makes the mean of θ 0.
        """
        half, tie, normaliser, win_share, loss_share, tie_share = self._shares(x)
        likelihood = (self.wins - self.losses) * half + self.ties * tie - self.total * normaliser
        slope = (self.wins - self.losses) / 2 - self.total * (win_share - loss_share) / 2
        gradient = np.bincount(self.first, slope, self.size) - np.bincount(self.second, slope, self.size)
        mean_fixed = x[: self.size].sum()
        parts = [mean_fixed - gradient]
        if len(x) > self.size:
            parts.append(np.array([-(self.ties - self.total * tie_share).sum()]))
        return float(mean_fixed**2 / 2 - likelihood.sum()), np.concatenate(parts)

    def information(self, x: Floats) -> Floats:
        """The Fisher information at x. The model is an exponential family, so observed and expected information are
        equal.
        """
        *_, win_share, loss_share, tie_share = self._shares(x)
        balance = win_share - loss_share
        weight = self.total * (win_share + loss_share - balance**2) / 4
        matrix = np.zeros((len(x), len(x)))
        np.add.at(matrix, (self.first, self.first), weight)
        np.add.at(matrix, (self.second, self.second), weight)
        np.add.at(matrix, (self.first, self.second), -weight)
        np.add.at(matrix, (self.second, self.first), -weight)
        if len(x) > self.size:
            mixed = -self.total * tie_share * balance / 2
            column = np.bincount(self.first, mixed, self.size) - np.bincount(self.second, mixed, self.size)
            matrix[: self.size, self.size] = matrix[self.size, : self.size] = column
            matrix[self.size, self.size] = (self.total * tie_share * (1 - tie_share)).sum()
        return matrix

    def fixing(self, has_ties: bool) -> Floats:
        """The second derivative of the term that fixes the mean of θ."""
        matrix = np.zeros((self.size + has_ties, self.size + has_ties))
        matrix[: self.size, : self.size] = 1
        return matrix

    def covariance(self, x: Floats) -> Floats:
        """The covariance of the centred strengths, with δ estimated too: the pseudoinverse of their part of the
        information.
        """
        information = self.information(x)
        strengths = information[: self.size, : self.size]
        if len(x) > self.size:
            mixed = information[: self.size, self.size]
            strengths = strengths - np.outer(mixed, mixed) / information[self.size, self.size]
        # The information about a common shift of all strengths is 0. Adding some before the inversion, and subtracting
        # it afterwards, inverts the rest.
        shift = np.full((self.size, self.size), 1 / self.size)
        return np.asarray(np.linalg.inv(strengths + shift) - shift)

    def _shares(self, x: Floats) -> tuple[Floats, ...]:
        """Half the difference of each pair, log-weight of ties, log of the sum of weights, and the three shares."""
        half = (x[self.first] - x[self.second]) / 2
        tie = np.full_like(half, x[self.size] if len(x) > self.size else -np.inf)
        normaliser = np.logaddexp(np.logaddexp(half, -half), tie)
        shares = [np.exp(log_weight - normaliser) for log_weight in (half, -half, tie)]
        return (half, np.where(np.isfinite(tie), tie, 0.0), normaliser, *shares)
