"""The interface of every loss. Each loss has its own file in this folder; `stylize/registry.py` lists them.

Losses are fp32 even if responses are bf16: entries of Gram matrices of VGG reach 1e9, and bf16 would keep two digits of
them. Images of one batch do not influence each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor

from stylize.lanes import Transfer
from stylize.losses.targets import Targets
from stylize.network.arithmetic import Arithmetic
from stylize.network.tiles import Tile


@dataclass(frozen=True)
class Circumstances:
    """The circumstances in which losses are evaluated.

    magnification: at a coarse level of a pyramid, how many times more positions the full image has. A loss that is a
    sum over positions is multiplied by it, so that it has the same influence at every level.
    matting: whether the matting loss is switched on.
    shape: height and width of the images.
    """

    targets: Targets
    arithmetic: Arithmetic
    shape: tuple[int, int]
    magnification: float = 1.0
    matting: bool = True


class Term(Protocol):
    """One loss for each of a batch of B images: a weighted sum of P parts; often a part is a layer.

    A term is made for the B transfers of a batch, in their order. It then puts everything that it needs on the device:
    `parts` is called at every step, and must neither wait for the device nor read from it.

    weight: B numbers on the CPU, the loss's weight in each image's total (α, β, λ, …).
    part_weights: P×B numbers on the CPU, each part's weight in the loss; 0 if an image does not use a part.
    factors: a factor for each part. It is multiplied into the weights once, and not at every step.
    layers: the layer of each part, or "" for a part that belongs to no layer.
    applies: for each image, whether it has this loss; if not, tables have no value.
    capturable: whether it can be recorded in a CUDA graph. It cannot if it calls libraries that need the host.
    """

    weight: Tensor
    part_weights: Tensor
    factors: Sequence[float]
    layers: Sequence[str]
    applies: Sequence[bool]
    capturable: bool

    def __init__(self, transfers: Sequence[Transfer], circumstances: Circumstances) -> None: ...

    def parts(self, images: Tensor, responses: Mapping[str, Tensor]) -> Tensor:
        """P×B parts of the loss, without weights and factors, differentiable.

        `images` are B×3×H×W in 0–255, `responses` those of `layers`, each B×N×h×w.
        """


@runtime_checkable
class AdditiveTerm(Term, Protocol):
    """A term of layers whose parts follow from sums over positions, so that images can be seen in tiles.

    additive: whether they do, which may depend on the transfers. The responses are those of a tile, at the positions
    that belong to it.
    """

    additive: bool

    def sums(self, responses: Mapping[str, Tensor], tile: Tile) -> list[Tensor]:
        """What is summed up of a tile: a tensor for each of `layers`, differentiable."""

    def of_sums(self, sums: Sequence[Tensor]) -> Tensor:
        """What `parts` gives, from the sums over all tiles, which are fp64."""
