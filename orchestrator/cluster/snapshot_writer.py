"""Writes the frames of a batch to its run while the batch goes on."""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Self

from results import Run

if TYPE_CHECKING:
    from orchestrator.plan.trial import Trial
    from stylize import Frame

THREADS = 2
MOST_WAITING_BYTES = 256_000_000
"""Of frames that wait to be written; a batch that is faster than its storage waits for it."""

FORMAT: dict[str, Any] = {"format": "WEBP", "lossless": True, "method": 0}
"""Lossless, so that a frame is what its step made and can be measured: twice the bytes of a JPEG of quality 95, in 6
instead of 2 ms for 448×336 pixels; a PNG takes 35 ms and more bytes.
"""


class FrameWriter:
    """Give it to `transfer_batch` as `on_frame`, for transfers in the order of `trials`.

    Trials that share an optimisation share its frames: those of the longest, under its id. Leaving the context waits
    until all is written. Raises RunError there where something could not be.
    """

    def __init__(self, run: Run, trials: Sequence[Trial]) -> None:
        self._run = run
        self._trials = trials
        self._pool = ThreadPoolExecutor(THREADS)
        pixels = max(trial.width * trial.height for trial in trials)
        self._room = threading.BoundedSemaphore(max(THREADS, MOST_WAITING_BYTES // (pixels * 3 * 4)))
        self._writing: list[Future[None]] = []
        self._kept: dict[int, dict[str, Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._pool.shutdown(cancel_futures=error is not None)
        if error is None:
            for one in self._writing:
                one.result()

    def __call__(self, frame: Frame) -> None:
        owner = max((self._trials[index] for index in frame.transfers), key=lambda trial: trial.settings.iterations)
        for index in frame.transfers:
            kept = self._kept.setdefault(index, {"kept_by": owner.id, "kept_steps": []})
            kept["kept_steps"].append(frame.step)
        self._room.acquire()
        self._writing.append(self._pool.submit(self._write, Run.frame_path(owner.id, frame.step), frame))

    def columns(self, index: int) -> dict[str, Any]:
        """The columns of a row that say where the frames of the transfer with this number are; none without any."""
        return self._kept.get(index, {})

    def _write(self, path: str, frame: Frame) -> None:
        from PIL import Image

        try:
            buffer = io.BytesIO()
            Image.fromarray(frame.pixels().numpy()).save(buffer, **FORMAT)
            self._run.write(path, buffer.getvalue())
        finally:
            self._room.release()
