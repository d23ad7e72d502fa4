"""Writes data as JavaScript calls, because a page from `file://` may load scripts but not JSON.

Also rounds numbers for charts.
"""

from __future__ import annotations

import json
import math
from typing import Any


def call(function: str, *arguments: Any) -> bytes:
    """A script that calls a function with JSON values. Any text in them is safe.

    Callers replace NaN by None first; infinities are written as JavaScript's `Infinity`.
    """
    texts = (json.dumps(one, ensure_ascii=True, separators=(",", ":")) for one in arguments)
    # ASCII alone leaves no line separators that end a JavaScript string, and no `<` can close or open a tag.
    escaped = ",".join(texts).replace("<", r"\u003c")
    return f"{function}({escaped});\n".encode("ascii")


def rounded(number: float | None, digits: int = 5) -> float | None:
    """A number rounded to `digits` significant digits: charts show no more than five. None for None and NaN."""
    if number is None or math.isnan(number):
        return None
    return float(f"{number:.{digits}g}")
