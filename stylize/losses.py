"""The losses of Gatys, Ecker, Bethge 2015 (arXiv 1508.06576) as López, Villanueva, Yus 2017 give them.

F is a layer's response to the generated image, P to the content picture, N its channels, M = H·W its positions. Every
function takes a batch and gives one number per image, so that images of one batch never mix. All of it is fp32: Gram
entries of raw VGG responses reach 1e9, which neither fp16 nor bf16 can hold.
"""

from __future__ import annotations

import torch
from torch import Tensor


def content_loss(responses: Tensor, targets: Tensor) -> Tensor:
    """L_c = ½ Σ_ij (F_ij − P_ij)². Both B×N×H×W; returns B."""
    return (responses - targets).square().flatten(1).sum(1) / 2


def mean_gram_matrix(responses: Tensor) -> Tensor:
    """G / (N·M), with the Gram matrix G_ij = Σ_k F_ik F_jk. B×N×H×W to B×N×N.

    The paper's style loss divides by (N·M)² at its end; dividing first is the same, keeps numbers small, and lets a
    style picture of another size than the image give a target in the same units.
    """
    # Positions × channels: no copy where the responses are channels_last, as they are here.
    positions = responses.permute(0, 2, 3, 1).flatten(1, 2)
    return torch.bmm(positions.transpose(1, 2), positions) / (positions.shape[1] * positions.shape[2])


def style_loss(mean_grams: Tensor, targets: Tensor) -> Tensor:
    """E_l = Σ_ij (G_ij − A_ij)² / (4 (N·M)²), from Gram matrices already divided by N·M. Both B×N×N; returns B."""
    return (mean_grams - targets).square().flatten(1).sum(1) / 4


def total_variation(images: Tensor) -> Tensor:
    """Σ (x_{i+1,j} − x_ij)² + (x_{i,j+1} − x_ij)² over all channels of B×3×H×W; returns B."""
    vertical = (images[:, :, 1:] - images[:, :, :-1]).square().flatten(1).sum(1)
    horizontal = (images[:, :, :, 1:] - images[:, :, :, :-1]).square().flatten(1).sum(1)
    return vertical + horizontal
