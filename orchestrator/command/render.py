"""The command `sweep render`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from orchestrator.command.messages import messages, run_path, say
from orchestrator.command.options import RunArgument, takes_request, takes_selection
from orchestrator.command.run import report
from orchestrator.request import Request

if TYPE_CHECKING:
    from results.table.selection import Selection


@takes_request("hardware", "work", grid=False)
@takes_selection
def render(
    request: Request,
    run: RunArgument,
    selection: Selection,
    size: Annotated[int, typer.Option(min=16, max=16_384, help="Pixels of the long edge.", show_default=False)],
    style_scale: Annotated[
        Literal["grow", "keep"],
        typer.Option(help="grow: strokes keep their share of the image; keep: they keep their pixels, and look finer."),
    ] = "grow",
    detail: Annotated[
        int | None,
        typer.Option(
            min=1, help="Only refine the enlarged image, in this many steps at full size.", show_default=False
        ),
    ] = None,
    print_file: Annotated[
        Literal["none", "png", "png-16", "tiff", "tiff-16"],
        typer.Option(help="A further file of each image with an sRGB profile, of 8 or 16 bits, which `export` copies."),
    ] = "none",
    out: Annotated[
        str | None, typer.Option(help="The rendered run's folder.  [default: RUN-SIZE]", show_default=False)
    ] = None,
) -> None:
    """Make chosen trials of a run again at print size: a run of its own, coarse to fine from each trial's own image.

    sweep render figure5 --marked star --size 4096

    Ctrl-C lets running batches finish; run the same command again to continue.
    """
    from orchestrator.progress.display import make_display
    from orchestrator.progress.downloads import download_bar

    with messages():
        import results
        from orchestrator.errors import UsageError
        from orchestrator.render import Rendering, nothing_left, render_request
        from orchestrator.sweep import execute

        if not selection:
            raise UsageError("say which trials: --marked star, --best 3, or --where with a condition")
        source = results.Run(run_path(run))
        chosen = selection.of(results.load(source.location))
        how = Rendering(size, style_scale, detail, print_file)
        asked = render_request(source, chosen, how, out, download_bar)
        here = [name for name, option in Request.options().items() if option.scope in ("hardware", "work")]
        with nothing_left(asked):
            work = replace(asked, **{name: getattr(request, name) for name in here})
            report(execute(work, make_display(), watch=download_bar, say=say))
