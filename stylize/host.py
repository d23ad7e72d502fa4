"""Brings tensors and times from the device to the host without stopping the device."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class OnItsWay:
    """Copies of tensors that are being copied to the host. With a CPU they are there at once."""

    _tensors: tuple[Tensor, ...]
    _copied: torch.cuda.Event | None

    def arrived(self) -> tuple[Tensor, ...]:
        """The copies. Waits until they have arrived."""
        if self._copied:
            self._copied.synchronize()
        return self._tensors


def to_host(*tensors: Tensor) -> OnItsWay:
    """Start to copy tensors to the host, without waiting. Tensors of a CPU are not copied."""
    if tensors[0].device.type != "cuda":
        return OnItsWay(tuple(one.cpu() for one in tensors), None)
    copies = tuple(one.to("cpu", non_blocking=True) for one in tensors)  # into pinned memory
    copied = torch.cuda.Event()  # type: ignore[no-untyped-call]
    copied.record()
    return OnItsWay(copies, copied)


def reads_later(device: torch.device) -> bool:
    """Whether what was copied from this device should be read only when more was copied, because it is still coming."""
    return device.type == "cuda"


class Clock:
    """Measures when the device has finished its work so far, without waiting for it."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._began = self._now()

    def _now(self) -> float | torch.cuda.Event:
        if self._device.type != "cuda":
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        event.record()
        return event

    def mark(self) -> Callable[[], float]:
        """Returns a function. Called later, it returns the seconds from the clock's start to the end of the work given
        so far.
        """
        began, now = self._began, self._now()

        def seconds() -> float:
            if isinstance(began, float) or isinstance(now, float):
                return float(now) - float(began)  # type: ignore[arg-type]
            now.synchronize()
            milliseconds: float = began.elapsed_time(now)
            return milliseconds / 1000

        return seconds
