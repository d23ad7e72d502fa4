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
from stylize.losses.style_representations.representation import LayerByLayer


@dataclass(frozen=True)
class Wasserstein(LayerByLayer):
    """See the module."""

    capturable: ClassVar[bool] = False  # because of the eigenvalues

    def target(self, responses: Sequence[Tensor]) -> Tensor:
        mean, centred = moments(responses[0])
        covariance = (centred @ centred.transpose(1, 2) / centred.shape[2]).double()
        values, vectors = torch.linalg.eigh(covariance)
        root = (vectors * values.clamp(min=0).sqrt()[:, None]) @ vectors.transpose(1, 2)
        return torch.cat([mean, root.float()], dim=2)

    def losses(self, responses: Tensor, targets: Tensor) -> Tensor:
        wanted_mean, root = targets[:, :, :1], targets[:, :, 1:]
        mean, centred = moments(responses)
        covariance = centred @ centred.transpose(1, 2) / centred.shape[2]
        # In float64: the distance is a small difference of large traces.
        product = root.double() @ covariance.double() @ root.double()
        # Symmetric up to rounding. The gradient of its eigenvalues is well defined even if some are equal.
        values = _eigenvalues((product + product.transpose(1, 2)) / 2).clamp(min=0)
        # Σ_i λ_i^½ without an infinite slope at 0.
        both = (values + 1e-10 * values.detach().mean(1, keepdim=True) + 1e-30).sqrt().sum(1)
        traces = centred.square().sum((1, 2)) / centred.shape[2] + root.square().sum((1, 2))
        distance: Tensor = (mean - wanted_mean).square().sum((1, 2)) + traces - 2 * both
        return distance.float() / responses.shape[1]


def _eigenvalues(matrices: Tensor) -> Tensor:
    """The eigenvalues of symmetric matrices, B×N×N to B×N, smallest first.

    torch.linalg.eigvalsh would read from the device at every step whether it has converged. The eigenvectors are only
    needed for the gradient.
    """
    values, _ = torch.ops.aten._linalg_eigh(matrices, "L", compute_v=True)
    return values  # type: ignore[no-any-return]
