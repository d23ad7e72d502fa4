"""Gram matrices: Gatys, Ecker, Bethge 2015 (arXiv 1508.06576), as López, Villanueva, Yus 2017 give them.

E_l = Σ_ij (G_ij − A_ij)² / (4 (N·M)²), where F is a layer's response to the image, G = F Fᵀ its Gram matrix, A that of
the style picture, N the layer's channels and M its positions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stylize.losses.style_representations.masked_gram import MaskedGram
from stylize.losses.style_representations.mean_gram import mean_gram_matrix, style_loss
from stylize.losses.style_representations.representation import OfOnePicture, Representation
from stylize.masks import Masks
from stylize.settings.transfer_settings import Settings


@dataclass(frozen=True)
class Gram(OfOnePicture):
    """See the module. With masks it is `MaskedGram`."""

    @classmethod
    def of(cls, settings: Settings, masks: Masks | None) -> Representation:  # type: ignore[override]
        return cls() if masks is None else MaskedGram(masks)

    def target(self, responses: Sequence[Tensor]) -> Tensor:
        return mean_gram_matrix(responses[0])

    def losses(self, responses: Tensor, targets: Sequence[Tensor]) -> Tensor:
        return style_loss(mean_gram_matrix(responses), torch.cat(list(targets)))
