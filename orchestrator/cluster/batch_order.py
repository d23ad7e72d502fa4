"""The order in which batches are given to workers, so that no worker is idle for long at the end."""

from __future__ import annotations

import heapq
import random
from collections.abc import Sequence

from orchestrator.plan.batches import Batch

FEW, TRIES = 100, 300
"""Limits: orders are only tried out for few batches, where the last batch matters; and how many orders are tried."""


def in_order(batches: Sequence[Batch], workers: int) -> list[Batch]:
    """The batches in the order that ends soonest, among "most expensive first" and some shuffles (always the same
    ones).

    "Most expensive first" takes at most a third longer than the best order (Graham 1969). For few batches it can be
    that bad.
    """
    best = sorted(batches, key=lambda batch: -batch.operations)
    if workers < 2 or not workers < len(best) <= FEW:
        return best
    shuffles = random.Random(0)
    soonest = _end([batch.operations for batch in best], workers)
    for _ in range(TRIES):
        order = shuffles.sample(best, len(best))
        end = _end([batch.operations for batch in order], workers)
        if end < soonest * (1 - 1e-9):
            best, soonest = order, end
    return best


def _end(costs: Sequence[float], workers: int) -> float:
    """When the last worker finishes, if each takes the next batch as soon as it is free."""
    free = [0.0] * workers
    for cost in costs:
        heapq.heapreplace(free, free[0] + cost)
    return max(free)
