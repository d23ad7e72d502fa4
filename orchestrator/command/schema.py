"""The command `sweep schema`: prints the JSON Schema of grid files, which is made in `orchestrator/grid/schema.py`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.command.messages import messages


def schema(
    plugin: Annotated[
        list[Path] | None,
        typer.Option(help="A Python file with methods of yours. May be repeated.", show_default=False),
    ] = None,
) -> None:
    """Print the JSON schema of grids, for editors that check YAML while one types."""
    with messages():
        from orchestrator.grid.schema import grid_schema
        from stylize.plugins import load_plugin, read_plugin

        for path in plugin or ():
            load_plugin(read_plugin(path))

        print(json.dumps(grid_schema(), indent=2, ensure_ascii=False))
