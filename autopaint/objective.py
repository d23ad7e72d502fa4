"""The losses of the training: what a generator and a discriminator minimise. Colours run from 0 to 1 here, and losses
are in the authors' units, in which they run from −1 to 1.

Liu et al. 2017: pixel + feature + adversarial + total variation, here `smoothness`, with weights.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

AdversarialKind = Literal["cross-entropy", "hinge"]

Features = Callable[[Tensor], Tensor]
"""Responses of a layer of a frozen network to pictures, B×3×H×W in 0–255."""


def pixel_loss(painted: Tensor, truth: Tensor) -> Tensor:
    """The mean absolute difference, times 2 because of the units."""
    return 2 * (painted - truth).abs().mean()


def feature_loss(painted: Tensor, truth: Tensor, features: Features) -> Tensor:
    """The mean absolute difference of a layer's responses (conv3_2 of VGG-16 in the authors' program)."""
    with torch.no_grad():
        wanted = features(255 * truth)
    return (features(255 * painted) - wanted).abs().mean()


def smoothness_loss(painted: Tensor) -> Tensor:
    """Total variation: the mean over positions of √(Δx² + Δy²), averaged over channels."""
    across = painted[..., :-1, 1:] - painted[..., :-1, :-1]
    down = painted[..., 1:, :-1] - painted[..., :-1, :-1]
    return 2 * (across.square() + down.square() + 1e-12).sqrt().mean()


def generator_loss(judged: Tensor, kind: AdversarialKind) -> Tensor:
    """The adversarial loss of the generator, from the discriminator's numbers for its pictures."""
    return functional.softplus(-judged).mean() if kind == "cross-entropy" else -judged.mean()


def discriminator_loss(judged_true: Tensor, judged_painted: Tensor, kind: AdversarialKind) -> Tensor:
    """The loss of the discriminator, from its numbers for true pictures and for the generator's.

    cross-entropy: the mean of −log σ(true) and −log(1 − σ(painted)). hinge: the mean of max(0, 1 − true) and
    max(0, 1 + painted).
    """
    if kind == "cross-entropy":
        return 0.5 * (functional.softplus(-judged_true).mean() + functional.softplus(judged_painted).mean())
    return 0.5 * (functional.relu(1 - judged_true).mean() + functional.relu(1 + judged_painted).mean())
