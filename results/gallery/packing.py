"""Packs the data that all trials have into few bytes. With 100,000 trials, each byte of a trial is 0.1 MB that the page
has to load before it shows the first image.

`page/unpack.js` reads it.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

STATES = {("done", True): "D", ("done", False): "d", ("failed", True): "F", ("failed", False): "f"}
"""A letter for a trial's status and whether it has an image; `m` for one that was not run yet."""


def states(status: Sequence[str], has_image: Sequence[bool]) -> str:
    """A letter for each trial."""
    return "".join(STATES.get(pair, "m") for pair in zip(status, has_image, strict=True))


def hexadecimal(names: Sequence[str | None]) -> dict[str, Any] | list[str | None]:
    """Hexadecimal names, all of the same even length, as base64; None becomes zeros. Other names stay a list."""
    given = {len(name) for name in names if name is not None}
    if len(given) != 1 or (digits := given.pop()) % 2:
        return list(names)
    content = b"".join(bytes(digits // 2) if name is None else bytes.fromhex(name) for name in names)
    return {"digits": digits, "base64": base64.b64encode(content).decode("ascii")}


def repeated(values: Sequence[Any]) -> dict[str, Any]:
    """Values that are mostly equal: each value once, and its index for each trial; or the value of all trials."""
    place: dict[Any, int] = {}
    codes = [place.setdefault(value, len(place)) for value in values]
    return {"values": list(place), "codes": codes if len(place) > 1 else None}
