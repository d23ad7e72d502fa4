"""Temporal consistency of a clip's frames (Ruder, Dosovitskiy, Brox 2016, equation 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from stylize.lanes import Previous, Transfer
from stylize.losses.term import Circumstances


def temporal_loss(image: Tensor, previous: Previous) -> Tensor:
    """1/D · Σ_k c_k (x_k − ω_k)² for one image x, 3×H×W in 0–255, with D = 3·H·W: squared pixel values."""
    known, warped = previous.known.to(image), previous.warped.to(image)
    return (known * (image - warped).square()).mean()


class TemporalLoss:
    """A `Term` with a single part: L_t of the images that follow a frame of their clip."""

    layers = ("",)

    def __init__(self, transfers: Sequence[Transfer], circumstances: Circumstances) -> None:
        device = circumstances.targets.device
        self._previous = [one.previous for one in transfers]
        self.applies = [previous is not None for previous in self._previous]
        weights = [one.settings.temporal_weight if one.previous else 0.0 for one in transfers]
        self.weight = torch.tensor(weights, device=device)
        self.part_weights = torch.ones(1, len(transfers), device=device)

    def parts(self, images: Tensor, responses: Mapping[str, Tensor]) -> Tensor:
        losses = [
            images.new_zeros(()) if previous is None else temporal_loss(images[place], previous)
            for place, previous in enumerate(self._previous)
        ]
        return torch.stack(losses)[None]
