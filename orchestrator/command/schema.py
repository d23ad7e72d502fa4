"""The command `sweep schema`: prints the JSON Schema of grid files, which is made in `orchestrator/grid/schema.py`."""

from __future__ import annotations

import json

from orchestrator.command.messages import messages


def schema() -> None:
    """Print the JSON schema of grids, for editors that check YAML while one types."""
    with messages():
        from orchestrator.grid.schema import grid_schema

        print(json.dumps(grid_schema(), indent=2, ensure_ascii=False))
