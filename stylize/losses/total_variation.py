"""The total variation of an image: how much neighbouring pixels differ. Nothing else lives here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from stylize.lanes import Transfer
from stylize.losses.term import Circumstances


def total_variation(images: Tensor) -> Tensor:
    """Σ (x_{i+1,j} − x_ij)² + (x_{i,j+1} − x_ij)² over all channels of B×3×H×W; returns B."""
    vertical = (images[:, :, 1:] - images[:, :, :-1]).square().flatten(1).sum(1)
    horizontal = (images[:, :, :, 1:] - images[:, :, :, :-1]).square().flatten(1).sum(1)
    return vertical + horizontal


class TotalVariation:
    """A `Term` with a single part. It is reported for every image, even if its weight is 0."""

    layers = ("",)
    factors = (1.0,)
    capturable = True

    def __init__(self, transfers: Sequence[Transfer], circumstances: Circumstances) -> None:
        self.applies = [True] * len(transfers)
        self.weight = torch.tensor([one.settings.tv_weight for one in transfers])
        self.part_weights = torch.ones(1, len(transfers))

    def parts(self, images: Tensor, responses: Mapping[str, Tensor]) -> Tensor:
        return total_variation(images)[None]
