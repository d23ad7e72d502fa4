"""Disturbs the crops before the network sees them: by noise, then by the small change that raises its loss most.

Style transfer changes a picture until the responses fit. If a network's responses react strongly to invisible changes,
the optimiser makes such changes, and the result shows speckle. If the network was trained against them, the optimiser
has to paint strokes. The attack costs no extra time: every batch is used twice, and the second time it is moved along
the gradient that the first pass left at its pixels ("free" adversarial training, Shafahi et al. 2019, arXiv
1904.12843).
"""

from __future__ import annotations

import torch
from torch import Tensor

from weights.training.network import PIXEL_SCALE

NOISY_SHARE, LARGEST_NOISE = 0.5, 20.0
"""The share of crops that get noise, and its largest standard deviation, of 255."""

ATTACK = 6.0
"""Root mean square of the adversarial change, of 255."""


def noise(like: Tensor, generator: torch.Generator) -> Tensor:
    """Random noise for normalised crops: grey, coloured or in between, of random strength; half of them get none."""
    count = len(like)
    size = torch.rand(count, 1, 1, 1, generator=generator) * LARGEST_NOISE / PIXEL_SCALE
    size = size * (torch.rand(count, 1, 1, 1, generator=generator) < NOISY_SHARE)
    coloured = torch.rand(count, 1, 1, 1, generator=generator)
    grey = torch.randn(count, 1, *like.shape[2:], generator=generator)
    free = torch.randn(like.shape, generator=generator)
    return size * (coloured * free + (1 - coloured) * grey) / (coloured.square() + (1 - coloured).square()).sqrt()


def attack(gradient: Tensor) -> Tensor:
    """A change of normalised crops along the gradient of the loss with respect to them."""
    length = gradient.square().mean((1, 2, 3), keepdim=True).sqrt()
    return gradient / (length + 1e-12) * (ATTACK / PIXEL_SCALE)
