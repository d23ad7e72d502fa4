"""The command `sweep schema`: prints the JSON Schema of grid files, which is made in `orchestrator/grid/schema.py`."""

from __future__ import annotations

import json

from orchestrator.command.messages import messages
from orchestrator.command.options import Plugins


def schema(plugin: Plugins = None) -> None:
    """Print the JSON schema of grids, for editors that check YAML while one types."""
    with messages():
        from orchestrator.grid.schema import grid_schema
        from stylize.plugin_source import find_plugin
        from stylize.plugins import load_plugin

        for file in plugin or ():
            load_plugin(find_plugin(file))
        print(json.dumps(grid_schema(), indent=2, ensure_ascii=False))
