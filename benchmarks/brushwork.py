"""What one sees in a painting and hardly any feature distance says: grain of dots, strokes, and edges.

Pure functions of one picture, 1×3×H×W with RGB in 0–255. `benchmarks/embedded.py` divides each by the painting's.
"""

from __future__ import annotations

import torch
from scipy import ndimage
from skimage.feature import canny
from torch import Tensor
from torch.nn import functional

EDGE_BLUR = 1.5
"""Standard deviation, in pixels, of the blur before edges are looked for: a grain of single pixels is no edge."""
STROKE_BLUR, STROKE_REACH = 1.0, 4.0
"""Standard deviations, in pixels: of the blur before the gradient is taken, and of the neighbourhood in which
directions are compared.
"""


def grain(picture: Tensor) -> float:
    """How strong the pixel grid's own frequencies are where the picture is calm, in pixel values: 0 and more.

    median over positions of √(Σ (f * picture)² / 3), summed over the three channels and the filters f = dᵀs, sᵀd and
    dᵀd: alternating rows, columns and checkerboard, d = (1, −4, 6, −4, 1)/16 and s = (1, 4, 6, 4, 1)/16. A pattern that
    alternates by ±a in every channel gives a in one of them. The median leaves out edges and strokes, which are few;
    a grain is everywhere.
    """
    alternating = torch.tensor([1.0, -4.0, 6.0, -4.0, 1.0], dtype=picture.dtype) / 16
    steady = alternating.abs()
    pairs = ((alternating, steady), (steady, alternating), (alternating, alternating))
    filters = torch.stack([torch.outer(down, across) for down, across in pairs])[:, None]
    found = functional.conv2d(picture.transpose(0, 1), filters)  # 3 channels × 3 filters × positions
    return float((found.square().sum((0, 1)) / 3).sqrt().median())


def coherence(picture: Tensor) -> float:
    """How much the strokes of each neighbourhood run one way, from 0 (any way) to 1 (all the same way).

    Σ √((Jxx − Jyy)² + 4 Jxy²) / Σ (Jxx + Jyy) over all positions, with the structure tensor J = G * (∇L ∇Lᵀ) of the
    lightness L = (R + G + B)/3 blurred by STROKE_BLUR, and G a Gaussian of STROKE_REACH: differences of the tensor's
    eigenvalues over their sums (Bigün, Granlund 1987), so that strong edges count more. A flat picture gives 0.
    """
    lightness = picture[0].double().mean(0).numpy()
    across = ndimage.gaussian_filter(lightness, STROKE_BLUR, order=(0, 1))
    down = ndimage.gaussian_filter(lightness, STROKE_BLUR, order=(1, 0))
    xx, yy, xy = (
        ndimage.gaussian_filter(product, STROKE_REACH) for product in (across * across, down * down, across * down)
    )
    energy = float((xx + yy).sum())
    return float((((xx - yy) ** 2 + 4 * xy**2) ** 0.5).sum() / energy) if energy > 1e-9 else 0.0


def edge_length(picture: Tensor) -> float:
    """The mean length of an edge, in pixels; 0 where there is none.

    Edges are Canny's (1986) at EDGE_BLUR in the lightness, with thresholds at the 70th and 90th percentile of the
    gradient; pixels that touch, corners included, are one edge. Differences of less than 1 are no edges.
    """
    lightness = picture[0].double().mean(0).numpy()
    if lightness.max() - lightness.min() < 1:
        return 0.0
    edges = canny(  # type: ignore[no-untyped-call]
        lightness, EDGE_BLUR, low_threshold=0.7, high_threshold=0.9, use_quantiles=True
    )
    _, count = ndimage.label(edges, structure=[[1] * 3] * 3)
    return float(edges.sum() / count) if count else 0.0
