"""What an image became, in numbers that no optimisation aimed at.

Pictures are 3×H×W tensors, RGB in 0–255. All is computed in fp64 on the CPU but for a network's responses, which are
fp32 on the network's device.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from stylize.images.colour import luminance
from stylize.losses.gatys import mean_gram_matrix
from stylize.losses.targets import pixels_hash
from stylize.network.network import Network

WINDOW = 11
"""Pixels: the edge of the Gaussian window of structural similarity, whose σ is 1.5."""

MOST_REFERENCES = 64
"""Pictures whose colours and Gram matrices are kept: half a megabyte each for a slim network."""


def structural_similarity(image: Tensor, content: Tensor) -> float | None:
    """Mean structural similarity of the luminances Y of two pictures of one size, in [−1, 1]; 1 for equal ones.

    Wang, Bovik, Sheikh, Simoncelli 2004, with their Gaussian window (11×11, σ = 1.5), K₁ = .01, K₂ = .03, L = 255.
    None where an edge is shorter than the window.
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


@dataclass(frozen=True)
class Colours:
    """The mean (3) and covariance (3×3) of a picture's colours in CIELAB (D65), and the covariance's square root."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]
    root: NDArray[np.float64]


def colours(picture: Tensor) -> Colours:
    """The colours of a picture, its positions left out."""
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


def style_features(picture: Tensor, network: Network) -> dict[str, Tensor] | None:
    """G/(N·M) of each of a network's default style layers; None for a picture that is too small for the deepest."""
    layers = network.architecture.style_layers
    if min(picture.shape[1:]) < network.architecture.smallest_edge(network.architecture.deepest(layers)):
        return None
    with torch.no_grad():
        responses = network(picture.to(network.device)[None].float(), layers)
        return {layer: mean_gram_matrix(response)[0].double().cpu() for layer, response in responses.items()}


def style_distance(first: dict[str, Tensor], second: dict[str, Tensor]) -> float:
    """1/L Σ_l ‖G₁ − G₂‖ / (‖G₁‖ + ‖G₂‖) over L layers, Frobenius norms, in [0, 1]; 0 for equal Gram matrices.

    Each layer counts at most 1, whatever its scale.
    """
    shares = []
    for layer, one in first.items():
        size = one.norm() + second[layer].norm()
        shares.append(float((one - second[layer]).norm() / size) if size else 0.0)
    return sum(shares) / len(shares)


_Seen = tuple[Colours, dict[str, Tensor] | None]


class Metrics:
    """The metrics of images, seen by a network that they were not optimised in. What it sees of references is kept."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._kept: OrderedDict[str, _Seen] = OrderedDict()

    def of(
        self, image: Tensor, content: Tensor | None, styles: Sequence[tuple[Tensor, float]]
    ) -> dict[str, float | str | None]:
        """By column. `styles` are style pictures with their shares, over which distances are averaged.

        `style_distance_of_content` is that of the content picture, so that 1 − style_distance over it is how much of
        the way was gone. None for what a missing picture, or one too small for the network, leaves undefined.
        """
        seen = self._see(image)
        references = [(self._reference(style), share) for style, share in styles]
        of_content = None if content is None else self._reference(content)

        def to_styles(grams: dict[str, Tensor] | None) -> float | None:
            return _mean(
                [
                    (None if grams is None or other is None else style_distance(grams, other), share)
                    for (_, other), share in references
                ]
            )

        return {
            "structural_similarity": structural_similarity(image, content) if content is not None else None,
            "style_distance": to_styles(seen[1]),
            "style_distance_of_content": to_styles(of_content[1]) if of_content else None,
            "style_distance_network": self._network.architecture.name,
            "colour_distance_to_content": colour_distance(seen[0], of_content[0]) if of_content else None,
            "colour_distance_to_style": _mean(
                [(colour_distance(seen[0], one), share) for (one, _), share in references]
            ),
        }

    def _see(self, picture: Tensor) -> _Seen:
        return colours(picture), style_features(picture, self._network)

    def _reference(self, picture: Tensor) -> _Seen:
        key = pixels_hash(picture)
        if key not in self._kept:
            self._kept[key] = self._see(picture)
        self._kept.move_to_end(key)
        if len(self._kept) > MOST_REFERENCES:
            self._kept.popitem(last=False)
        return self._kept[key]


def _mean(distances: Sequence[tuple[float | None, float]]) -> float | None:
    """The mean weighted by shares; None without distances or where one is None."""
    known = [(distance, share) for distance, share in distances if distance is not None]
    return sum(distance * share for distance, share in known) if known and len(known) == len(distances) else None
