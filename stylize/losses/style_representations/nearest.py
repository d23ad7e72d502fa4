"""Nearest neighbours among vectors of a style picture, for representations that put pieces of it where they fit."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable

import torch
from torch import Tensor

from stylize.network.step_memory import CHUNK


def nearest(found: Tensor, target: Tensor, lengths: Tensor) -> Tensor:
    """For each vector of B×D×M the row of `target` (P×D) with the largest cosine similarity: B×M.

    `lengths` are 1 over the lengths of the target's rows, P×1. Those of `found` do not change which row is best.
    """
    images, _, count = found.shape
    best = found.new_full((images, count), -math.inf)
    place = torch.zeros(images, count, dtype=torch.long, device=found.device)
    rows = max(1, CHUNK // (images * count))
    for start in range(0, len(target), rows):
        part = slice(start, start + rows)
        # Similarities have no name, so that only one part of them is in memory at a time.
        value, where = (target[part] @ found).mul_(lengths[part]).max(dim=1)
        better = value > best
        best, place = torch.where(better, value, best), torch.where(better, where + start, place)
    return place


def inverse_lengths(target: Tensor) -> Tensor:
    """1 over the lengths of the rows of P×D numbers: P×1."""
    lengths: Tensor = target.norm(dim=1, keepdim=True).clamp(min=1e-8)
    return 1 / lengths


def places_of_equal(keys: Iterable[Hashable]) -> list[list[int]]:
    """The places of equal keys, in the order in which they are first seen.

    Images with the same target are compared together, and equal pictures share one tensor: `id` of it is such a key.
    """
    places: dict[Hashable, list[int]] = {}
    for place, key in enumerate(keys):
        places.setdefault(key, []).append(place)
    return list(places.values())
