"""What blind votes say of each trial: its Bradley–Terry strength, for `results.effects`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import connected_components

from results.errors import QueryError
from results.judge.axes import GIVEN
from results.judge.bradley_terry import fit
from results.judge.votes import read_votes
from results.run.storage import Run
from results.table.load import load

MOST_TRIALS = 2_000
"""Of one content and style. The fit has a matrix of so many rows and columns."""


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
    votes = [vote for vote in read_votes(run).to_pylist() if vote["choice"] in ("left", "right", "tie")]
    given = [name for name in sorted(GIVEN) if name in trials]
    of_trial: dict[str, float] = {}
    for _, group in trials.groupby(given, dropna=False, sort=False):
        of_trial |= _of_group(list(dict.fromkeys(group["trial_id"])), votes)
    if not of_trial:
        raise QueryError(f"nobody has voted on these trials yet: sweep judge {run.location}")
    return trials.assign(strength=trials["trial_id"].map(of_trial).astype(float))


def _of_group(ids: list[str], votes: list[dict[str, str]]) -> dict[str, float]:
    """The strengths of the trials that were voted on, of those that can be compared with each other."""
    place = {trial: number for number, trial in enumerate(ids)}
    here = [
        vote for vote in votes if vote["left"] in place and vote["right"] in place and vote["left"] != vote["right"]
    ]
    voted = sorted({place[vote[side]] for vote in here for side in ("left", "right")})
    if not voted:
        return {}
    if len(voted) > MOST_TRIALS:
        raise QueryError(
            f"{len(voted)} trials of one content and style have votes; at most {MOST_TRIALS} can be fitted"
        )
    number = {one: at for at, one in enumerate(voted)}
    wins, ties = np.zeros((len(voted), len(voted))), np.zeros((len(voted), len(voted)))
    for vote in here:
        left, right = (number[place[vote[side]]] for side in ("left", "right"))
        if vote["choice"] == "tie":
            ties[left, right] += 1
            ties[right, left] += 1
        else:
            winner, loser = (left, right) if vote["choice"] == "left" else (right, left)
            wins[winner, loser] += 1
    groups, _ = connected_components(wins + wins.T + ties, directed=False)
    if groups > 1:
        axes = sorted({vote["axis"] for vote in here})
        raise QueryError(
            f"votes along {' and '.join(axes)} leave {groups} groups of trials that were never compared with each "
            "other; judge along the other axes too: sweep judge RUN --axis NAME"
        )
    return dict(zip((ids[one] for one in voted), map(float, fit(wins, ties).strengths), strict=True))
