"""What blind votes say of each trial: its Bradley–Terry strength, for `results.effects`.

What axes do to strengths, with intervals, is in `vote_effects.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from results.errors import QueryError
from results.judge.axes import GIVEN
from results.judge.bradley_terry import Floats, fit
from results.judge.votes import read_votes
from results.run.storage import Run
from results.table.load import load

MOST_TRIALS = 2_000
"""Of one content and style. The fit has a matrix of so many rows and columns."""


@dataclass(frozen=True)
class Compared:
    """The trials of one content and style that were voted on, and the V votes on them.

    winners, losers: V numbers of trials in `ids`; of a tie, its two trials in any order. ties: whether each vote is a
    tie. votes: the number of each vote in the list that all are from.
    """

    ids: Sequence[str]
    winners: NDArray[np.intp]
    losers: NDArray[np.intp]
    ties: NDArray[np.bool_]
    votes: NDArray[np.intp]

    def strengths(self, weights: Floats) -> dict[str, float]:
        """The strength of each trial, where each vote of the whole list counts as often as `weights` says."""
        size = len(self.ids)
        counted = weights[self.votes]
        wins, ties = np.zeros((size, size)), np.zeros((size, size))
        np.add.at(wins, (self.winners, self.losers), np.where(self.ties, 0.0, counted))
        np.add.at(ties, (self.winners, self.losers), np.where(self.ties, counted, 0.0))
        return dict(zip(self.ids, map(float, fit(wins, ties + ties.T).strengths), strict=True))


def strengths(location: str | Path) -> pd.DataFrame:
    """The trials of a run, as `load` has them, with the column `strength`: how much each was preferred in blind votes.

    Strengths are log-odds, as in `results.ratings`, of trials instead of values: the odds that one is preferred to
    another are exp of the difference. Trials are compared for the same content and style, so that the strengths of each
    content and style have a mean of 0: they say nothing about which content is preferred. Trials without votes have
    NaN.

    Raises QueryError where votes do not connect the trials of one content and style, so that their strengths cannot be
    compared, and RunError.
    """
    run = Run(location)
    trials = load(run.location, missing=True)
    votes = decided_votes(run)
    groups = compared(trials, votes)
    if not groups:
        raise QueryError(f"nobody has voted on these trials yet: sweep judge {run.location}")
    once = np.ones(len(votes))
    of_trial = {trial: strength for group in groups for trial, strength in group.strengths(once).items()}
    return trials.assign(strength=trials["trial_id"].map(of_trial).astype(float))


def strengths_of_most(ids: Sequence[str], votes: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The strengths of those of some trials, of one content and style, that votes connect: of the largest group of
    them. `votes` are those of `decided_votes`; those on other trials do not count. Raises QueryError for too many.
    """
    place = {trial: at for at, trial in enumerate(dict.fromkeys(ids))}
    pairs = [
        (place[vote["left"]], place[vote["right"]]) for vote in votes if {vote["left"], vote["right"]} <= set(place)
    ]
    if not pairs:
        return {}
    first, second = zip(*pairs, strict=True)
    met = coo_array((np.ones(len(pairs)), (first, second)), shape=(len(place), len(place)))
    _, group = connected_components(met, directed=False)
    largest = np.bincount(group).argmax()
    found = _compared([trial for trial, at in place.items() if group[at] == largest], votes)
    return found.strengths(np.ones(len(votes))) if found else {}


def decided_votes(run: Run) -> list[dict[str, Any]]:
    """The votes on a run that say something: those that were not skipped. Raises RunError."""
    return [vote for vote in read_votes(run).to_pylist() if vote["choice"] in ("left", "right", "tie")]


def compared(trials: pd.DataFrame, votes: Sequence[Mapping[str, Any]]) -> list[Compared]:
    """The trials that were voted on, by content and style. Raises QueryError where their votes do not connect them."""
    given = [name for name in sorted(GIVEN) if name in trials]
    groups = trials.groupby(given, dropna=False, sort=False)["trial_id"]
    found = (_compared(list(dict.fromkeys(ids)), votes) for _, ids in groups)
    return [one for one in found if one]


def _compared(ids: list[str], votes: Sequence[Mapping[str, Any]]) -> Compared | None:
    """The votes on these trials; None if there are none."""
    known = set(ids)
    here = [
        (number, vote)
        for number, vote in enumerate(votes)
        if vote["left"] in known and vote["right"] in known and vote["left"] != vote["right"]
    ]
    voted_on = {vote[side] for _, vote in here for side in ("left", "right")}
    voted = [trial for trial in ids if trial in voted_on]
    if not voted:
        return None
    if len(voted) > MOST_TRIALS:
        raise QueryError(
            f"{len(voted)} trials of one content and style have votes; at most {MOST_TRIALS} can be fitted"
        )
    place = {trial: at for at, trial in enumerate(voted)}
    left, right = (np.array([place[vote[side]] for _, vote in here], dtype=np.intp) for side in ("left", "right"))
    _check_connected(len(voted), left, right, here)
    right_won = np.array([vote["choice"] == "right" for _, vote in here])
    return Compared(
        voted,
        np.where(right_won, right, left),
        np.where(right_won, left, right),
        np.array([vote["choice"] == "tie" for _, vote in here]),
        np.array([number for number, _ in here], dtype=np.intp),
    )


def _check_connected(
    size: int,
    left: NDArray[np.intp],
    right: NDArray[np.intp],
    votes: Sequence[tuple[int, Mapping[str, Any]]],
) -> None:
    pairs = np.zeros((size, size))
    pairs[left, right] = 1
    groups, _ = connected_components(pairs, directed=False)
    if groups > 1:
        axes = sorted({vote["axis"] for _, vote in votes})
        raise QueryError(
            f"votes along {' and '.join(axes)} leave {groups} groups of trials that were never compared with each "
            "other; judge along the other axes too: sweep judge RUN --axis NAME"
        )
