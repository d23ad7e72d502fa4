"""Writes the snapshots of a batch to its run while the batch is being optimised."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Self

from results import Run

if TYPE_CHECKING:
    from orchestrator.cluster.state_file import KeptSnapshots
    from orchestrator.plan.trial import Trial
    from stylize import Snapshot

THREADS = 2
MOST_WAITING_BYTES = 256_000_000
"""The most bytes of snapshots that wait to be written. A batch that is faster than its storage waits."""

FORMAT: dict[str, Any] = {"format": "WEBP", "lossless": True, "method": 0}
"""Lossless, so that a snapshot has the exact pixels of its step and can be measured. It has twice the bytes of a JPEG
of quality 95 and takes 6 instead of 2 ms for 448×336 pixels; a PNG takes 35 ms and more bytes.
"""


class SnapshotWriter:
    """Pass it to `transfer_lanes` as `on_snapshot`, with lanes in the order of `lanes`.

    Trials of a lane share its snapshots: they are kept once, under the id of the trial with the most iterations, or if
    they go on from where a trial stopped, with the `earlier` snapshots of that one.
    Leaving the context does not wait until all are written; `columns` does. After an error, no more are written.
    """

    def __init__(
        self, run: Run, lanes: Sequence[Sequence[Trial]], earlier: Sequence[KeptSnapshots | None] | None = None
    ) -> None:
        self._run = run
        self._lanes = lanes
        self._owners = [max(lane, key=lambda trial: trial.iterations).id for lane in lanes]
        self._pool = ThreadPoolExecutor(THREADS)
        pixels = max(trial.width * trial.height for lane in lanes for trial in lane)
        self._room = threading.BoundedSemaphore(max(THREADS, MOST_WAITING_BYTES // (pixels * 3 * 4)))
        self._writing: list[Future[None]] = []
        self._kept: dict[str, dict[str, Any]] = {}  # by trial
        self._hashes: dict[str, str] = {}  # of the pixels, by path
        for number, before in enumerate(earlier or ()):
            if before and lanes[number][0].setup.settings.frames_every:
                self._take_over(number, before)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._pool.shutdown(wait=error is not None, cancel_futures=error is not None)

    def __call__(self, snapshot: Snapshot) -> None:
        owner = self._owners[snapshot.lane]
        for trial in self._lanes[snapshot.lane]:
            if trial.iterations > snapshot.step:
                kept = self._kept.setdefault(trial.id, {"kept_by": owner, "kept_steps": []})
                kept["kept_steps"].append(snapshot.step)
        self._room.acquire()
        self._writing.append(self._pool.submit(self._write, Run.snapshot_path(owner, snapshot.step), snapshot))

    def _take_over(self, lane: int, before: KeptSnapshots) -> None:
        """Name the snapshots of earlier steps in the rows of a lane, and write the later ones beside them."""
        self._owners[lane] = before.kept_by
        for trial in self._lanes[lane]:
            self._kept[trial.id] = {"kept_by": before.kept_by, "kept_steps": list(before.steps)}
        paths = [Run.snapshot_path(before.kept_by, step) for step in before.steps]
        self._hashes |= dict(zip(paths, before.hashes, strict=True))

    def columns(self, trial: Trial) -> dict[str, Any]:
        """The columns of a trial's row that say where its snapshots are; empty if it has none.

        Waits until all snapshots of the batch are written. Raises RunError if one could not be written.
        """
        for one in self._writing:
            one.result()
        kept = self._kept.get(trial.id)
        if not kept:
            return {}
        paths = [Run.snapshot_path(kept["kept_by"], step) for step in kept["kept_steps"]]
        return kept | {"kept_pixels_sha256": [self._hashes[path] for path in paths]}

    def _write(self, path: str, snapshot: Snapshot) -> None:
        from PIL import Image

        try:
            pixels, buffer = snapshot.pixels().numpy(), io.BytesIO()
            self._hashes[path] = hashlib.sha256(pixels.tobytes()).hexdigest()
            Image.fromarray(pixels).save(buffer, **FORMAT)
            self._run.write(path, buffer.getvalue())
        finally:
            self._room.release()
