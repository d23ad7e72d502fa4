"""Writing a report: the page from its template, and a PDF by a browser that prints it."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from results.errors import RunError
from results.report.contents import contents
from results.run.storage import Run

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
"""Programs that print a page, the one that starts quickest first. The tests and benchmarks look with them, too."""

PRINT_SECONDS = 120


def report_html(run: Run, metrics: Sequence[str] = ()) -> str:
    """The report of a run as one HTML page that loads nothing. See `contents` for `metrics` and what is raised."""
    folder = resources.files("results.report") / "page"
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((folder / "report.html").read_text(encoding="utf-8"))
    style = (folder / "report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    return template.render(report=contents(run, metrics), style=style, style_hash=f"'sha256-{digest}'")


def print_pdf(html: str) -> bytes:
    """A page as PDF, printed by Chromium or Chrome. Raises RunError where there is none, or where it fails."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise RunError(
            "a PDF is printed by Chromium or Chrome, and there is none here; "
            "write report.html and print it in a browser"
        )
    with tempfile.TemporaryDirectory(prefix="report-") as folder:
        page, printed = Path(folder, "report.html"), Path(folder, "report.pdf")
        page.write_text(html, encoding="utf-8")
        options = ["--headless", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={folder}/profile"]
        options += ["--no-sandbox"] if os.geteuid() == 0 else []
        try:
            subprocess.run(
                [browser, *options, f"--print-to-pdf={printed}", page.as_uri()],
                capture_output=True,
                check=True,
                timeout=PRINT_SECONDS,
            )
            return printed.read_bytes()
        except (OSError, subprocess.SubprocessError) as error:
            raise RunError(f"{browser} could not print the report: {error}") from error
