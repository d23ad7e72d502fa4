"""What people prefer, as an objective: the strengths of trials from blind votes, read while people vote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from results import Run
from results.judge.strengths import decided_votes, strengths_of_most

VOTES_EACH = 2
"""How many votes a trial needs before the next ones are proposed from its strength."""


class Votes:
    """The strengths of the trials of a run that have enough votes. They change with every vote."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._seen: object = None
        self._strengths: dict[str, float] = {}

    def read(self, trials: Sequence[str]) -> None:
        """Look for new votes on these trials. Raises RunError and QueryError."""
        seen = self._run.sizes("votes.parquet/*.parquet"), len(trials)
        if seen == self._seen:
            return
        self._seen = seen
        votes = decided_votes(self._run)
        counts = Counter(vote[side] for vote in votes for side in ("left", "right"))
        strengths = strengths_of_most(trials, votes)
        self._strengths = {id: one for id, one in strengths.items() if counts[id] >= VOTES_EACH}

    def __contains__(self, trial: str) -> bool:
        return trial in self._strengths

    def strength(self, trial: str) -> float:
        """How much a trial with enough votes is preferred to others, as log-odds (`results.strengths`)."""
        return self._strengths[trial]
