"""The matting Laplacian, by which a result stays photorealistic: Luan, Paris, Shechtman, Bala 2017 (arXiv 1703.07511).

L_m = Σ_c V_cᵀ M V_c with V_c the channel c of the image in [0, 1], flattened: it is small where the image is, in every
3×3 window, an affine function of the photograph's colours; edges stay where they are, and straight lines straight. M is
Levin's (Levin, Lischinski, Weiss 2008): W_ij = (1 + (I_i − μ_w)ᵀ (Σ_w + ε/9·I)⁻¹ (I_j − μ_w)) / 9 for each window w,
A = Σ_w W, M = diag(A·1) − A.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from scipy import sparse
from torch import Tensor

if TYPE_CHECKING:  # `Targets`, which a term is given, keeps the Laplacians
    from stylize.lanes import Transfer
    from stylize.losses.term import Circumstances

EPSILON = 1e-7


def matting_laplacian(picture: Tensor) -> Tensor:
    """M of a picture (3×H×W, 0–255), sparse HW×HW in fp32; computed in float64 with one window a pixel."""
    colours = picture.double().cpu().numpy() / 255
    _, height, width = colours.shape
    places = sliding_window_view(np.arange(height * width).reshape(height, width), (3, 3)).reshape(-1, 9)
    windows = colours.reshape(3, -1).T[places]  # K×9×3
    centred = windows - windows.mean(axis=1, keepdims=True)
    covariance = centred.transpose(0, 2, 1) @ centred / 9 + EPSILON / 9 * np.eye(3)
    weights = (1 + centred @ np.linalg.solve(covariance, centred.transpose(0, 2, 1))) / 9  # K×9×9
    rows, columns = np.repeat(places, 9, axis=1).ravel(), np.tile(places, 9).ravel()
    affinity = sparse.csr_matrix((weights.ravel(), (rows, columns)), shape=(height * width,) * 2)
    laplacian = (sparse.diags(np.asarray(affinity.sum(axis=1)).ravel()) - affinity).tocsr()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that this layout is in beta
        return torch.sparse_csr_tensor(
            torch.from_numpy(laplacian.indptr.astype(np.int64)),
            torch.from_numpy(laplacian.indices.astype(np.int64)),
            torch.from_numpy(laplacian.data.astype(np.float32)),
            size=laplacian.shape,
        )


def matting_loss(image: Tensor, laplacian: Tensor) -> Tensor:
    """L_m of one image, 3×H×W in 0–255; a number."""
    loss: Tensor = _Quadratic.apply(image.flatten(1).T / 255, laplacian)
    return loss


class _Quadratic(torch.autograd.Function):
    """Σ_c V_cᵀ M V_c; M is symmetric, so that the gradient is 2 M V_c: one sparse product both ways."""

    @staticmethod
    def forward(ctx: Any, channels: Tensor, laplacian: Tensor) -> Tensor:
        product = laplacian @ channels.contiguous()
        ctx.save_for_backward(product)
        return (channels * product).sum()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        [product], [gradient] = ctx.saved_tensors, gradients
        return 2 * gradient * product, None


class MattingLoss:
    """A `Term` with a single part: L_m of the images that have a `matting_weight` λ, in the stages where it counts."""

    layers = ("",)

    def __init__(self, transfers: Sequence[Transfer], circumstances: Circumstances) -> None:
        targets = circumstances.targets
        weights = [one.settings.matting_weight if circumstances.matting else 0.0 for one in transfers]
        self.applies = [one.settings.matting_weight > 0 for one in transfers]
        self.weight = torch.tensor(weights, device=targets.device)
        self.part_weights = torch.ones(1, len(transfers), device=targets.device)
        self._laplacians = [
            targets.laplacian(one.content) if weight and one.content is not None else None
            for one, weight in zip(transfers, weights, strict=True)
        ]

    def parts(self, images: Tensor, responses: Mapping[str, Tensor]) -> Tensor:
        losses = [
            images.new_zeros(()) if laplacian is None else matting_loss(images[place], laplacian)
            for place, laplacian in enumerate(self._laplacians)
        ]
        return torch.stack(losses)[None]
