"""The Wasserstein distance of normal distributions: Mroueh 2019 (arXiv 1905.12828).

E_l = (‖μ − μ′‖² + tr(Σ + Σ′ − 2 (Σ′^½ Σ Σ′^½)^½)) / N, with mean and covariance of the responses over positions: the
squared 2-Wasserstein distance, over the N channels of a layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from stylize.losses.style_representations.mean_variance import moments
from stylize.losses.style_representations.representation import AdditiveByLayer


@dataclass(frozen=True)
class Wasserstein(AdditiveByLayer):
    """See the module."""

    capturable: ClassVar[bool] = False  # because of the eigenvalues

    def target(self, responses: Sequence[Tensor]) -> Tensor:
        mean, centred = moments(responses[0])
        return self._target(mean, (centred @ centred.transpose(1, 2) / centred.shape[2]).double())

    @staticmethod
    def _target(mean: Tensor, covariance: Tensor) -> Tensor:
        values, vectors = torch.linalg.eigh(covariance)
        root = (vectors * values.clamp(min=0).sqrt()[:, None]) @ vectors.transpose(1, 2)
        return torch.cat([mean.float(), root.float()], dim=2)

    def losses(self, responses: Tensor, targets: Tensor) -> Tensor:
        mean, centred = moments(responses)
        covariance = centred @ centred.transpose(1, 2) / centred.shape[2]
        return self._distance(mean, covariance, centred.square().sum((1, 2)) / centred.shape[2], targets)

    def sums(self, responses: Tensor) -> Tensor:
        positions = responses.float().flatten(2)
        return torch.cat([positions.sum(2, keepdim=True), positions @ positions.mT], dim=2)

    def target_of_sums(self, sums: Tensor, positions: int) -> Tensor:
        return self._target(*_moments_of_sums(sums, positions))

    def losses_of_sums(self, sums: Tensor, positions: int, targets: Tensor) -> Tensor:
        mean, covariance = _moments_of_sums(sums, positions)
        return self._distance(mean, covariance, covariance.diagonal(dim1=1, dim2=2).sum(1), targets)

    @staticmethod
    def _distance(mean: Tensor, covariance: Tensor, trace: Tensor, targets: Tensor) -> Tensor:
        """E_l from B×N×1 means, B×N×N covariances and their traces."""
        wanted_mean, root = targets[:, :, :1], targets[:, :, 1:]
        # In float64: the distance is a small difference of large traces.
        product = root.double() @ covariance.double() @ root.double()
        # Symmetric up to rounding. The gradient of its eigenvalues is well defined even if some are equal.
        values = _eigenvalues((product + product.transpose(1, 2)) / 2).clamp(min=0)
        # Σ_i λ_i^½ without an infinite slope at 0.
        both = (values + 1e-10 * values.detach().mean(1, keepdim=True) + 1e-30).sqrt().sum(1)
        traces = trace + root.square().sum((1, 2))
        distance: Tensor = (mean - wanted_mean).square().sum((1, 2)) + traces - 2 * both
        return distance.float() / mean.shape[1]


def _eigenvalues(matrices: Tensor) -> Tensor:
    """The eigenvalues of symmetric matrices, B×N×N to B×N, smallest first.

    torch.linalg.eigvalsh would read from the device at every step whether it has converged. The eigenvectors are only
    needed for the gradient.
    """
    values, _ = torch.ops.aten._linalg_eigh(matrices, "L", compute_v=True)
    return values  # type: ignore[no-any-return]


def _moments_of_sums(sums: Tensor, positions: int) -> tuple[Tensor, Tensor]:
    """Mean (B×N×1) and covariance (B×N×N) from Σ F and Σ F Fᵀ over so many positions, side by side."""
    mean, square = sums[:, :, :1] / positions, sums[:, :, 1:] / positions
    return mean, square - mean @ mean.mT
