"""The Laplacian loss, which keeps the content's edges in place, after Li, Xu, Nie, Chua 2017 (arXiv 1707.01253).

L = 1/M Σ_i (σ² D G_σ (b(x) − b(c)))²_i over the M pixels of an image x and the content picture c, with b the brightness
(the mean of R, G and B, 0–255), G_σ a Gaussian blur, and D b the sum of a pixel's differences from its four
neighbours (fewer at the borders). The unit is squared pixel values. σ² makes the loss that of an image of another size
with as much more blur. So a coarser level of a pyramid has less blur, and compares the same edges.

In place of the blur the paper averages over windows of 4×4 pixels that do not overlap. Then the style's strokes fill
the windows and show their borders (docs/design.md).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from stylize.lanes import Transfer
from stylize.losses.term import Circumstances


class LaplacianLoss:
    """A `Term` with a part for each blur that an image of the batch uses."""

    capturable = True

    def __init__(self, transfers: Sequence[Transfer], circumstances: Circumstances) -> None:
        self.applies = [one.settings.laplacian_weight > 0 for one in transfers]
        self.weight = torch.tensor([one.settings.laplacian_weight for one in transfers])
        blurs = [one.settings.laplacian_blur if one.settings.laplacian_weight else None for one in transfers]
        used = sorted({blur for blur in blurs if blur is not None})
        self.layers = [""] * len(used)
        self.part_weights = torch.tensor([[float(one == blur) for one in blurs] for blur in used])
        device, shape = circumstances.targets.device, circumstances.shape
        deviations = [blur / math.sqrt(circumstances.magnification) for blur in used]
        self.factors = [deviation**4 for deviation in deviations]
        self._along = [[gaussian(side, one).to(device) for side in shape] for one in deviations]
        if used:
            # An image without this loss has the weight 0: any target will do.
            contents = [one.content if weighs else None for one, weighs in zip(transfers, self.applies, strict=True)]
            targets = [torch.zeros(shape) if one is None else _brightness(one.float()) for one in contents]
            self._target = torch.stack([one.to(device) for one in targets])

    def parts(self, images: Tensor, responses: Mapping[str, Tensor]) -> Tensor:
        differences = _brightness(images) - self._target
        return torch.stack([_mean_square_of_laplacian(down @ differences @ across.T) for down, across in self._along])


def gaussian(length: int, deviation: float) -> Tensor:
    """The blur of so many pixels in a row as a matrix, fp32: its rows sum to 1, also near the ends."""
    places = torch.arange(length, dtype=torch.float64)
    weights = torch.exp(-0.5 * ((places[:, None] - places) / deviation).square())
    return (weights / weights.sum(1, keepdim=True)).float()


def _brightness(pictures: Tensor) -> Tensor:
    """The mean of R, G and B: …×3×H×W becomes …×H×W."""
    return pictures.mean(-3)


def _mean_square_of_laplacian(blurred: Tensor) -> Tensor:
    """The mean of (D b)² over the pixels of B×H×W, for each of B."""
    rows = functional.pad(blurred.diff(dim=1), (0, 0, 1, 1)).diff(dim=1)
    columns = functional.pad(blurred.diff(dim=2), (1, 1)).diff(dim=2)
    return (rows + columns).square().mean((1, 2))
