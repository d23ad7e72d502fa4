"""Turns a plan into the table that `results` keeps. It is made column by column, to be fast: each value of an axis and
each setup is converted once, and the rows of trials are taken from these.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from orchestrator.grid.grid import Dimension, Grid, Point
from orchestrator.plan.settings_columns import SETTINGS_SCHEMA, setting_cells, settings_row
from orchestrator.plan.trial import Setup, Trial


def plan_table(grid: Grid, points: Sequence[tuple[Point, Trial]]) -> pa.Table:
    """Trial ids, settings, and for each axis the position along it and the label that the grid gives there."""
    indices = np.array([point for point, _ in points], np.int32).reshape(len(points), len(grid.dimensions))
    setups = list({id(trial.setup): trial.setup for _, trial in points}.values())
    numbers = {id(setup): number for number, setup in enumerate(setups)}
    of_setup = np.fromiter((numbers[id(trial.setup)] for _, trial in points), np.int32, len(points))
    columns = {"trial_id": pa.array([trial.id for _, trial in points], pa.string())}
    shared = _setups_table(setups)
    columns |= {name: shared[name].take(pa.array(of_setup)) for name in shared.column_names}
    varying = setups[0].varying if setups else ()
    for dimension, index in zip(grid.dimensions, indices.T, strict=True):
        for column, name in enumerate(dimension.settings):
            if name in varying:
                columns |= _taken(_values_table(dimension, column, name), index)
        columns |= _axis_columns(dimension, index)
    return pa.table(columns).combine_chunks()


def _setups_table(setups: Sequence[Setup]) -> pa.Table:
    used = ({"weights": setup.weights_reference, "preprocessing": setup.preprocessing} for setup in setups)
    rows = [settings_row(setup.settings) | names for setup, names in zip(setups, used, strict=True)]
    return pa.Table.from_pylist(rows, schema=SETTINGS_SCHEMA)


def _values_table(dimension: Dimension, column: int, name: str) -> pa.Table:
    rows = [setting_cells(name, values[column]) for values in dimension.values]
    return pa.Table.from_pylist(rows, schema=pa.schema([SETTINGS_SCHEMA.field(cell) for cell in rows[0]]))


def _axis_columns(dimension: Dimension, index: NDArray[np.int32]) -> dict[str, pa.Array]:
    columns: dict[str, pa.Array] = {}
    positions = np.array(dimension.positions(), np.int32)
    for column, name in enumerate(dimension.settings):
        labels = [one[column] for one in dimension.labels]
        columns[f"{name}_order"] = pa.array(positions[index], pa.int32())
        if any(label is not None for label in labels):
            columns[f"{name}_label"] = pa.array(labels, pa.string()).take(pa.array(index))
    return columns


def _taken(table: pa.Table, index: NDArray[np.int32]) -> dict[str, pa.ChunkedArray]:
    return {name: table[name].take(pa.array(index)) for name in table.column_names}
