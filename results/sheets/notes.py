"""Collects what a sheet warns of, for commands that say it."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator

from results.errors import SheetWarning


@contextlib.contextmanager
def sheet_notes() -> Iterator[list[str]]:
    """Collects the warnings of sheets as texts, which are in the list after the block; other warnings pass."""
    notes: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", SheetWarning)
        yield notes
    for one in caught:
        if issubclass(one.category, SheetWarning):
            notes.append(str(one.message))
        else:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
