"""The versions of this project and of the packages on which its results depend."""

from __future__ import annotations

import functools
from importlib import metadata


def sweep_version() -> str:
    """The version of this project."""
    return metadata.version("style-sweep")


@functools.cache
def versions_text() -> str:
    """The versions that can change pixels, as text for a row."""
    return f"sweep {sweep_version()}, torch {metadata.version('torch')}"
