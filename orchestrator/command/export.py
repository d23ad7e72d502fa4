"""The command `sweep export`: options and printed lines.

Images are copied in `results/export.py`; the HTML file is written in `results/gallery/single.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.command.messages import messages, run_path, say
from orchestrator.command.options import RunsArgument, takes_selection

if TYPE_CHECKING:
    from results.table.selection import Selection


@takes_selection
def export(
    run: RunsArgument,
    selection: Selection,
    to: Annotated[
        str,
        typer.Option(help="A folder for the images, or an .html file for all of them.", show_default=False),
    ],
    name: Annotated[
        str | None,
        typer.Option(
            help="Pattern of the files' names, such as '{number}-{content}-{style}-{ratio}'.  "
            "[default: what they differ in]",
            show_default=False,
        ),
    ] = None,
    most_megabytes: Annotated[float, typer.Option(min=1, help="Of an .html file: images are smaller if need be.")] = 50,
) -> None:
    """Copy the images of chosen trials to a folder, or into one HTML file for people who have nothing installed.

    sweep export figure5 --best 12 --by structural_similarity --to best

    sweep export figure5 --marked star --to favourites.html
    """
    with messages():
        import results
        from results.errors import ExportError
        from results.export import export_images
        from results.gallery.single import single_file

        location = run_path(run)
        trials = selection.of(results.load(location))
        if not to.lower().endswith((".html", ".htm")):
            folder = results.Run(to)
            for one in export_images(trials, folder, name):
                print(folder.full_path(one))
            return
        if name is not None:
            raise ExportError("--name is for images in a folder; an .html file has no such names")
        file = single_file(trials, most_megabytes=most_megabytes)
        say(f"{len(trials)} trials, {len(file.content) / 1e6:.1f} MB, images of {file.edge} pixels at most")
        file.write(Path(to))
        print(to)
