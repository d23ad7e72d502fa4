"""What the driver and its workers hand each other, each one frozen dataclass. Nothing here does anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import ray
    from numpy.typing import NDArray


@dataclass(frozen=True)
class NetworkParts:
    """What a network is built from, as it travels through Ray's object store."""

    parameters: dict[str, NDArray[np.float32]]
    preprocessing: str


PictureKey = tuple[str, int | tuple[int, int] | None]
"""A picture's reference and the size it was brought to; None for a label image, whose labels are kept at full size."""


@dataclass(frozen=True)
class Materials:
    """What a batch needs. References are fetched by a worker only if it does not have what they name yet."""

    run: str  # where its images are written: the location of the sweep's run
    network: ray.ObjectRef[NetworkParts]
    pictures: dict[PictureKey, ray.ObjectRef[NDArray[Any]]]  # H×W×3 bytes, or H×W labels
    results: dict[str, ray.ObjectRef[NDArray[Any]]]  # images of trials that others follow, by trial
    sha256: dict[str, str]  # of pictures, by reference


@dataclass(frozen=True)
class Progress:
    """What a worker is doing: the batch and its current step."""

    batch: str
    step: int


@dataclass(frozen=True)
class Introduction:
    """What a worker says of itself when it has started. `memory`: bytes of a GPU that it may use, None without one.

    trouble: why it cannot work for this run, if it cannot.
    """

    node: str
    device: str
    memory: float | None
    trouble: str | None = None
