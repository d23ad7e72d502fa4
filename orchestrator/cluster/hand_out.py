"""When a worker gets its next batch. A pure rule, which knows nothing of Ray: the engine follows it, and so does the
simulation of a large cluster in `benchmarks/events.py`. Which batch a worker gets is decided in `batch_queue`.
"""

from __future__ import annotations

from dataclasses import dataclass

IN_FLIGHT, PLENTY = 2, 4
"""A worker has at most IN_FLIGHT batches to optimise, so that it need not wait for the driver between two. It has more
than one only while more than PLENTY batches per worker are left, because at the end another worker would be free
sooner.
"""

MOST_FINISHING = 2
"""A worker with this many batches to finish gets no other: its storage is slower than its device."""


@dataclass(frozen=True)
class Load:
    """What a worker that has started has to do: how many batches it optimises and finishes.

    suspected: whether one of them, or the next one, may have cost a worker before.
    nearly_done: whether the next batch should be there before the steps of the last one are done, and they nearly are.
    """

    optimising: int
    finishing: int
    suspected: bool
    nearly_done: bool


def takes_another(load: Load, left: int, workers: int) -> bool:
    """Whether to give a worker a batch now. `left`: batches that no worker has, shared by this many `workers`."""
    if not load.optimising and not load.finishing:
        return True
    if load.suspected or load.finishing >= MOST_FINISHING:
        return False
    if not load.optimising:
        return True
    return load.optimising < IN_FLIGHT and (left > PLENTY * workers or load.nearly_done)
