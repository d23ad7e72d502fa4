"""The interface of content representations, the values of the setting `content_representation`, and the one of Gatys,
Ecker, Bethge 2015 (arXiv 1508.06576).

Representations of plugins are written against `ContentRepresentation`. How they are put together in a batch is in
`content.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor


class ContentRepresentation(ABC):
    """Turns the content picture's responses at a layer into a target once, and then compares images' responses with it.

    Implementations are frozen dataclasses without fields. All numbers are fp32, and images of one batch do not
    influence each other. capturable: whether the comparison can be recorded in a CUDA graph. factor: what `losses` is
    multiplied by; it is multiplied into the weights once, and not at every step.
    """

    capturable: ClassVar[bool] = True
    factor: ClassVar[float] = 1.0

    def target(self, responses: Tensor) -> Tensor:
        """The target from the responses (1×N×h×w) to the content picture, 1×… numbers."""
        return responses

    @abstractmethod
    def losses(self, responses: Tensor, targets: Tensor) -> Tensor:
        """L_c of one layer for each of R×N×h×w responses, differentiable. `targets` are R×…, or 1×… if all images have
        the same target. It is called at every step, and must neither wait for the device nor read from it.
        """


@dataclass(frozen=True)
class Responses(ContentRepresentation):
    """The responses themselves: ½ Σ_ij (F_ij − P_ij)², F a layer's response to the image and P to the content
    picture.
    """

    factor: ClassVar[float] = 0.5

    def losses(self, responses: Tensor, targets: Tensor) -> Tensor:
        found: Tensor = _SquaredDistance.apply(responses, targets)
        return found


class _SquaredDistance(torch.autograd.Function):
    """Σ_ij (F_ij − P_ij)² for each of B×N×h×w responses F; P may have a batch of 1. Its gradient is 2 (F − P)."""

    @staticmethod
    def forward(ctx: Any, responses: Tensor, targets: Tensor) -> Tensor:
        difference = responses - targets  # fp32, as the targets are
        ctx.save_for_backward(difference)
        ctx.dtype = responses.dtype
        return difference.square().sum((1, 2, 3))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        [difference], [gradient] = ctx.saved_tensors, gradients
        return (difference * (2 * gradient).view(-1, 1, 1, 1)).to(ctx.dtype), None
