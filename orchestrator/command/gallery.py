"""The command `sweep gallery`: options, and which kind of gallery they ask for. The work is in `results/gallery/`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.command.messages import messages, run_path, say
from orchestrator.errors import UsageError

if TYPE_CHECKING:
    from results.gallery.serve import Server


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
        import pandas as pd

        import results
        from results.gallery.host import copy_for_host
        from results.gallery.serve import Server
        from results.gallery.single import single_file
        from results.gallery.write import write_apart, write_gallery, write_several

        named = {"--serve": serve, "--single": single, "--host": host, "--out": out}
        if len(given := [name for name, value in named.items() if value]) > 1:
            raise UsageError(f"{' and '.join(given)} are different places for the page; give one of them")
        paths = [run_path(run) for run in runs]
        found = [results.Run(path) for path in paths]
        if out and len(found) == 1:
            raise UsageError("--out is for a page of several runs; the gallery of one run is in its own folder")
        if single:
            trials = pd.concat([results.load(path, missing=True) for path in paths], ignore_index=True)
            file = single_file(trials, most_megabytes=most_megabytes)
            say(f"{len(file.content) / 1e6:.1f} MB, images of {file.edge} pixels at most")
            file.write(single)
            print(single)
        elif host:
            count, size = copy_for_host(found, results.Run(host))
            say(f"{count} files, {size / 1e6:.1f} MB")
            print(results.Run(host).full_path("gallery/index.html"))
        elif serve and len(found) == 1:
            write_gallery(found[0])
            with Server(found[0], port) as server:
                _serve(server)
        elif serve:
            with tempfile.TemporaryDirectory(prefix="gallery-") as temporary:
                page = results.Run(temporary)
                with Server(page, port, write_apart(found, page)) as server:
                    _serve(server)
        elif len(found) == 1:
            print(write_gallery(found[0]))
        else:
            folder = out or f"{os.path.commonpath([os.path.abspath(path) for path in paths])}/compared"
            print(write_several(found, results.Run(folder)))


def _serve(server: Server) -> None:
    print(server.url, flush=True)
    say("serving to this machine alone; Ctrl-C ends it")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return
