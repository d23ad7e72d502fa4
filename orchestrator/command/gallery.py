"""The command `sweep gallery`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from orchestrator.command.messages import messages, run_path
from orchestrator.command.options import RunArgument


def gallery(
    run: RunArgument,
    serve: Annotated[bool, typer.Option("--serve", help="Serve it to this machine until Ctrl-C.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of --serve; 0 takes a free one.")] = 0,
) -> None:
    """Write the gallery of a run, a page on which its images can be compared. Every sweep ends with this."""
    with messages():
        import results
        from results.gallery.serve import Server
        from results.gallery.write import write_gallery

        found = results.Run(run_path(run))
        path = write_gallery(found)
        if not serve:
            print(path)
            return
        with Server(found, port) as server:
            print(server.url, flush=True)
            print("serving to this machine alone; Ctrl-C ends it", file=sys.stderr, flush=True)
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                return
