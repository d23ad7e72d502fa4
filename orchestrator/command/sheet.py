"""The command `sweep sheet`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.command.messages import filtered, messages, run_path, say
from orchestrator.command.options import Columns, Rows, RunArgument, Where


def sheet(
    run: RunArgument,
    rows: Rows = [],  # noqa: B006 - Typer copies it
    columns: Columns = [],  # noqa: B006
    where: Where = None,
    annotate: Annotated[
        str | None, typer.Option(help="Text below each image: '{total_loss:.2e}', with any columns of the table.")
    ] = None,
    border: Annotated[str | None, typer.Option(help="Colour the cells' borders by this loss or metric.")] = None,
    title: Annotated[str | None, typer.Option(help="Another title than the grid's.")] = None,
    caption: Annotated[str | None, typer.Option(help="Text below the sheet.")] = None,
    author: Annotated[str | None, typer.Option(help="The author, in the properties of a PDF.")] = None,
    page_rows: Annotated[
        int | None, typer.Option(min=1, help="At most so many rows a page: pages of a PDF, else numbered files.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Where to save it: .png, .jpg, .webp, .svg or .pdf.  [default: RUN/sheet.png]", show_default=False
        ),
    ] = None,
) -> None:
    """Draw a run's comparison sheet again: with other axes, of some of its trials, or for a paper."""
    with messages():
        import results
        from results.run.folder import SHEET
        from results.sheets.additions import Additions
        from results.sheets.drawing import sheet_files
        from results.sheets.glyphs import glyph_notes

        location = run_path(run)
        trials = filtered(results.load(location, missing=True), where)
        path = out or Path(results.Run(location).full_path(SHEET))
        additions = Additions(annotate, border, title, caption, author)
        with glyph_notes() as notes:
            files = sheet_files(
                trials, path.name, rows or None, columns or None, additions=additions, page_rows=page_rows
            )
        for note in notes:
            say(note)
        for name, content in files.items():
            try:
                path.with_name(name).write_bytes(content)
            except OSError as error:
                raise results.SheetError(f"cannot save {path.with_name(name)}: {error.strerror or error}") from error
            print(path.with_name(name))
