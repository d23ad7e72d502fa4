"""How far a download is, on stderr: on a terminal a bar with size and rate, elsewhere a line every half minute."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from orchestrator.progress.display import PLAIN_SECONDS, duration
from results.printable import printable

Report = Callable[[int, int | None], None]


@contextlib.contextmanager
def download_bar(name: str) -> Iterator[Report]:
    """Show the download of one file while it is entered, and leave one line about it. What it gives is to be called
    with the bytes that have arrived, and the bytes in all where they are known; first before anything arrives.
    """
    started, first, latest = time.monotonic(), None, 0
    with (_bar if sys.stderr.isatty() else _lines)(name) as show:

        def report(here: int, total: int | None) -> None:
            nonlocal first, latest
            first, latest = here if first is None else first, here
            show(here, total)

        yield report
    if first is None:
        return  # all of it was here already
    seconds = time.monotonic() - started
    rate = (latest - first) / max(seconds, 1e-3)
    _say(f"downloaded {name}: {decimal(latest)} in {duration(seconds)}, {decimal(round(rate))}/s")


@contextlib.contextmanager
def _bar(name: str) -> Iterator[Report]:
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=30), DownloadColumn(), TransferSpeedColumn())
    console = Console(stderr=True, highlight=False)
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task(escape(printable(name)), total=None)
        begun = False

        def show(here: int, total: int | None) -> None:
            nonlocal begun
            if begun:
                bar.update(task, completed=here, total=total)
            else:  # what an earlier attempt left is not counted into the rate
                bar.reset(task, completed=here, total=total)
                begun = True

        yield show


@contextlib.contextmanager
def _lines(name: str) -> Iterator[Report]:
    last: float | None = None

    def show(here: int, total: int | None) -> None:
        nonlocal last
        now = time.monotonic()
        if last is None or now - last >= PLAIN_SECONDS:
            size = f" of {decimal(total)}" if total else ""
            _say(f"downloading {name}: {decimal(here)}{size}")
            last = now

    yield show


def _say(line: str) -> None:
    print(printable(line), file=sys.stderr, flush=True)
