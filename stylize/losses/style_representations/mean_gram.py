"""Gram matrices divided by their size, for the targets of `gram` and for the metric `style_distance`."""

from __future__ import annotations

from torch import Tensor


def positions_by_channels(responses: Tensor) -> Tensor:
    """B×N×H×W responses as B×(H·W)×N. Not copied if they are channels-last, as they are in our networks."""
    return responses.permute(0, 2, 3, 1).flatten(1, 2)


def mean_gram_matrix(responses: Tensor) -> Tensor:
    """G / (N·M) in fp32, with the Gram matrix G_ij = Σ_k F_ik F_jk. B×N×H×W to B×N×N."""
    exact = positions_by_channels(responses).float()
    return exact.mT @ exact / (exact.shape[1] * exact.shape[2])
