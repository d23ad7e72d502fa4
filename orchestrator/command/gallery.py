"""The command `sweep gallery`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.command.messages import messages, run_path


def gallery(
    runs: Annotated[
        list[str],
        typer.Argument(help="A run's folder, such as runs/figure5; several are one page.", show_default=False),
    ],
    serve: Annotated[bool, typer.Option("--serve", help="Serve it to this machine until Ctrl-C.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of --serve; 0 takes a free one.")] = 0,
    single: Annotated[Path | None, typer.Option(help="Write it as one HTML file that needs nothing else.")] = None,
    most_megabytes: Annotated[float, typer.Option(min=1, help="Of --single: images are smaller if need be.")] = 50,
    out: Annotated[
        str | None, typer.Option(help="Of several runs: the page's folder.", show_default="compared")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Copy page and images to a folder, for any web server.")] = None,
) -> None:
    """Write the gallery of a run, a page on which its images can be compared. Every sweep ends with this."""
    with messages():
        import results
        from results.errors import RunError
        from results.gallery.host import copy_for_host
        from results.gallery.serve import Server
        from results.gallery.single import write_single
        from results.gallery.write import write_gallery, write_several

        paths = [run_path(run) for run in runs]
        if len(paths) > 1:
            if serve or single or host:
                raise RunError("--serve, --single and --host take one run; several are a page to open from the disk")
            folder = results.Run(out or f"{os.path.commonpath([os.path.abspath(path) for path in paths])}/compared")
            print(write_several([results.Run(path) for path in paths], folder))
            return
        found = results.Run(paths[0])
        if single:
            size, edge = write_single(found, single, most_megabytes=most_megabytes)
            print(f"{size / 1e6:.1f} MB, images of {edge} pixels at most", file=sys.stderr)
            print(single)
            return
        if host:
            count, size = copy_for_host(found, results.Run(host))
            print(f"{count} files, {size / 1e6:.1f} MB", file=sys.stderr)
            print(results.Run(host).full_path("gallery/index.html"))
            return
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
