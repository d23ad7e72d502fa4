"""Counts what a step makes the device do, without a device: operations, and what would wait for the host.

Tensors on torch's device "meta" have a shape and no numbers. A step on it starts every operation that it starts on a
GPU, and whatever wants a number from the device fails, or is seen here.
"""

from __future__ import annotations

import contextlib
import weakref
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from unittest import mock

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from stylize import Lane, Network, Targets, Transfer
from stylize import optimise as loop
from stylize.host import OnItsWay
from stylize.images.snapshots import OnSnapshot

WAITING = ("_local_scalar_dense", "is_nonzero", "equal", "nonzero", "masked_select", "_unique2", "_linalg_check_errors")
"""Operations whose result the host has to know before it can go on."""


class HostReadError(AssertionError):
    """A step wanted a number from the device, or brought one from the host."""


class Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts operations by name while `counts`, and raises HostReadError at whatever makes host and device wait."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.counts = False
        self.operations: Counter[str] = Counter()
        self.views: Counter[str] = Counter()

    def __torch_dispatch__(
        self, operation: Any, types: Any, arguments: Sequence[Any] = (), named: dict[str, Any] | None = None
    ) -> Any:
        if not self.counts:
            return operation(*arguments, **(named or {}))
        name = operation.overloadpacket.__name__
        (self.views if operation.is_view else self.operations)[name] += 1
        if name in WAITING:
            raise HostReadError(name)
        result = operation(*arguments, **(named or {}))
        before, after = devices(arguments), devices([result])
        if before and after and before != after:
            raise HostReadError(f"{name} from {before} to {after}")
        return result


class _NoConstruction(TorchFunctionMode):
    """Raises HostReadError at tensors made from numbers of the host, which operations do not show."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch

    def __torch_function__(
        self, function: Any, types: Any, arguments: Sequence[Any] = (), named: dict[str, Any] | None = None
    ) -> Any:
        if self._watch.counts and function in (torch.tensor, torch.as_tensor, torch.from_numpy):
            raise HostReadError(function.__name__)
        return function(*arguments, **(named or {}))


@contextlib.contextmanager
def watching() -> Iterator[Watch]:
    """A watch over what happens inside, once its `counts` is set."""
    watch = Watch()
    with _NoConstruction(watch), watch:
        try:
            yield watch
        finally:
            watch.counts = False


def devices(values: Any) -> set[str]:
    """The devices of the tensors among some values; not of single numbers, which travel with the operation."""
    if isinstance(values, Tensor):
        return {values.device.type} if values.ndim else set()
    if isinstance(values, list | tuple):
        return set().union(*(devices(value) for value in values))
    return set()


class Memory(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Adds up the bytes of tensors on the device "meta" that are alive, and keeps the most there ever were."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.alive = 0
        self.peak = 0
        self._known: set[int] = set()

    def __torch_dispatch__(
        self, operation: Any, types: Any, arguments: Sequence[Any] = (), named: dict[str, Any] | None = None
    ) -> Any:
        result = operation(*arguments, **(named or {}))
        for one in result if isinstance(result, list | tuple) else [result]:
            if isinstance(one, Tensor) and one.device.type == "meta":
                self._see(one.untyped_storage())
        return result

    def leave_out(self, network: Network) -> None:
        """Do not count a network's parameters, also where an operation returns a view of one."""
        for module in (network, *network._body._rounded.values()):
            for tensor in (*module.parameters(), *module.buffers()):
                self._known.add(tensor.untyped_storage()._cdata)

    def _see(self, storage: torch.UntypedStorage) -> None:
        key, size = storage._cdata, storage.nbytes()
        if key not in self._known:
            self._known.add(key)
            self.alive += size
            self.peak = max(self.peak, self.alive)
            weakref.finalize(storage, self._forget, key, size)

    def _forget(self, key: int, size: int) -> None:
        self._known.discard(key)
        self.alive -= size


def peak_bytes(transfers: Sequence[Transfer], targets: Targets) -> int:
    """The most bytes that a batch holds at once, beside the network and what other batches left."""
    with without_copies(), Memory() as memory:
        memory.leave_out(targets.network)
        loop.run([Lane.of(one) for one in transfers], targets)
    return int(memory.peak)


@contextlib.contextmanager
def without_copies() -> Iterator[None]:
    """Copies that are not waited for arrive: whole numbers as −1 (no image has failed), others as 0."""

    def arrive(*tensors: Tensor) -> OnItsWay:
        numbers = (torch.full(one.shape, -int(one.dtype == torch.long), dtype=one.dtype) for one in tensors)
        return OnItsWay(tuple(numbers), None)

    with mock.patch("stylize.optimise.to_host", arrive), mock.patch("stylize.images.snapshots.to_host", arrive):
        yield


def of_a_step(transfers: Sequence[Transfer], targets: Targets) -> tuple[float, float]:
    """Operations of one step, and how many of them are no views; steps with nothing recorded.

    Raises HostReadError.
    """
    found = []
    for iterations in (5, 10):
        changes = {"iterations": iterations, "history_every": 1000}
        longer = [replace(one, settings=one.settings.model_copy(update=changes)) for one in transfers]
        seen = watched(longer, targets, first=2)
        found.append((seen.operations.total() + seen.views.total(), seen.operations.total()))
    (all_before, before), (all_after, after) = found
    return (all_after - all_before) / 5, (after - before) / 5


def watched(
    transfers: Sequence[Transfer], targets: Targets, first: int, on_snapshot: OnSnapshot | None = None
) -> Watch:
    """The operations of all steps from `first` on of a batch, whose `targets` are on the device "meta".

    Raises HostReadError.
    """
    with without_copies(), watching() as watch:

        def on_step(step: int) -> None:
            watch.counts = step >= first

        loop.run([Lane.of(one) for one in transfers], targets, on_step, on_snapshot)
    return watch
