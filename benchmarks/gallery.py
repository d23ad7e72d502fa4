"""How soon a gallery of 100,000 trials shows its first image: the bytes before it, and the page's processor time.

Needs Chromium and Playwright. The run is made by the tests' own script, with 20 different images. The page is opened
from `file://` three times, and the middle one counts. Times are those of the page's main thread, so that other work on
the machine counts little.
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.measurement import Measurement

ROWS, COLUMNS = 316, 317
"""100,172 trials."""

_SEEN = "[...document.querySelectorAll('td img')].some((one) => one.naturalWidth)"


def run() -> list[Measurement]:
    """One row for each goal."""
    from playwright.sync_api import sync_playwright

    from results.gallery.write import write_gallery
    from results.report.write import BROWSERS
    from tests.gallery.conftest import MakeRun

    folder = Path(tempfile.mkdtemp(prefix="gallery-"))
    axes = {"seed": list(range(ROWS)), "ratio": [10.0 ** (-5 + number / 80) for number in range(COLUMNS)]}
    metrics = {
        "style_distance": lambda number: 0.001 * (number % 997),
        "structural_similarity": lambda number: 0.001 * (number % 991),
        "colour_mean_distance": lambda number: 0.01 * (number % 983),
    }
    make: Any = MakeRun  # the tests have no types
    made = make(folder / "run", axes, metrics=metrics)
    write_gallery(made.run)
    page = folder / "run" / "gallery"
    before = sum(path.stat().st_size for path in page.rglob("*") if path.name != "columns.js" and _comes_first(path))
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as driver:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        opened = driver.chromium.launch(executable_path=browser, args=arguments)
        looks = [_look(opened, page / "index.html") for _ in range(3)]
        opened.close()
    seconds, waited, elements = (statistics.median(column) for column in zip(*looks, strict=True))
    shutil.rmtree(folder)
    name = f"gallery of {ROWS * COLUMNS:,} trials: "
    return [
        Measurement(f"{name}bytes before the first image", f"{before / 1e6:.1f} MB", "8 MB"),
        Measurement(f"{name}main thread's time until the first image", f"{seconds:.2f} s", "2 s"),
        Measurement(f"{name}time on the clock until then, this machine's other work included", f"{waited:.2f} s"),
        Measurement(f"{name}elements in the document", f"{elements:.0f}"),
    ]


def _comes_first(path: Path) -> bool:
    """Whether the page loads a file before it shows an image."""
    return path.suffix in (".html", ".js", ".css") and path.parent.name in ("gallery", "vendor")


def _look(browser: Any, page: Path) -> tuple[float, float, float]:
    """Seconds of the main thread and of the clock until an image is seen, and elements of the document then."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    opened = context.new_page()
    session = context.new_cdp_session(opened)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    began = time.monotonic()
    opened.goto(page.as_uri())
    while not opened.evaluate(_SEEN):
        time.sleep(0.02)
    waited = time.monotonic() - began
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    elements = opened.evaluate("document.getElementsByTagName('*').length")
    context.close()
    return metrics["TaskDuration"], waited, elements
