"""Suggestions for misspelt or unknown names: the name that was probably meant, or a list of the known names."""

from __future__ import annotations

import difflib
from collections.abc import Sequence


def suggestion(name: object, known: Sequence[str]) -> str:
    """`did you mean ratio?`, or `there are ratio, style, … (12 in all)`."""
    close = difflib.get_close_matches(str(name), known, n=1)
    return f"did you mean {close[0]}?" if close else f"there are {listed(known)}"


def listed(names: Sequence[str], most: int = 30) -> str:
    """Names for a message. A list that is cut short says so."""
    return ", ".join(names[:most]) + (f", … ({len(names)} in all)" if len(names) > most else "")
