"""The grids that come with the program. Imports nothing that takes long, because the command line starts with it."""

from __future__ import annotations

from importlib import resources
from pathlib import Path


def bundled_grids() -> dict[str, Path]:
    """The files of the grids that come with the program, by name."""
    folder = Path(str(resources.files("grids")))
    return {path.stem: path for path in sorted(folder.glob("*.yaml")) if path.stem != "pictures"}
