"""The command `sweep sheet`: options and printed lines. Sheets are drawn in `results/sheets/`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.command.messages import messages, run_path, say
from orchestrator.command.options import Columns, Rows, RunArgument, takes_selection

if TYPE_CHECKING:
    from results import Run
    from results.table.selection import Selection


@takes_selection
def sheet(
    run: RunArgument,
    selection: Selection,
    rows: Rows = [],  # noqa: B006 - Typer copies it
    columns: Columns = [],  # noqa: B006
    annotate: Annotated[
        str | None, typer.Option(help="Text below each image: '{total_loss:.2e}', with any columns of the table.")
    ] = None,
    border: Annotated[str | None, typer.Option(help="Colour the cells' borders by this loss or metric.")] = None,
    title: Annotated[str | None, typer.Option(help="Another title than the grid's.")] = None,
    caption: Annotated[str | None, typer.Option(help="Text below the sheet.")] = None,
    author: Annotated[str | None, typer.Option(help="The author, in the properties of a PDF.")] = None,
    page_rows: Annotated[
        int | None, typer.Option(min=1, help="At most this many rows a page: pages of a PDF, or numbered files.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Where to save it: .png, .jpg, .webp, .svg or .pdf.  [default: RUN/sheet.png; of some trials "
            "RUN/selection.png]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Draw a run's comparison sheet again: with other axes, of some of its trials, or for a paper."""
    with messages():
        import results
        from results.run.storage import SELECTION_SHEET, SHEET
        from results.sheets.additions import Additions
        from results.sheets.drawing import sheet_files
        from results.sheets.notes import sheet_notes

        found = results.Run(run_path(run))
        trials = selection.of(results.load(found.location, missing=True))
        additions = Additions(annotate, border, title, caption, author)
        name = out.name if out else SELECTION_SHEET if selection else SHEET
        with sheet_notes() as notes:
            files = sheet_files(trials, name, rows or None, columns or None, additions=additions, page_rows=page_rows)
        for note in notes:
            say(note)
        for page, content in files.items():
            print(_save(out.with_name(page), content) if out else _save_in(found, page, content))


def _save_in(run: Run, name: str, content: bytes) -> str:
    run.write(name, content)
    return run.full_path(name)


def _save(path: Path, content: bytes) -> Path:
    from results import SheetError

    try:
        path.write_bytes(content)
    except OSError as error:
        raise SheetError(f"cannot save {path}: {error.strerror or error}") from error
    return path
