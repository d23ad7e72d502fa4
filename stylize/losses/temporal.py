"""Temporal consistency of a clip's frames (Ruder, Dosovitskiy, Brox 2016, equation 7).

L_t = 1/D · Σ_k c_k (x_k − ω_k)² for an image x, with ω the result of the frame before, warped to this frame, and
D = 3·H·W. The unit is squared pixel values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from stylize.lanes import Previous, Transfer
from stylize.losses.term import Circumstances


class TemporalLoss:
    """A `Term` with a single part: L_t of the images that have a frame before them in their clip."""

    capturable = True

    def __init__(self, transfers: Sequence[Transfer], circumstances: Circumstances) -> None:
        self.applies = [one.previous is not None for one in transfers]
        self.layers = ("",) if any(self.applies) else ()
        weights = [one.settings.temporal_weight if one.previous else 0.0 for one in transfers]
        self.weight = torch.tensor(weights)
        self.factors = [1.0] * len(self.layers)
        self.part_weights = torch.ones(len(self.layers), len(transfers))
        if self.layers:
            nothing = Previous(torch.zeros(3, *circumstances.shape), torch.zeros(circumstances.shape))
            device = circumstances.targets.device
            each = [one.previous or nothing for one in transfers]
            self._warped = torch.stack([one.warped.float() for one in each]).to(device)
            self._known = torch.stack([one.known.float() for one in each])[:, None].to(device)

    def parts(self, images: Tensor, responses: Mapping[str, Tensor]) -> Tensor:
        return (self._known * (images - self._warped).square()).mean((1, 2, 3))[None]
