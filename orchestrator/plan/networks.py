"""The network of a trial by its name: one whose responses are compared, or the generator of the auto-painter."""

from __future__ import annotations

from autopaint.architecture import ARCHITECTURE as GENERATOR
from stylize import Architecture, architecture_named


def network_named(name: str) -> Architecture:
    """The architecture that a `Setup` names. Raises KeyError for a name that there is not."""
    return GENERATOR if name == GENERATOR.name else architecture_named(name)
