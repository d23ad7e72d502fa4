"""Gram matrices: Gatys, Ecker, Bethge 2015 (arXiv 1508.06576), as López, Villanueva, Yus 2017 give them.

E_l = Σ_ij (G_ij − A_ij)² / (4 (N·M)²), where F is a layer's response to the image, G = F Fᵀ its Gram matrix, A that of
the style picture, N the layer's channels and M its positions. Each matrix is divided by its own N·M: this gives the
same result, keeps numbers small, and makes targets of style pictures of any size comparable.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from stylize.losses.style_representations.masked_gram import MaskedGram
from stylize.losses.style_representations.mean_gram import mean_gram_matrix, positions_by_channels
from stylize.losses.style_representations.representation import (
    Comparison,
    LayerTargets,
    Representation,
)
from stylize.masks import Masks
from stylize.settings.optimisation_settings import Settings


@dataclass(frozen=True)
class Gram:
    """See the module. With masks it is `MaskedGram`."""

    capturable: ClassVar[bool] = True

    @classmethod
    def of(cls, settings: Settings, masks: Masks | None) -> Representation:
        return cls() if masks is None else MaskedGram(masks)

    def pictures(self, picture: Tensor) -> list[Tensor]:
        return [picture]

    def target(self, responses: Sequence[Tensor]) -> Tensor:
        return mean_gram_matrix(responses[0])

    def comparison(self, layers: Sequence[LayerTargets]) -> Comparison:
        targets = [one.together() for one in layers]
        sizes = [target.shape[-1] * one.shape[0] * one.shape[1] for target, one in zip(targets, layers, strict=True)]
        whole = [target * size for target, size in zip(targets, sizes, strict=True)]
        factors = [1 / (4 * size**2) for size in sizes]
        return Comparison(functools.partial(_squared_distances, whole), factors, functools.partial(_of_sums, whole))

    def sums(self, responses: Tensor) -> Tensor:
        found: Tensor = _GramMatrix.apply(responses)
        return found

    def target_of_sums(self, sums: Tensor, positions: int) -> Tensor:
        return (sums / (sums.shape[-1] * positions)).float()


def _squared_distances(targets: Sequence[Tensor], responses: Sequence[Tensor]) -> Tensor:
    losses: Tensor = _SquaredDistances.apply(targets, *responses)
    return losses


def _of_sums(targets: Sequence[Tensor], sums: Sequence[Tensor]) -> Tensor:
    """‖G − A‖² from whole Gram matrices: L×R."""
    pairs = zip(sums, targets, strict=True)
    return torch.stack([(one - target).square().sum((1, 2)) for one, target in pairs]).float()


def _gram(positions: Tensor) -> Tensor:
    exact = positions.float()
    return torch.bmm(exact.mT, exact)


class _SquaredDistances(torch.autograd.Function):
    """‖D‖² with D = G − A, of R images at L layers: L×R. G and A are not divided by anything here.

    The gradient by F is 4·F·D, because D is symmetric: one product, where autograd would take two. It is computed in
    the type of the responses: the convolutions on the way back round it to that anyway.
    """

    @staticmethod
    def forward(ctx: Any, targets: Sequence[Tensor], *responses: Tensor) -> Tensor:
        positions = [positions_by_channels(one) for one in responses]
        differences = torch._foreach_sub([_gram(one) for one in positions], list(targets))
        ctx.save_for_backward(*positions, *differences)
        ctx.shapes = [one.shape for one in responses]
        return torch.stack([one.sum((1, 2)) for one in torch._foreach_mul(differences, differences)])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        [weights] = gradients
        count = len(ctx.shapes)
        positions, differences = ctx.saved_tensors[:count], ctx.saved_tensors[count:]
        weighted = torch._foreach_mul(list(differences), list(weights[:, :, None, None].unbind()))
        found: list[Tensor | None] = [None]
        for one, difference, shape in zip(positions, weighted, ctx.shapes, strict=True):
            images, channels, height, width = shape
            gradient = torch.baddbmm(one, one, difference.to(one.dtype), beta=0, alpha=4)
            found.append(gradient.view(images, height, width, channels).permute(0, 3, 1, 2))
        return tuple(found)


class _GramMatrix(torch.autograd.Function):
    """G = F Fᵀ of R×N×h×w responses: R×N×N. Its gradient by F is (∂ + ∂ᵀ) F, in the type of the responses."""

    @staticmethod
    def forward(ctx: Any, responses: Tensor) -> Tensor:
        positions = positions_by_channels(responses)
        ctx.save_for_backward(positions)
        ctx.shape = responses.shape
        return _gram(positions)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        [positions], [gradient] = ctx.saved_tensors, gradients
        images, channels, height, width = ctx.shape
        by_positions = torch.bmm(positions, (gradient + gradient.mT).to(positions.dtype))
        return by_positions.view(images, height, width, channels).permute(0, 3, 1, 2)
