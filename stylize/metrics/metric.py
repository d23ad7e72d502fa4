"""The interface of metrics, and a cache for measures of pictures. Each metric has its own file in this folder."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from torch import Tensor

from stylize.losses.targets import pixels_hash
from stylize.network.network import Network

MOST_REFERENCES = 64
"""For how many pictures a metric keeps its measures: Gram matrices of a slim network take half a megabyte for each."""

Measured = TypeVar("Measured")


class Metric(Protocol):
    """A measure of finished images. `network`: one in which they were not optimised, for metrics that need one.

    Pictures are 3×H×W tensors, RGB in 0–255. Everything is computed in fp64 on the CPU, except the responses of a
    network, which are fp32 on its device.
    """

    def __init__(self, network: Network) -> None: ...

    def of(
        self, image: Tensor, content: Tensor | None, styles: Sequence[tuple[Tensor, float]]
    ) -> Mapping[str, float | str | None]:
        """Its values by the columns that the registry declares; None if a missing picture leaves one undefined.

        `styles`: style pictures with their shares. Distances are averaged over them with these weights.
        """


class Kept(Generic[Measured]):
    """A cache for the results of `measure`, because the same content and style pictures come again and again."""

    def __init__(self, measure: Callable[[Tensor], Measured]) -> None:
        self._measure = measure
        self._kept: OrderedDict[str, Measured] = OrderedDict()

    def of(self, picture: Tensor) -> Measured:
        """The result of `measure` for this picture."""
        key = pixels_hash(picture)
        if key not in self._kept:
            self._kept[key] = self._measure(picture)
        self._kept.move_to_end(key)
        if len(self._kept) > MOST_REFERENCES:
            self._kept.popitem(last=False)
        return self._kept[key]


def mean(distances: Sequence[tuple[float | None, float]]) -> float | None:
    """The mean of distances weighted by their shares; None without distances or if one is None."""
    known = [(distance, share) for distance, share in distances if distance is not None]
    return sum(distance * share for distance, share in known) if known and len(known) == len(distances) else None
