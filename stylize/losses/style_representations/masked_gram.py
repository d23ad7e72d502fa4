"""Gram matrices by region: sky gets its style from sky. L_s+ of Luan, Paris, Shechtman, Bala 2017 (arXiv 1703.07511).

E_l = Σ_k s_k Σ_ij (G_k,ij − A_k,ij)² / 4, with G_k = Σ_p m_k(p) F_p F_pᵀ / (N Σ_p m_k(p)) over the positions p of a
layer, A_k the same of the style picture with its own mask, m_k the mask of label k brought to the layer's size, and s_k
the share of the content picture that the label covers. Divided by a region's area, regions of different size can be
compared; with one label everywhere it is the loss of Gatys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stylize.losses.style_representations.mean_gram import style_loss
from stylize.masks import Masks
from stylize.settings.transfer_settings import Settings


def masked_grams(responses: Tensor, masks: Tensor) -> Tensor:
    """G_k for 1×N×h×w responses and K×(h·w) masks: K×N×N, fp32."""
    positions = responses.float().flatten(2)[0]  # N×M
    weights = masks / masks.sum(1, keepdim=True)
    return torch.einsum("km,im,jm->kij", weights, positions, positions) / len(positions)


@dataclass(frozen=True)
class MaskedGram:
    """See the module. There is one style picture, and one image at a time is evaluated."""

    masks: Masks

    @classmethod
    def of(cls, settings: Settings, masks: Masks | None) -> MaskedGram:
        """Raises ValueError without masks."""
        if masks is None:
            raise ValueError("masked Gram matrices need masks")
        return cls(masks)

    def pictures(self, picture: Tensor) -> list[Tensor]:
        return [picture]

    def target(self, responses: Sequence[Tensor]) -> Tensor:
        [only] = responses
        return masked_grams(only, self.masks.of(self.masks.style, only.shape[2:], only.device))

    def losses(self, responses: Tensor, targets: Sequence[Tensor]) -> Tensor:
        masks = self.masks.of(self.masks.content, responses.shape[2:], responses.device)
        shares = self.masks.shares(responses.device)
        return torch.stack(
            [
                (shares * style_loss(masked_grams(one[None], masks), target)).sum()
                for one, target in zip(responses, targets, strict=True)
            ]
        )
