"""How far a sweep is, on stderr: a live bar on a terminal, a plain line every half minute elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from orchestrator.cluster.status import Status
from results.printable import printable

PLAIN_SECONDS = 30.0


class Display(Protocol):
    """Shows how far the sweep is, and lines of text above that."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def __call__(self, status: Status, line: str | None) -> None: ...


def make_display() -> Display:
    """A bar if stderr is a terminal. Rich is not asked, because FORCE_COLOR makes it draw bars into pipes."""
    return _Terminal() if sys.stderr.isatty() else _Plain()


def duration(seconds: float) -> str:
    """`8 s`, `3 min 20 s`, `2 h 05 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def summary(status: Status) -> str:
    """A line: trials done, failed, their rate, and how long it will take."""
    finished = status.done + status.failed
    parts = [f"{finished}/{status.total} trials"]
    if status.failed:
        parts.append(f"{status.failed} failed")
    if finished:
        parts.append(f"{60 * finished / status.elapsed:.1f} a minute")
    if status.work == 0 and not status.running:
        parts.append("starting workers")
    elif status.seconds_left is not None and finished < status.total:
        parts.append(f"{duration(status.seconds_left)} left")
    return ", ".join(parts)


class _Terminal:
    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._progress = Progress(
            SpinnerColumn(),
            BarColumn(bar_width=30),
            TextColumn("{task.description}"),
            console=self._console,
            transient=True,
        )
        self._task = self._progress.add_task("starting workers", total=1.0)

    def __enter__(self) -> Self:
        self._progress.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.__exit__(kind, error, trace)

    def __call__(self, status: Status, line: str | None) -> None:
        if line:
            self._console.print(escape(printable(line)))
        share = status.work / status.total_work if status.total_work else 0.0
        self._progress.update(self._task, completed=share, description=escape(summary(status)))


class _Plain:
    def __init__(self) -> None:
        self._last = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def __call__(self, status: Status, line: str | None) -> None:
        if line:
            print(printable(line), file=sys.stderr, flush=True)
        if time.monotonic() - self._last >= PLAIN_SECONDS:
            self._last = time.monotonic()
            print(summary(status), file=sys.stderr, flush=True)
