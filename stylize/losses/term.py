"""What every loss is made of. Each loss has a file of its own beside this one; `stylize/registry.py` names them all.

All of it is fp32, also where responses are bf16: Gram entries of raw VGG responses reach 1e9, of which bf16 keeps two
digits. Images of one batch never mix.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from stylize.lanes import Transfer
from stylize.losses.targets import Targets
from stylize.network.arithmetic import Arithmetic


@dataclass(frozen=True)
class Circumstances:
    """What losses are evaluated with.

    magnification: at a coarse level of a pyramid, by how much more positions the full image has. A loss that is a sum
    over positions is multiplied by it, so that it weighs the same at every level.
    matting: whether the matting Laplacian counts in this stage.
    shape: height and width of the images.
    """

    targets: Targets
    arithmetic: Arithmetic
    shape: tuple[int, int]
    magnification: float = 1.0
    matting: bool = True


class Term(Protocol):
    """One loss for each of a batch of B images: a weighted sum of P parts; often a part is a layer.

    A term is made for the B transfers of a batch, in their order. Everything that it needs is on the device then:
    `parts` is called at every step, and must neither wait for the device nor read from it.

    weight: B numbers on the CPU, the loss's weight in each image's total (α, β, λ, …).
    part_weights: P×B numbers on the CPU, each part's weight in the loss; 0 where an image does not use a part.
    factors: what each part has to be multiplied by; it is done once, and not at every step.
    layers: the layer of each part, or "" for a part that is of no layer.
    applies: for each image, whether it has this loss; tables have no value where not.
    capturable: whether a CUDA graph can hold it: all but what calls libraries that need the host.
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

        `images` are B×3×H×W in 0–255, `responses` what the network gives of `layers`, each B×N×h×w.
        """
