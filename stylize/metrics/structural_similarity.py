"""The mean structural similarity of an image and its content picture: Wang, Bovik, Sheikh, Simoncelli 2004."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from stylize.images.colour import luminance
from stylize.network.network import Network

WINDOW = 11
"""Pixels: the edge of the Gaussian window of structural similarity, whose σ is 1.5."""


def structural_similarity(image: Tensor, content: Tensor) -> float | None:
    """Mean structural similarity of the luminances Y of two pictures of one size, in [−1, 1]; 1 for equal ones.

    With the authors' Gaussian window (11×11, σ = 1.5), K₁ = .01, K₂ = .03, L = 255.
    None if an edge is shorter than the window.
    """
    from skimage import metrics

    if min(image.shape[1:]) < WINDOW:
        return None
    similarity: Any = metrics.structural_similarity  # untyped
    return float(
        similarity(
            luminance(image)[0].numpy(),
            luminance(content)[0].numpy(),
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=255.0,
        )
    )


class StructuralSimilarity:
    """A `Metric` with one column."""

    def __init__(self, network: Network) -> None:
        pass  # it needs no network

    def of(
        self, image: Tensor, content: Tensor | None, styles: Sequence[tuple[Tensor, float]]
    ) -> dict[str, float | None]:
        return {"structural_similarity": None if content is None else structural_similarity(image, content)}
