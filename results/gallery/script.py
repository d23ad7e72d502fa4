"""Writes data as JavaScript calls, because a page from `file://` may load scripts but not JSON.

Also rounds numbers for charts.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

DIGITS = 5
"""Charts show no more significant digits."""


def call(function: str, *arguments: Any) -> bytes:
    """A script that calls a function with JSON values. Any text in them is safe.

    Callers replace NaN by None first; infinities are written as JavaScript's `Infinity`.
    """
    texts = (json.dumps(one, ensure_ascii=True, separators=(",", ":")) for one in arguments)
    # ASCII alone leaves no line separators that end a JavaScript string, and no `<` can close or open a tag.
    escaped = ",".join(texts).replace("<", r"\u003c")
    return f"{function}({escaped});\n".encode("ascii")


def rounded(numbers: NDArray[np.float64], digits: int = DIGITS) -> list[float | None]:
    """Numbers rounded to so many significant digits (15 at most), None for NaN. Each is the float that is nearest to
    the rounded decimal, and therefore short in JSON.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        shift = digits - 1 - np.floor(np.log10(np.abs(numbers)))
        usual = np.abs(shift) <= 22  # up to which powers of ten are exact; not so for 0, infinity and NaN
        power = 10.0 ** np.where(usual, np.abs(shift), 0)
        short = np.where(shift >= 0, np.rint(numbers * power) / power, np.rint(numbers / power) * power)
    found: list[float | None] = np.where(usual, short, numbers).tolist()
    for at in np.flatnonzero(~usual):
        found[at] = None if math.isnan(numbers[at]) else float(f"{numbers[at]:.{digits}g}")
    return found
