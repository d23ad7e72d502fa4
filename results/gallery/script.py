"""Data as classic scripts: the one way for a page from `file://` to load them."""

from __future__ import annotations

import json
import math
from typing import Any


def call(function: str, *arguments: Any) -> bytes:
    """A script that calls a function with JSON values, whatever texts they hold.

    NaN must have become None before; infinities are written as JavaScript reads them.
    """
    texts = (json.dumps(one, ensure_ascii=True, separators=(",", ":")) for one in arguments)
    # ASCII alone leaves no line separators that end a JavaScript string, and no `<` can close or open a tag.
    escaped = ",".join(texts).replace("<", r"\u003c")
    return f"{function}({escaped});\n".encode("ascii")


def rounded(number: float | None, digits: int = 5) -> float | None:
    """A number in few digits: no chart shows more than five. None for what is no number."""
    if number is None or math.isnan(number):
        return None
    return float(f"{number:.{digits}g}")
