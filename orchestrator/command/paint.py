"""The command `sweep paint`: options, printed lines, and the browser. The work is done in `orchestrator/paint/`."""

from __future__ import annotations

import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.command.messages import messages, say

if TYPE_CHECKING:
    from orchestrator.paint.easel import Easel


def paint(
    content: Annotated[str, typer.Option(help="A sketch or a picture: a name, a path or a URL.", show_default=False)],
    size: Annotated[int, typer.Option(min=16, max=1024, help="Pixels of the long edge.")] = 256,
    sketch: Annotated[
        str | None,
        typer.Option(
            help="as-is: the content is a sketch. xdog: make one of it.  [default: as-is if it is grey on white]",
            metavar="as-is|xdog",
            show_default=False,
        ),
    ] = None,
    hints: Annotated[
        Path | None,
        typer.Option(
            help="Where hints are kept, and found the next time.  [default: the content's name with -hints.png]",
            show_default=False,
        ),
    ] = None,
    generator: Annotated[str, typer.Option(help="embedded, or the path of a .safetensors file.")] = "embedded",
    pictures: Annotated[Path | None, typer.Option(help="A folder that is searched for pictures first.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Download nothing.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page; 0 takes a free one.")] = 0,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
) -> None:
    """Paint hints of colour on a sketch and watch it being coloured: a local page with a palette, brush and eraser.

    The page saves the hints as a PNG and shows the lines of a grid that use them.
    """
    with messages():
        from orchestrator.paint.serve import Server

        easel = _easel(content, size, sketch, hints, generator, pictures, offline=offline)
        with Server(easel, port) as server:
            print(server.url, flush=True)
            say(f"serving to this machine alone; hints are saved in {easel.file}; Ctrl-C ends it")
            if browser:
                # In a thread, because a browser that runs in the terminal returns only when it is closed.
                threading.Thread(target=webbrowser.open, args=(server.url,), daemon=True).start()
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                say("ended")


def _easel(
    content: str,
    size: int,
    sketch: str | None,
    hints: Path | None,
    generator: str,
    pictures: Path | None,
    *,
    offline: bool,
) -> Easel:
    import numpy as np

    from autopaint.export import generator_of, parameter_shapes
    from autopaint.painting import SketchError, given
    from autopaint.sketch import looks_like_a_sketch
    from downloads import Access
    from orchestrator.errors import UsageError
    from orchestrator.grid.values import check_value
    from orchestrator.paint.easel import Easel
    from pictures import Finder, resize
    from stylize.settings import TrialSettings
    from stylize.settings.value_text import file_name
    from weights import find_generator
    from weights.load import load

    found = Finder(Path.cwd(), pictures, Access(offline=offline)).find(content)
    pixels = np.asarray(resize(found.image(), size))
    kind = check_value("sketch", sketch or ("as-is" if looks_like_a_sketch(pixels) else "xdog"))
    try:
        made = given(pixels, None, TrialSettings(method="autopainter", content=content, sketch=kind))
    except SketchError as error:
        raise UsageError(str(error)) from error
    weights = find_generator(generator, base=Path.cwd())
    assert weights.file
    file = hints or Path(f"{file_name(content)}-hints.png")
    if not file.parent.is_dir():
        raise UsageError(f"there is no folder {file.parent} for {file.name}")
    line = f"settings: {{method: autopainter, content: {content}, sketch: {kind}, size: {size}, hints: {file}}}"
    easel = Easel(generator_of(load(weights.file, parameter_shapes())), made.sketch, file, line)
    easel.kept_png()  # a file of that name that is no hints is said now
    return easel
