"""What the rows of a run say that a plan depends on: which trials have ended, and what can go on from them."""

from __future__ import annotations

from typing import NamedTuple

import pyarrow.compute as pc

from orchestrator.grid.halving import Halving
from orchestrator.plan.trial import KeptState
from results import Run
from results.run.rows import merged_rows


class Recorded(NamedTuple):
    """By trial ids. states: done or failed, of trials that have a row. kept: where their optimisations stopped, if that
    was kept. values: of the metric by which `halving` decides.
    """

    states: dict[str, str]
    kept: dict[str, KeptState]
    values: dict[str, float]


def read_recorded(run: Run, halving: Halving | None = None) -> tuple[Recorded, frozenset[str]]:
    """What the rows of a run say, and the paths of the shards with these rows. `run.json` may be missing."""
    shards = run.read_all("trials/*.parquet")
    by = [halving.by] if halving else []
    rows = merged_rows(run, shards, columns=["trial_id", "status", "state_sha256", "iterations", "frames_every", *by])
    ids = rows["trial_id"].to_pylist()
    kept = [
        KeptState(row["trial_id"], row["iterations"], row["state_sha256"], row["frames_every"])
        for row in rows.filter(pc.is_valid(rows["state_sha256"])).to_pylist()
    ]
    values = [rows[name].to_pylist() for name in by if name in rows.column_names]
    recorded = Recorded(
        states=dict(zip(ids, rows["status"].to_pylist(), strict=True)),
        kept={one.trial: one for one in kept},
        values={id: value for column in values for id, value in zip(ids, column, strict=True) if value is not None},
    )
    return recorded, frozenset(shards)
