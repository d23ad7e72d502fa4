"""The command `sweep schema`."""

from __future__ import annotations

import json


def schema() -> None:
    """Print the JSON schema of grids, for editors that check YAML while one types."""
    from orchestrator.grid.schema import grid_schema

    print(json.dumps(grid_schema(), indent=2, ensure_ascii=False))
