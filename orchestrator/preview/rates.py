"""How fast a sweep's optimisations will run: from rows of earlier sweeps where there are any on the same hardware.

Where there are none, `probe.py` measures. Knows nothing of Ray and torch.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from orchestrator.plan.networks import network_named
from orchestrator.plan.trial import Setup
from orchestrator.preview.hardware import Hardware
from results import Run, RunError
from results.run.rows import read_shards

RUNS, SHARDS, ROWS = 20, 4, 500
"""At most so many runs are read, the latest first, so many files of each, and so many rows of each kind and run."""

OF_WORK = ("content_layers", "style_layers", "steps", "seconds", "device", "worker", "threads")
"""Columns that say what a trial did, how long it took, and what did it."""


@dataclass(frozen=True)
class Kind:
    """What decides beside the hardware how many operations a second an optimisation does."""

    weights_sha256: str  # of the network
    width: int
    height: int
    precision: str
    optimizer: str
    style_representation: str


@dataclass(frozen=True)
class Rate:
    """Floating-point operations that one worker does in a second. `source` says for people where that is from."""

    operations: float
    source: str


OF_KIND = tuple(one.name for one in dataclasses.fields(Kind))
"""The columns of rows that say what kind a trial is of."""


def kind_of(setup: Setup) -> Kind:
    """The kind that a setup's trials are of."""
    one = setup.settings
    return Kind(setup.weights_sha256, setup.width, setup.height, one.precision, one.optimizer, one.style_representation)


def earlier_rates(run: Run, setups: Mapping[Kind, Setup], hardware: Hardware) -> dict[Kind, Rate]:
    """Rates of those kinds of which there are rows in this run, or in the runs beside it, from the same hardware.

    `setups` has one setup of each kind. A run that cannot be read is passed over: a plan is not the place to say what
    is wrong with another run.
    """
    open_kinds = dict(setups)
    found: dict[Kind, Rate] = {}
    for one in _runs(run):
        if not open_kinds:
            break
        with contextlib.suppress(RunError):
            for kind, (rate, count) in _rates_in(one, open_kinds, hardware).items():
                found[kind] = Rate(rate, f"{count} earlier {'trial' if count == 1 else 'trials'} in {one.location}")
                del open_kinds[kind]
    return found


def _runs(run: Run) -> Iterator[Run]:
    """This run, and in a local folder those beside it, the latest first."""
    if run.exists():
        yield run
    if not run.is_local:
        return
    here = Path(run.location)
    others = [path.parent for path in here.parent.glob("*/run.json") if path.parent.name != here.name]
    for folder in sorted(others, key=lambda folder: -_changed(folder))[: RUNS - 1]:
        yield Run(folder)


def _changed(folder: Path) -> float:
    with contextlib.suppress(OSError):
        return (folder / "run.json").stat().st_mtime
    return 0.0


def _rates_in(run: Run, kinds: Mapping[Kind, Setup], hardware: Hardware) -> dict[Kind, tuple[float, int]]:
    """By kind the operations a second of a run's rows, all of them together, and how many rows these were."""
    shards = run.read_those(run.names("trials/*.parquet")[-SHARDS:])
    rows: dict[Kind, list[dict[str, Any]]] = {kind: [] for kind in kinds}
    for table in read_shards(run, shards, [*OF_KIND, *OF_WORK]).values():
        if {*OF_KIND, *OF_WORK} <= set(table.column_names):  # else it is of an earlier version
            for kind in kinds:
                rows[kind] += _of_kind(table, kind)
    found = {}
    for kind, of_kind in rows.items():
        here = [row for row in of_kind if hardware.did(row["device"], row["worker"], row["threads"])][-ROWS:]
        if here:
            work = sum(row["steps"] * _operations_a_step(kinds[kind], row) for row in here)
            found[kind] = work / sum(row["seconds"] for row in here), len(here)
    return found


def _of_kind(table: pa.Table, kind: Kind) -> list[dict[str, Any]]:
    """The last rows of a kind that say how long they took."""
    wanted = pc.greater(table["seconds"], 0.0)
    for name in OF_KIND:
        wanted = pc.and_(wanted, pc.equal(table[name], getattr(kind, name)))
    rows = table.select(OF_WORK).filter(wanted)
    return list(rows.slice(max(0, len(rows) - ROWS)).to_pylist())


def _operations_a_step(setup: Setup, row: Mapping[str, Any]) -> float:
    """Operations of one step of an earlier trial, whose layers may be others than those of `setup`."""
    layers = {name: tuple((layer, 1.0) for layer in row[name] or ()) for name in ("content_layers", "style_layers")}
    settings = setup.settings.model_copy(update=layers)
    deepest = network_named(setup.architecture).deepest(settings.active_layers)
    return replace(setup, settings=settings, deepest=deepest).operations_a_step
