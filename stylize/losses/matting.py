"""The matting loss, which keeps results photorealistic: Luan, Paris, Shechtman, Bala 2017 (arXiv 1703.07511).

L_m = Σ_c V_cᵀ M V_c with V_c the channel c of the image in [0, 1], flattened. It is small if the image, in every 3×3
window, is an affine function of the photograph's colours. Then edges stay in place, and straight lines straight. M is
Levin's (Levin, Lischinski, Weiss 2008): W_ij = (1 + (I_i − μ_w)ᵀ (Σ_w + ε/9·I)⁻¹ (I_j − μ_w)) / 9 for each window w,
A = Σ_w W, M = diag(A·1) − A.

Pixels of one 3×3 window are at most two rows and columns apart, so that M has 25 bands. Each is kept as an
image, and a product with M is 25 products of images, for a whole batch at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from torch import Tensor
from torch.nn import functional

if TYPE_CHECKING:  # `Targets`, which a term is given, keeps the Laplacians
    from stylize.lanes import Transfer
    from stylize.losses.term import Circumstances

EPSILON = 1e-7

REACH = 2
"""The largest distance between pixels of one window, in rows and in columns."""

BANDS = (2 * REACH + 1) ** 2


def matting_laplacian(picture: Tensor) -> Tensor:
    """M of a picture (3×H×W, 0–255) as bands, 25×H×W in fp32; computed in float64.

    Band 5·(dy + 2) + (dx + 2) has at (y, x) the entry of M for the pixels (y, x) and (y + dy, x + dx).
    """
    colours = picture.double().cpu().numpy() / 255
    _, height, width = colours.shape
    places = sliding_window_view(np.arange(height * width).reshape(height, width), (3, 3)).reshape(-1, 9)
    windows = colours.reshape(3, -1).T[places]  # K×9×3
    centred = windows - windows.mean(axis=1, keepdims=True)
    covariance = centred.transpose(0, 2, 1) @ centred / 9 + EPSILON / 9 * np.eye(3)
    weights = (1 + centred @ np.linalg.solve(covariance, centred.transpose(0, 2, 1))) / 9  # K×9×9
    bands = np.zeros((BANDS, height * width))
    for one, other in np.ndindex(9, 9):
        down, right = other // 3 - one // 3, other % 3 - one % 3
        band = (2 * REACH + 1) * (down + REACH) + right + REACH
        bands[band, places[:, one]] -= weights[:, one, other]  # a window's pixel is in no other window at this place
    bands[BANDS // 2] -= bands.sum(axis=0)
    return torch.from_numpy(bands.reshape(BANDS, height, width).astype(np.float32))


def matting_loss(images: Tensor, laplacians: Tensor) -> Tensor:
    """L_m of images, B×3×H×W in 0–255, each with its Laplacian (B×25×H×W, or 1×25×H×W for all); B numbers."""
    loss: Tensor = _Quadratic.apply(images / 255, laplacians)
    return loss


class _Quadratic(torch.autograd.Function):
    """Σ_c V_cᵀ M V_c; M is symmetric, so that the gradient is 2 M V_c: one product both ways."""

    @staticmethod
    def forward(ctx: Any, images: Tensor, laplacians: Tensor) -> Tensor:
        height, width = images.shape[2:]
        padded = functional.pad(images, [REACH] * 4)
        product = torch.zeros_like(images)
        for band in range(BANDS):
            down, right = divmod(band, 2 * REACH + 1)
            product.addcmul_(laplacians[:, band, None], padded[:, :, down : down + height, right : right + width])
        ctx.save_for_backward(product)
        return (images * product).sum((1, 2, 3))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        [product], [gradient] = ctx.saved_tensors, gradients
        return (2 * gradient).view(-1, 1, 1, 1) * product, None


class MattingLoss:
    """A `Term` with a single part: L_m of the images that have a `matting_weight` λ, from `matting_from` on."""

    capturable = True

    def __init__(self, transfers: Sequence[Transfer], circumstances: Circumstances) -> None:
        targets = circumstances.targets
        weights = [one.settings.matting_weight if circumstances.matting else 0.0 for one in transfers]
        self.applies = [one.settings.matting_weight > 0 for one in transfers]
        self.layers = ("",) if any(weights) else ()
        self.weight = torch.tensor(weights)
        self.factors = [1.0] * len(self.layers)
        self.part_weights = torch.ones(len(self.layers), len(transfers))
        if self.layers:
            found = [
                targets.laplacian(one.content) if weight and one.content is not None else None
                for one, weight in zip(transfers, weights, strict=True)
            ]
            [example, *_] = [one for one in found if one is not None]
            filled = [example if one is None else one for one in found]  # those weigh 0
            same = all(one is example for one in filled)
            self._laplacians = example[None] if same else torch.stack(filled)

    def parts(self, images: Tensor, responses: Mapping[str, Tensor]) -> Tensor:
        return matting_loss(images, self._laplacians)[None]
