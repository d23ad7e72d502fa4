"""Gram matrices divided by their size, and the distance of two of them: what `gram` and `masked_gram` share."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def mean_gram_matrix(responses: Tensor) -> Tensor:
    """G / (N·M) in fp32, with the Gram matrix G_ij = Σ_k F_ik F_jk. B×N×H×W to B×N×N.

    The paper's style loss divides by (N·M)² at its end; dividing first is the same, keeps numbers small, and lets a
    style picture of another size than the image give a target in the same units.
    """
    gram: Tensor = _MeanGramMatrix.apply(responses)
    return gram


class _MeanGramMatrix(torch.autograd.Function):
    """With Ḡ the gradient of the loss by G, that by F is F·(Ḡ + Ḡᵀ): one product, where autograd would take two.

    It is computed in the type of the responses: the convolutions on the way back round it to that anyway.
    """

    @staticmethod
    def forward(ctx: Any, responses: Tensor) -> Tensor:
        ctx.shape = responses.shape
        # Positions × channels: no copy where the responses are channels_last, as they are here.
        positions = responses.permute(0, 2, 3, 1).flatten(1, 2)
        ctx.save_for_backward(positions)
        exact = positions.float()
        return torch.bmm(exact.transpose(1, 2), exact) / (positions.shape[1] * positions.shape[2])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        [positions], [gradient] = ctx.saved_tensors, gradients
        both = (gradient + gradient.transpose(1, 2)) / (positions.shape[1] * positions.shape[2])
        images, channels, height, width = ctx.shape
        found = torch.bmm(positions, both.to(positions.dtype))
        return found.view(images, height, width, channels).permute(0, 3, 1, 2)


def style_loss(mean_grams: Tensor, targets: Tensor) -> Tensor:
    """E_l = Σ_ij (G_ij − A_ij)² / (4 (N·M)²), from Gram matrices already divided by N·M. Both B×N×N; returns B."""
    return (mean_grams - targets).square().flatten(1).sum(1) / 4
