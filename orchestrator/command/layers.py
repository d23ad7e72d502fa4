"""The command `sweep layers`: the layers of a network, with the channels and the scale of each."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from orchestrator.command.messages import messages
from orchestrator.command.options import AsJson, Plugins

EDGE = 256
"""Pixels of the picture whose responses are looked at."""


def layers(
    network: Annotated[
        str, typer.Argument(help="The network: a value of the setting `architecture`.", show_default=False)
    ],
    plugin: Plugins = None,
    as_json: AsJson = False,
) -> None:
    """List the layers of a network, such as vgg16 or torchvision's resnet50, from shallow to deep.

    A layer of torchvision also has the names of the modules that end with it. No weights are needed.
    """
    with messages():
        from orchestrator.errors import GridError, UsageError
        from orchestrator.grid.values import check_value
        from results.printable import json_text
        from stylize import SettingsError, architecture_named
        from stylize.plugin_source import find_plugin
        from stylize.plugins import load_plugin

        for file in plugin or ():
            load_plugin(find_plugin(file))
        try:
            found = architecture_named(check_value("architecture", network))
            named = [response for response in found.responses(found.layers[-1], EDGE, EDGE) if response.names]
        except (GridError, SettingsError) as error:
            raise UsageError(str(error)) from error
        listed: list[dict[str, Any]] = [
            {
                "layer": response.names[0],
                "also": list(response.names[1:]),
                "channels": response.channels,
                "stride": round(EDGE / response.height),
                "default": [
                    setting
                    for setting in ("content_layers", "style_layers")
                    if {*getattr(found, setting)} & {*response.names}
                ],
            }
            for response in named
        ]
        if as_json:
            print(json_text(listed))
            return
        from rich.console import Console
        from rich.table import Table

        table = Table(box=None, pad_edge=False)
        for heading, justify in (("layer", "left"), ("channels", "right"), ("stride", "right"), ("also", "left")):
            table.add_column(heading, justify=justify, overflow="fold")  # type: ignore[arg-type]
        table.add_column("default")
        for one in listed:
            default = ", ".join(str(setting).removesuffix("_layers") for setting in one["default"])
            also = ", ".join(one["also"])
            table.add_row(one["layer"], str(one["channels"]), str(one["stride"]), also, default)
        Console(highlight=False).print(table)
