"""What a style is, as a loss: Gram matrices (Gatys), and what others have put in their place.

A style loss turns a style picture's responses into a target once, and then compares the image's responses with it.
All of it is fp32 (see `losses`). B images of one batch never mix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from stylize.losses.gatys import mean_gram_matrix, style_loss
from stylize.losses.masks import MaskedGramLoss, Masks
from stylize.losses.patches import PatchLoss
from stylize.settings.transfer_settings import Settings


class StyleLoss(Protocol):
    """One way to compare styles at a layer. Equal ones (dataclasses) give equal targets."""

    def pictures(self, picture: Tensor) -> list[Tensor]:
        """The forms of a style picture (3×H×W) whose responses `target` wants."""

    def target(self, responses: Sequence[Tensor]) -> Tensor:
        """The target from the responses (1×N×h×w) to each of `pictures`."""

    def losses(self, responses: Tensor, targets: Sequence[Tensor]) -> Tensor:
        """One number for each of B×N×h×w responses, from as many targets."""


class _OfOnePicture:
    def pictures(self, picture: Tensor) -> list[Tensor]:
        return [picture]


@dataclass(frozen=True)
class GramLoss(_OfOnePicture):
    """Gatys: E_l = Σ_ij (G_ij − A_ij)² / (4 (N·M)²)."""

    def target(self, responses: Sequence[Tensor]) -> Tensor:
        return mean_gram_matrix(responses[0])

    def losses(self, responses: Tensor, targets: Sequence[Tensor]) -> Tensor:
        return style_loss(mean_gram_matrix(responses), torch.cat(list(targets)))


def moments(responses: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (B×N×1) and centred responses (B×N×M) over positions, in fp32."""
    positions = responses.float().flatten(2)
    mean = positions.mean(2, keepdim=True)
    return mean, positions - mean


@dataclass(frozen=True)
class MeanVarianceLoss(_OfOnePicture):
    """Li, Wang, Liu, Hou 2017 (arXiv 1701.01036, their BN statistics): E_l = 1/N Σ_i (μ_i − μ′_i)² + (σ_i − σ′_i)²."""

    def target(self, responses: Sequence[Tensor]) -> Tensor:
        return torch.cat(self._statistics(responses[0]), dim=2)

    def losses(self, responses: Tensor, targets: Sequence[Tensor]) -> Tensor:
        statistics = torch.cat(self._statistics(responses), dim=2)
        return (statistics - torch.cat(list(targets))).square().sum((1, 2)) / responses.shape[1]

    @staticmethod
    def _statistics(responses: Tensor) -> tuple[Tensor, Tensor]:
        mean, centred = moments(responses)
        return mean, (centred.square().mean(2, keepdim=True) + _EPSILON).sqrt()


_EPSILON = 1e-6
"""Under square roots, whose slope is infinite at 0, where dead channels are."""


@dataclass(frozen=True)
class WassersteinLoss(_OfOnePicture):
    """Mroueh 2019 (arXiv 1905.12828): the squared 2-Wasserstein distance of two normal distributions, over N.

    E_l = (‖μ − μ′‖² + tr(Σ + Σ′ − 2 (Σ′^½ Σ Σ′^½)^½)) / N, with mean and covariance of the responses over positions.
    """

    def target(self, responses: Sequence[Tensor]) -> Tensor:
        mean, centred = moments(responses[0])
        covariance = (centred @ centred.transpose(1, 2) / centred.shape[2]).double()
        values, vectors = torch.linalg.eigh(covariance)
        root = (vectors * values.clamp(min=0).sqrt()[:, None]) @ vectors.transpose(1, 2)
        return torch.cat([mean, root.float()], dim=2)

    def losses(self, responses: Tensor, targets: Sequence[Tensor]) -> Tensor:
        wanted = torch.cat(list(targets))
        wanted_mean, root = wanted[:, :, :1], wanted[:, :, 1:]
        mean, centred = moments(responses)
        covariance = centred @ centred.transpose(1, 2) / centred.shape[2]
        # In float64: the distance is a small difference of large traces.
        product = root.double() @ covariance.double() @ root.double()
        # Symmetric up to rounding; of its eigenvalues alone the gradient is well defined also where some are equal.
        values = torch.linalg.eigvalsh((product + product.transpose(1, 2)) / 2).clamp(min=0)
        # Σ_i λ_i^½ without an infinite slope at 0.
        both = (values + 1e-10 * values.detach().mean(1, keepdim=True) + 1e-30).sqrt().sum(1)
        traces = centred.square().sum((1, 2)) / centred.shape[2] + root.square().sum((1, 2))
        distance: Tensor = (mean - wanted_mean).square().sum((1, 2)) + traces - 2 * both
        return distance.float() / responses.shape[1]


def style_loss_of(settings: Settings, masks: Masks | None = None) -> StyleLoss:
    """The style loss that settings, and masks where there are some, ask for."""
    if masks is not None:
        return MaskedGramLoss(masks)
    if settings.style_representation == "mrf":
        return PatchLoss(settings.mrf_stride, settings.mrf_rotations, settings.mrf_scales)
    if settings.style_representation == "mean-variance":
        return MeanVarianceLoss()
    return WassersteinLoss() if settings.style_representation == "wasserstein" else GramLoss()
