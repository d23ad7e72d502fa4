"""Mean and standard deviation of each channel: Li, Wang, Liu, Hou 2017 (arXiv 1701.01036, their BN statistics).

E_l = 1/N Σ_i (μ_i − μ′_i)² + (σ_i − σ′_i)² over the N channels of a layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stylize.losses.style_representations.representation import LayerByLayer

EPSILON = 1e-6
"""Added under square roots, whose slope is infinite at 0; channels that are always 0 would give infinite gradients."""


def moments(responses: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (B×N×1) and centred responses (B×N×M) over positions, in fp32."""
    positions = responses.float().flatten(2)
    mean = positions.mean(2, keepdim=True)
    return mean, positions - mean


@dataclass(frozen=True)
class MeanVariance(LayerByLayer):
    """See the module."""

    def target(self, responses: Sequence[Tensor]) -> Tensor:
        return torch.cat(self._statistics(responses[0]), dim=2)

    def losses(self, responses: Tensor, targets: Tensor) -> Tensor:
        statistics = torch.cat(self._statistics(responses), dim=2)
        return (statistics - targets).square().sum((1, 2)) / responses.shape[1]

    @staticmethod
    def _statistics(responses: Tensor) -> tuple[Tensor, Tensor]:
        mean, centred = moments(responses)
        return mean, (centred.square().mean(2, keepdim=True) + EPSILON).sqrt()
