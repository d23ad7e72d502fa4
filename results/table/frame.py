"""Puts a pandas table together from columns of Arrow, one after another: the largest runs are hardly ever in memory
twice. The values and types are those that Arrow gives pandas; only lists become tuples, which pandas can group by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

SHARED = 4096
"""Rows of a part of a column in which all texts are equal. The parts are one and the same, in memory once."""

IN_BLOCK = 16
"""Columns that are in memory together."""


def taken(table: pa.Table, positions: pa.Array | None) -> dict[str, pd.Series]:
    """The columns of a table, at these positions if any are given. Values are missing where a position is."""
    columns = {name: table[name] for name in table.column_names}
    lists = {name for name, column in columns.items() if pa.types.is_list(column.type)}
    plain = pa.table({name: _at(column, positions) for name, column in columns.items() if name not in lists})
    found = dict(plain.to_pandas(maps_as_pydicts="strict", split_blocks=True).items())
    for name in lists:
        values = _tuples(columns[name])
        found[name] = pd.Series(values if positions is None else _picked(values, positions), dtype=object)
    return {name: found[name] for name in columns}


def repeated(text: str | None, rows: int) -> pa.ChunkedArray:
    """A column with the same text in all rows, which takes little memory."""
    part = pa.array([text] * min(rows, SHARED), pa.large_string())  # pandas' own type, which it does not copy
    whole, rest = divmod(rows, SHARED)
    return pa.chunked_array([*([part] * whole), part.slice(0, rest)])


def _at(column: pa.ChunkedArray, positions: pa.Array | None) -> pa.ChunkedArray:
    rows = len(column) if positions is None else len(positions)
    if rows > SHARED and pa.types.is_string(column.type) and (positions is None or not positions.null_count):
        different = pc.unique(column.slice(0, SHARED))
        if len(different) == 1 and pc.unique(column) == different:
            return repeated(different[0].as_py(), rows)
    return column if positions is None else column.take(positions)


class Assembly:
    """A pandas table to which one column is added after another.

    Columns of the same NumPy type are put into blocks, as pandas wants them: it warns of tables with many. They are in
    the order of the table, so that pandas need not copy them again.
    """

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._names: list[str] = []
        self._blocks: dict[np.dtype[Any], list[_Block]] = {}
        self._others: list[pd.DataFrame] = []

    def add(self, columns: Mapping[str, pd.Series]) -> None:
        """Add columns on the right, with the index that a table has by default."""
        self._names += columns
        for name, column in columns.items():
            if not isinstance(column.dtype, np.dtype):
                self._others.append(column.to_frame(name))
                continue
            blocks = self._blocks.setdefault(column.dtype, [])
            if not blocks or len(blocks[-1].names) == IN_BLOCK:
                blocks.append(_Block(np.empty((IN_BLOCK, self._rows), column.dtype), []))
            blocks[-1].values[len(blocks[-1].names)] = column.to_numpy()
            blocks[-1].names.append(name)

    def table(self) -> pd.DataFrame:
        """The table, which keeps the memory of its columns."""
        blocks = [block.table() for blocks in self._blocks.values() for block in blocks]
        table: pd.DataFrame = pd.concat([*blocks, *self._others], axis=1)[self._names]
        return table


@dataclass(frozen=True)
class _Block:
    """Columns of one type, as the rows of an array that has room for more. Its room takes memory once it is used."""

    values: np.ndarray
    names: list[str]

    def table(self) -> pd.DataFrame:
        return pd.DataFrame(self.values[: len(self.names)].T, columns=self.names, dtype=self.values.dtype, copy=False)


def _picked(values: np.ndarray, positions: pa.Array) -> np.ndarray:
    """Objects at these positions, NaN where a position is missing: what pandas has for the side of a join that lacks
    a row.
    """
    there = np.asarray(positions.is_valid())
    picked = np.full(len(positions), np.nan, object)
    picked[there] = values[np.asarray(positions.drop_null())]
    return picked


def _tuples(column: pa.ChunkedArray) -> np.ndarray:
    """A column of lists as tuples. Equal ones are one object: most trials of a grid share their layers."""
    found = np.empty(len(column), object)
    known: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    start = 0
    for array in column.chunks:
        part = found[start : start + len(array)]
        start += len(array)
        if array.null_count == len(array):
            continue
        if (value := _only_list(array)) is not None:
            part[:] = [known.setdefault(value, value)] * len(array)
            continue
        starts, values, missing = array.offsets.to_pylist(), array.values.to_pylist(), array.is_null().to_pylist()
        for row, (first, end, is_missing) in enumerate(zip(starts[:-1], starts[1:], missing, strict=True)):
            value = tuple(values[first:end])
            part[row] = None if is_missing else known.setdefault(value, value)
    return found


def _only_list(array: pa.ListArray) -> tuple[Any, ...] | None:
    """The list that all rows have, if there is such a one."""
    lengths = np.diff(array.offsets)
    if not len(array) or array.null_count or (lengths != lengths[0]).any():
        return None
    codes = np.asarray(array.flatten().dictionary_encode().indices.fill_null(-1)).reshape(len(array), -1)
    return None if (codes != codes[0]).any() else tuple(array[0].as_py())
