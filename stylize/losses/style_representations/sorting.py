"""Sorting rows of numbers, differentiably and fast. The distances of `sliced_wasserstein.py` spend most time here.

torch sorts 84,000 numbers on one core in 7 ms, and NumPy whole numbers with vector instructions in 1 ms. So on a
processor each number becomes a whole one: its bits in an order that sorts as the number does, and its place behind
them. Equal numbers keep their order, as in a stable sort.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from torch import Tensor

_PLACE_BITS = 32


def ordered(numbers: Tensor) -> Tensor:
    """…×M fp32 numbers in ascending order along the last dimension, differentiable."""
    found: Tensor = _Ordered.apply(numbers)
    return found


class _Ordered(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, numbers: Tensor) -> Tensor:
        places = _places(numbers) if numbers.device.type == "cpu" else numbers.argsort(dim=-1, stable=True)
        ctx.save_for_backward(places)
        return numbers.gather(-1, places)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        [places], [gradient] = ctx.saved_tensors, gradients
        return torch.empty_like(gradient).scatter_(-1, places, gradient)


def _places(numbers: Tensor) -> Tensor:
    """Where the numbers stand that follow each other in ascending order: …×M int64."""
    count = numbers.shape[-1]
    bits = (numbers + 0.0).contiguous().view(torch.int32)  # −0 becomes 0, which it equals
    # Of two negative numbers the lower one has the higher bits, but for the sign.
    keys = (bits ^ ((bits >> 31) & 0x7FFFFFFF)).long() << _PLACE_BITS
    keys |= torch.arange(count)
    rows = keys.view(-1, count).numpy()
    threads = min(torch.get_num_threads(), len(rows))
    if threads > 1:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda first: rows[first::threads].sort(axis=-1), range(threads)))
    else:
        rows.sort(axis=-1)
    return keys & ((1 << _PLACE_BITS) - 1)
