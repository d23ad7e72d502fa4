"""Writes the gallery of a running sweep again and again."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from results.errors import ResultsError
from results.run.storage import Run

if TYPE_CHECKING:
    from results.gallery.write import Written

FIRST_SECONDS, EVERY_SECONDS = 5.0, 15.0

MOST_SHARE = 0.03
"""The most of one core's time that this may take. If writing takes a second, it is done every half minute."""


@contextlib.contextmanager
def live(run: Run) -> Iterator[None]:
    """Keep the gallery of a run up to date in a thread, while the context is entered. Open pages update themselves.

    Small copies are made by the workers. Errors while writing do not disturb the sweep.
    """
    stop = threading.Event()
    thread = threading.Thread(target=_keep_writing, args=(run, stop), name="gallery", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _keep_writing(run: Run, stop: threading.Event) -> None:
    written: Written | None = None
    pause = FIRST_SECONDS
    while not stop.wait(pause):
        began = time.monotonic()
        from results.gallery import write  # imports pandas: not before the sweep has begun

        written = written or write.Written()
        with contextlib.suppress(Exception):  # the error comes again at the end of the sweep, where it is reported
            write.write_gallery(run, next_in=max(pause, EVERY_SECONDS), thumbnails=False, written=written)
        pause = max(EVERY_SECONDS, (time.monotonic() - began) / MOST_SHARE)
    if written and written.version:
        from results.gallery.write import write_state

        with contextlib.suppress(ResultsError):
            write_state(run, written, None)
