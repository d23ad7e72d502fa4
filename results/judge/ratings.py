"""Turns the votes on an axis into ratings: the table of `results.ratings`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import connected_components

from results.judge.axes import JudgedAxis, find_axis
from results.judge.bradley_terry import Fit, Floats, fit
from results.judge.votes import read_votes
from results.run.storage import Run
from results.table.load import load

Z = 1.959963984540054
"""The quantile of the normal distribution for 95 % intervals."""

EQUAL = 1e-6
"""Strengths that differ by less count as equal: the optimiser is not more precise."""


@dataclass(frozen=True)
class _Counts:
    """Votes between the values of an axis, by their positions along it.

    wins[i, j]: how often i was preferred to j. ties[i, j] = ties[j, i]: how often neither was preferred.
    """

    wins: Floats
    ties: Floats
    skipped: int
    uncounted: int

    @property
    def votes(self) -> Floats:
        """How many votes there are on each value against each other."""
        return self.wins + self.wins.T + self.ties


def ratings(location: str | Path, axis: str | None = None) -> pd.DataFrame:
    """How often the values of an axis were preferred in blind comparisons (`sweep judge`): one row each, best first.

    `axis` is a setting that the run sweeps; it may be left out if only one was judged. Columns:

    - `value`, as in `results.load`, and `label`
    - `strength`: log-odds with mean 0 (Bradley–Terry with Davidson's ties, see `results.judge.bradley_terry`): the odds
      that one is preferred to another are exp of the difference of their strengths. NaN without votes
    - `low`, `high`: its 95 % confidence interval, from the observed Fisher information
    - `preferred`: the probability that it is preferred to another value, without ties; the mean over the other values
    - `wins`, `losses`, `ties`, and `votes`, their sum
    - `group`: values in different groups were never compared, not even indirectly through other values, so their
      strengths cannot be compared either; each group has a mean of 0
    - `votes_to_settle`: how many more votes on this axis, spread over its pairs as before, would distinguish the value
      from the next row: n·(1.96·s/d)² − n for n votes and a difference d with the standard error s, if d stays the
      same; 0 if the 95 % interval of d does not contain 0, none if d is 0 or the next row is of another group

    `.attrs` has `axis`, `votes`, `skipped`, `groups` (of values with votes), `uncounted` (votes on trials that the grid
    no longer has), and `votes_to_settle`: the largest number of the column, which would settle the whole order; none if
    one of them is none. It depends on estimates, and says little after a few votes.

    All votes are treated as independent, whoever gave them. Raises RunError.
    """
    run = Run(location)
    votes = read_votes(run).to_pylist()
    voted = {vote["axis"] for vote in votes}
    chosen = find_axis(load(run.location, missing=True), axis or (voted.pop() if len(voted) == 1 else None))
    counts = _count(votes, chosen)
    rows: list[dict[str, Any]] = []
    _, groups = connected_components(counts.votes, directed=False)
    for members in _members(groups, counts.votes):
        rows += _group_rows(counts, members)
    for number, row in enumerate(rows):
        position = row.pop("position")
        rows[number] = {"value": chosen.values[position], "label": chosen.labels[position]} | row
    table = pd.DataFrame(rows)
    table["votes_to_settle"] = table["votes_to_settle"].astype("Int64")
    judged = table[table["votes"] > 0]
    group_count = int(judged["group"].nunique())
    needed = judged["votes_to_settle"].iloc[:-1]
    table.attrs = {
        "axis": chosen.name,
        "votes": int(table["votes"].sum()) // 2,
        "skipped": counts.skipped,
        "uncounted": counts.uncounted,
        "groups": group_count,
        "votes_to_settle": int(needed.max()) if len(judged) == len(table) and not needed.isna().any() else None,
    }
    return table


def _count(votes: Sequence[Mapping[str, Any]], axis: JudgedAxis) -> _Counts:
    count = len(axis.labels)
    wins, ties = np.zeros((count, count)), np.zeros((count, count))
    skipped = uncounted = 0
    for vote in votes:
        if vote["axis"] not in axis.settings:
            continue
        left, right = (axis.positions.get(vote[side]) for side in ("left", "right"))
        if vote["choice"] == "skip":
            skipped += 1
        elif left is None or right is None or left == right or vote["choice"] not in ("left", "right", "tie"):
            uncounted += 1
        elif vote["choice"] == "tie":
            ties[left, right] += 1
            ties[right, left] += 1
        else:
            winner, loser = (left, right) if vote["choice"] == "left" else (right, left)
            wins[winner, loser] += 1
    return _Counts(wins, ties, skipped, uncounted)


def _members(groups: Sequence[int], votes: Floats) -> list[list[int]]:
    """The indices of the values in each group; the groups with most votes first, values without votes last."""
    members: dict[int, list[int]] = {}
    for number, group in enumerate(groups):
        members.setdefault(group, []).append(number)
    return sorted(members.values(), key=lambda group: -votes[group].sum())


def _group_rows(counts: _Counts, members: list[int]) -> list[dict[str, Any]]:
    group = min(members)
    if len(members) == 1:
        nothing = dict.fromkeys(("strength", "low", "high", "preferred"), math.nan)
        return [{"position": group} | nothing | _tally(counts, group) | {"group": group, "votes_to_settle": None}]
    inside = np.ix_(members, members)
    found = fit(counts.wins[inside], counts.ties[inside])
    order = sorted(range(len(members)), key=lambda number: -found.strengths[number])
    total = counts.votes[inside].sum() / 2
    rows = []
    for rank, number in enumerate(order):
        strength, margin = found.strengths[number], Z * math.sqrt(found.covariance[number, number])
        shares = 1 / (1 + np.exp(np.delete(found.strengths, number) - strength))
        row = {
            "position": members[number],
            "strength": strength,
            "low": strength - margin,
            "high": strength + margin,
            "preferred": shares.mean(),
        }
        after = order[rank + 1] if rank + 1 < len(order) else None
        needed = None if after is None else _votes_to_settle(found, total, number, after)
        rows.append(row | _tally(counts, members[number]) | {"group": group, "votes_to_settle": needed})
    return rows


def _tally(counts: _Counts, number: int) -> dict[str, int]:
    wins, losses = int(counts.wins[number].sum()), int(counts.wins[:, number].sum())
    ties = int(counts.ties[number].sum())
    return {"wins": wins, "losses": losses, "ties": ties, "votes": wins + losses + ties}


def _votes_to_settle(found: Fit, votes: float, better: int, worse: int) -> int | None:
    difference, error = found.difference(better, worse)
    if difference < EQUAL:
        return None
    return max(0, math.ceil(votes * ((Z * error / difference) ** 2 - 1)))
