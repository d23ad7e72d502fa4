"""Writes and reads votes: `votes.parquet`, a folder with one file for each sitting.

It is a folder because several people may judge one run at the same time, also in an object store, where files cannot be
appended to or locked. Every sitting replaces only its own file, whole or not at all, so no other votes are lost. pandas
and Arrow read such a folder as one table: `pd.read_parquet("runs/figure5/votes.parquet")`.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from results.errors import RunError
from results.run.parquet import to_parquet
from results.run.storage import Run

CHOICES = ("left", "right", "tie", "skip")

SCHEMA = pa.schema(
    [
        ("voted_at", pa.timestamp("us", tz="UTC")),
        ("axis", pa.string()),  # the first setting of those that move together
        ("left", pa.string()),  # trial ids
        ("right", pa.string()),
        ("choice", pa.string()),  # one of CHOICES
        ("voter", pa.string()),
        ("session", pa.string()),
    ]
)
"""The columns of a vote."""


class Ballot:
    """The votes of one sitting. When `add` or `undo` returns, the change is on storage."""

    def __init__(self, run: Run) -> None:
        self.session = uuid.uuid4().hex[:16]
        self._run = run
        self._votes: list[dict[str, Any]] = []

    def __len__(self) -> int:
        return len(self._votes)

    def add(self, vote: Mapping[str, Any]) -> None:
        """Commit a vote, a row of SCHEMA without its session. Raises RunError if that fails; then it is not kept."""
        self._replace([*self._votes, dict(vote) | {"session": self.session}])

    def undo(self) -> dict[str, Any] | None:
        """Take the last vote back, and return it. Raises RunError if that fails; the vote is then still kept."""
        if not self._votes:
            return None
        last = self._votes[-1]
        self._replace(self._votes[:-1])
        return last

    def _replace(self, votes: list[dict[str, Any]]) -> None:
        table = pa.Table.from_pylist(votes, schema=SCHEMA)
        self._run.write(f"votes.parquet/{self.session}.parquet", to_parquet(table))
        self._votes = votes


def read_votes(run: Run) -> pa.Table:
    """All votes on a run in the order of time: a table of SCHEMA, empty if nobody has judged yet.

    Raises RunError for a file that is damaged, or holds no votes.
    """
    tables = [SCHEMA.empty_table()]
    for path, content in run.read_all("votes.parquet/*.parquet").items():
        try:
            table = pq.read_table(io.BytesIO(content)).select(SCHEMA.names).cast(SCHEMA)
        except (pa.ArrowException, OSError, KeyError) as error:
            raise RunError(f"{path} in {run.location} is damaged; remove it to go on without its votes") from error
        tables.append(table)
    return pa.concat_tables(tables).sort_by("voted_at")
