"""The command `sweep report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.command.messages import messages, run_path, say
from orchestrator.command.options import RunArgument
from orchestrator.errors import UsageError


def report(
    run: RunArgument,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            help="A column to report on. May be repeated.  [default: style_distance, structural_similarity]",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="An .html or .pdf file.  [default: report.html in the run's folder]", show_default=False),
    ] = None,
) -> None:
    """Write a report of a run as one HTML file, or as PDF: sheet, effects, best and worst images, methods, settings.

    sweep report figure5 --out figure5.pdf
    """
    with messages():
        import results
        from results.errors import RunError
        from results.report.write import print_pdf, report_html

        if out is not None and out.suffix.lower() not in (".html", ".htm", ".pdf"):
            raise UsageError(f"--out {out}: a report is an .html or a .pdf file")
        found = results.Run(run_path(run))
        html = report_html(found, metric or ())
        is_pdf = out is not None and out.suffix.lower() == ".pdf"
        content = print_pdf(html) if is_pdf else html.encode()
        say(f"{len(content) / 1e6:.1f} MB")
        if out is None:
            found.write("report.html", content)
            print(found.full_path("report.html"))
            return
        try:
            out.write_bytes(content)
        except OSError as error:
            raise RunError(f"cannot write {out}: {error.strerror}") from error
        print(out)
