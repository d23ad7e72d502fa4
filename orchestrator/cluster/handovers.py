"""The data that the driver and its workers exchange, each kind as one frozen dataclass. There is no behaviour here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import ray
    from numpy.typing import NDArray

    from stylize.plugin_source import Plugin


@dataclass(frozen=True)
class NetworkParts:
    """The parts from which a network is built, as they are in Ray's object store."""

    parameters: dict[str, NDArray[np.float32]]
    preprocessing: str


PictureKey = tuple[str, int | tuple[int, int] | None]
"""A picture's reference and the size it was scaled to; None for label images and hints, which are kept at full size."""


@dataclass(frozen=True)
class Materials:
    """Everything a batch needs. A worker fetches a reference only if it does not have that object yet."""

    run: str  # where its images are written: the location of the sweep's run
    network: ray.ObjectRef[NetworkParts]
    pictures: dict[PictureKey, ray.ObjectRef[NDArray[Any]]]  # H×W×3 bytes, H×W labels, or H×W×4 bytes of hints
    results: dict[str, ray.ObjectRef[NDArray[Any]]]  # images from which other trials start, by trial
    sha256: dict[str, str]  # of pictures, by reference
    plugins: tuple[Plugin, ...] = ()  # methods of the user's, which the worker loads
    training: ray.ObjectRef[list[NDArray[np.uint8]]] | None = None  # a folder's pictures that a training learns from


@dataclass(frozen=True)
class Progress:
    """The batch that a worker is optimising, and its current step."""

    batch: str
    step: int


@dataclass(frozen=True)
class Introduction:
    """What a worker tells the driver when it has started.

    memory: bytes of a GPU's memory that it may use; None without a GPU.
    trouble: why it cannot work for this run; None if it can.
    """

    node: str
    device: str
    memory: float | None
    trouble: str | None = None
