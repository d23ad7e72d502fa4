"""Mean and standard deviation of each channel: Li, Wang, Liu, Hou 2017 (arXiv 1701.01036, their BN statistics).

E_l = 1/N Σ_i (μ_i − μ′_i)² + (σ_i − σ′_i)² over the N channels of a layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stylize.losses.style_representations.representation import AdditiveByLayer

EPSILON = 1e-6
"""Added under square roots, whose slope is infinite at 0; channels that are always 0 would give infinite gradients."""


def moments(responses: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (B×N×1) and centred responses (B×N×M) over positions, in fp32."""
    positions = responses.float().flatten(2)
    mean = positions.mean(2, keepdim=True)
    return mean, positions - mean


@dataclass(frozen=True)
class MeanVariance(AdditiveByLayer):
    """See the module."""

    def target(self, responses: Sequence[Tensor]) -> Tensor:
        return torch.cat(self._statistics(responses[0]), dim=2)

    def losses(self, responses: Tensor, targets: Tensor) -> Tensor:
        return _squared_distance(torch.cat(self._statistics(responses), dim=2), targets)

    def sums(self, responses: Tensor) -> Tensor:
        positions = responses.float().flatten(2)
        return torch.stack([positions.sum(2), positions.square().sum(2)], dim=2)

    def target_of_sums(self, sums: Tensor, positions: int) -> Tensor:
        mean, square = (sums / positions).unbind(2)
        variance = (square - mean.square()).clamp(min=0)
        return torch.stack([mean, (variance + EPSILON).sqrt()], dim=2).float()

    def losses_of_sums(self, sums: Tensor, positions: int, targets: Tensor) -> Tensor:
        return _squared_distance(self.target_of_sums(sums, positions), targets)

    @staticmethod
    def _statistics(responses: Tensor) -> tuple[Tensor, Tensor]:
        mean, centred = moments(responses)
        return mean, (centred.square().mean(2, keepdim=True) + EPSILON).sqrt()


def _squared_distance(statistics: Tensor, targets: Tensor) -> Tensor:
    return (statistics - targets).square().sum((1, 2)) / statistics.shape[1]
