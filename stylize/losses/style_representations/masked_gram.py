"""Gram matrices of regions, so that sky gets its style from sky: L_s+ of Luan, Paris, Shechtman, Bala 2017
(arXiv 1703.07511).

E_l = Σ_k s_k Σ_ij (G_k,ij − A_k,ij)² / 4, with G_k = Σ_p m_k(p) F_p F_pᵀ / (N Σ_p m_k(p)) over the positions p of a
layer, A_k the same for the style picture with its own mask, m_k the mask of label k scaled to the layer's size, and s_k
the share of the content picture that the label covers. The division by a region's area makes regions of different sizes
comparable. With one label everywhere it is the loss of Gatys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from stylize.losses.style_representations.mean_gram import positions_by_channels
from stylize.losses.style_representations.representation import Comparison, LayerTargets
from stylize.masks import Masks
from stylize.settings.optimisation_settings import Settings


def masked_grams(responses: Tensor, masks: Tensor) -> Tensor:
    """G_k for B×N×h×w responses and K×(h·w) masks: B×K×N×N, fp32."""
    positions = positions_by_channels(responses).float()  # B×M×N
    weights = masks / (masks.sum(1, keepdim=True) * positions.shape[2])
    grams = [(positions * weight[:, None]).mT @ positions for weight in weights]
    return torch.stack(grams, dim=1)


@dataclass(frozen=True)
class MaskedGram:
    """See the module. There is one style picture, and all images that are compared together share these masks."""

    masks: Masks

    capturable: ClassVar[bool] = True

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

    def comparison(self, layers: Sequence[LayerTargets]) -> Comparison:
        targets = [one.together() for one in layers]
        device = targets[0].device
        masks = [self.masks.of(self.masks.content, torch.Size(one.shape), device) for one in layers]
        shares = self.masks.shares(device)

        def losses(responses: Sequence[Tensor]) -> Tensor:
            found = []
            for one, mask, target in zip(responses, masks, targets, strict=True):
                by_label = (masked_grams(one, mask) - target).square().sum((2, 3)) / 4
                found.append((by_label * shares).sum(1))
            return torch.stack(found)

        return Comparison(losses, [1.0] * len(layers))
