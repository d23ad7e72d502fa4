"""The metric that compares the colours of an image with those of its content and style pictures, without positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from stylize.metrics.metric import Kept, mean
from stylize.network.network import Network


@dataclass(frozen=True)
class Colours:
    """The mean (3) and covariance (3×3) of a picture's colours in CIELAB (D65), and the covariance's square root."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]
    root: NDArray[np.float64]


def colours(picture: Tensor) -> Colours:
    """The distribution of a picture's colours."""
    from skimage.color import rgb2lab

    lab = rgb2lab(picture.permute(1, 2, 0).double().cpu().numpy() / 255).reshape(-1, 3)
    mean = lab.mean(0)
    covariance = (lab - mean).T @ (lab - mean) / len(lab)
    return Colours(mean, covariance, _root(covariance))


def _root(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The symmetric square root of a symmetric matrix without negative eigenvalues."""
    values, vectors = np.linalg.eigh(matrix)
    root: NDArray[np.float64] = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    return root


def colour_distance(first: Colours, second: Colours) -> float:
    """√(|μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2 (Σ₁^½ Σ₂ Σ₁^½)^½)), in units of ΔE*ab (CIE 1976), at least 0.

    The 2-Wasserstein distance of two normal distributions (Fréchet distance; Dowson, Landau 1982). It is never larger
    than that of the pictures' own colours (Gelbrich 1990), hence at most 258.7, the distance from sRGB's blue to its
    green.
    """
    between = np.linalg.eigvalsh(first.root @ second.covariance @ first.root).clip(0)
    spread = np.trace(first.covariance) + np.trace(second.covariance) - 2 * np.sqrt(between).sum()
    return float(np.sqrt(np.square(first.mean - second.mean).sum() + max(0.0, float(spread))))


class ColourDistance:
    """A `Metric` with two columns: the distance to the content picture, and to the style pictures by their shares."""

    def __init__(self, network: Network) -> None:
        self._references = Kept(colours)

    def of(
        self, image: Tensor, content: Tensor | None, styles: Sequence[tuple[Tensor, float]]
    ) -> dict[str, float | None]:
        mine = colours(image)

        def to(reference: Tensor) -> float:
            return colour_distance(mine, self._references.of(reference))

        return {
            "colour_distance_to_content": None if content is None else to(content),
            "colour_distance_to_style": mean([(to(style), share) for style, share in styles]),
        }
