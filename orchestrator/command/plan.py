"""The command `sweep plan`: its options. The preview is made and written in `orchestrator/preview/`."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.command.messages import messages
from orchestrator.command.options import AsJson, takes_request
from orchestrator.request import Request

Price = Annotated[
    float | None,
    typer.Option(min=0, help="Of a GPU for an hour, or of a worker where there are no GPUs: says what it costs."),
]


@takes_request("trials", "selection", "hardware")
def plan(request: Request, price: Price = None, as_json: AsJson = False) -> None:
    """Show what a grid would do, without doing it: trials, inputs, estimated time and disk."""
    from orchestrator.preview.preview import preview
    from orchestrator.preview.text import print_preview
    from orchestrator.preview.time import estimate
    from orchestrator.sweep import prepare

    with messages():
        from results.printable import json_text

        planned, run = prepare(request, fetch=False)
        found = preview(planned, run, estimate(request, planned, run), price)
        if as_json:
            print(json_text(found))
        else:
            print_preview(found)
