"""What every metric can do, and how measures of pictures are kept. Each metric has a file of its own beside this."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from torch import Tensor

from stylize.losses.targets import pixels_hash
from stylize.network.network import Network

MOST_REFERENCES = 64
"""Pictures of which a metric keeps what it measured: half a megabyte each for the Gram matrices of a slim network."""

Measured = TypeVar("Measured")


class Metric(Protocol):
    """A measure of finished images; `network` is one that they were not optimised in, for metrics that want one.

    Pictures are 3×H×W tensors, RGB in 0–255. All is computed in fp64 on the CPU but for a network's responses, which
    are fp32 on the network's device.
    """

    def __init__(self, network: Network) -> None: ...

    def of(
        self, image: Tensor, content: Tensor | None, styles: Sequence[tuple[Tensor, float]]
    ) -> Mapping[str, float | str | None]:
        """Its values by the columns that the registry declares; None for what a missing picture leaves undefined.

        `styles` are style pictures with their shares, over which distances are averaged.
        """


class Kept(Generic[Measured]):
    """What `measure` gives of pictures, kept for those that come again: content and style pictures."""

    def __init__(self, measure: Callable[[Tensor], Measured]) -> None:
        self._measure = measure
        self._kept: OrderedDict[str, Measured] = OrderedDict()

    def of(self, picture: Tensor) -> Measured:
        """What `measure` gives of this picture."""
        key = pixels_hash(picture)
        if key not in self._kept:
            self._kept[key] = self._measure(picture)
        self._kept.move_to_end(key)
        if len(self._kept) > MOST_REFERENCES:
            self._kept.popitem(last=False)
        return self._kept[key]


def mean(distances: Sequence[tuple[float | None, float]]) -> float | None:
    """The mean of distances weighted by their shares; None without distances or where one is None."""
    known = [(distance, share) for distance, share in distances if distance is not None]
    return sum(distance * share for distance, share in known) if known and len(known) == len(distances) else None
