"""Cuts batches for GPUs when a worker asks for one: as wide as suits its device, and narrower towards the end.

On processors this file is not used: there, batches depend on the grid alone (see `batches`). On GPUs the width decides
the speed, devices of one cluster may differ, and each row says how wide its batch was.
"""

from __future__ import annotations

import bisect
import math
from collections import deque

from orchestrator.plan.batches import Batch, Lane, sharing
from orchestrator.plan.networks import network_named
from stylize.network.step_memory import batch_bytes

USABLE_SHARE = 0.7
"""The share of a GPU's memory that a batch may take by our model. The model is right within 15 %, and libraries need
some memory too."""

LABELS = 4
"""The number of mask labels that is assumed, because the plan does not count them."""

WIDEST_PIXELS = 32 * 448 * 448
"""The most pixels in all images of a batch together. Wider batches take more memory and are hardly faster; this is an
assumption that was not measured.
"""

SHARE = 0.25
"""How much of its fair share of the remaining work a device gets at once. Less makes more batches, and more makes the
end longer: at 500, 2,000 and 10,000 trials, 64 devices were idle for 31, 24 and 6 % of the time with 1/2, and for 20, 5
and 1 % with 1/4 (the simulation in `benchmarks/events.py`).
"""


class DeviceBatches:
    """Lanes that no worker has yet. Its length is their number, the largest possible number of batches."""

    def __init__(self) -> None:
        self._groups: dict[object, deque[Lane]] = {}
        self.operations = 0.0

    def __len__(self) -> int:
        return sum(len(lanes) for lanes in self._groups.values())

    def add(self, batch: Batch) -> None:
        """Add the lanes of a batch, which may run."""
        for lane in batch.lanes:
            self._groups.setdefault(sharing(lane), deque()).append(lane)
            self.operations += _operations(lane)

    def cut(self, memory: float | None, devices: int) -> Batch:
        """Take a batch for a device with `memory` bytes, one of the `devices` that share the work.

        It comes from the group with the most work left. It has at most a quarter of a device's fair share of all
        remaining work, so that batches get narrower and no device has a long one at the end; this limit does not apply
        to a single device. None for `memory`: no limit. Raises ValueError if nothing is left.
        """
        key, lanes = max(self._groups.items(), key=lambda item: len(item[1]) * _operations(item[1][0]))
        parts = devices / SHARE if devices > 1 else 1
        share = self.operations / parts / _operations(lanes[0])
        width = max(1, min(len(lanes), widest(lanes[0], memory), math.ceil(share - 1e-9)))
        if lanes[0][0].trains:  # so that nobody else trains the same
            width = len(lanes)
        taken = tuple(lanes.popleft() for _ in range(width))
        if not lanes:
            del self._groups[key]
        self.operations = max(0.0, self.operations - sum(_operations(lane) for lane in taken))
        return Batch(taken)


def widest(lane: Lane, memory: float | None) -> int:
    """How many images of this lane's kind fit into a batch on a device with `memory` bytes."""
    one = lane[0]
    by_pixels = WIDEST_PIXELS // (one.width * one.height)
    if memory is None or one.paints:  # sketches are painted one after another
        return max(1, by_pixels)
    settings, architecture = one.settings, network_named(one.architecture)
    labels = LABELS if settings.uses_masks else 0

    def needed(images: int) -> float:
        return batch_bytes(settings, architecture, one.height, one.width, images, itemsize=4, labels=labels)

    return max(1, bisect.bisect_right(range(1, by_pixels + 1), memory * USABLE_SHARE, key=needed))


def _operations(lane: Lane) -> float:
    return max(trial.operations for trial in lane)
