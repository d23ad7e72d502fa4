"""What ran: versions of this project and of what its results depend on."""

from __future__ import annotations

import functools
from importlib import metadata


def sweep_version() -> str:
    """This project's version."""
    return metadata.version("style-sweep")


@functools.cache
def versions_text() -> str:
    """For a row: the versions that can change pixels."""
    return f"sweep {sweep_version()}, torch {metadata.version('torch')}"
