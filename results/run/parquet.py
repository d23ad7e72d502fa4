"""Parquet files as bytes: how they are written, opened and read column by column, and what is said of damaged ones.

What their columns mean is in `rows.py`.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

CELLS_AT_ONCE = 500_000
"""Values in a part of a table: all columns of a small one, few of a large one."""


class Columns:
    """A table of which some columns can be read at a time, so that nobody needs memory for all of them at once. They
    all have the same rows in the same order.

    `read` is given names, or None for all columns, and leaves out columns that are not there.
    """

    def __init__(self, names: Sequence[str], rows: int, read: Callable[[Sequence[str] | None], pa.Table]) -> None:
        self.names = list(names)
        self.read = read
        self._at_once = max(1, CELLS_AT_ONCE // max(1, rows))

    def __getitem__(self, name: str) -> pa.ChunkedArray:
        return self.read([name])[name]

    def parts(self, names: Sequence[str]) -> Iterator[pa.Table]:
        """These columns in tables of some of them each, in their order in `names`."""
        for start in range(0, len(names), self._at_once):
            yield self.read(names[start : start + self._at_once])


def to_parquet(table: pa.Table) -> bytes:
    """A table as the bytes of a Parquet file, whose pages have checksums that any reader can compare."""
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", write_page_checksum=True)
    pa.default_memory_pool().release_unused()  # 100 MB and more after a large table, which Arrow would keep
    return buffer.getvalue()


def opened(content: bytes) -> pq.ParquetFile:
    """A Parquet file whose columns can be read. Raises ValueError for one whose description of itself is damaged."""
    with damage():
        file = pq.ParquetFile(pa.BufferReader(content), page_checksum_verification=True)
        file.schema_arrow  # noqa: B018 - is read only now
    return file


@contextlib.contextmanager
def damage() -> Iterator[None]:
    """Turn what Arrow raises for a damaged file into a ValueError with a reason in one line."""
    try:
        yield
    except Exception as error:  # a damaged file makes Arrow raise nearly anything, UnicodeDecodeError among it
        lines = str(error).strip().splitlines()
        raise ValueError(lines[0][:200] if lines else type(error).__name__) from error
