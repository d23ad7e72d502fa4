"""The metric that compares the style of an image with its style pictures, in a network that did not make it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stylize.losses.style_representations.gram import Gram
from stylize.losses.style_representations.mean_gram import mean_gram_matrix
from stylize.losses.targets import Targets, pixels_hash
from stylize.metrics.metric import MOST_REFERENCES, Kept, mean
from stylize.network.network import Network

LOOK_PIXELS = 192 * 192
"""The most pixels in all images that are seen in one pass. Together, eight images of 32×32 pixels take half the time;
at 128×128 pixels nothing is gained.
"""


@dataclass(frozen=True)
class StyleFeatures:
    """G/(N·M) of each of a network's default style layers, in fp64, and their Frobenius norms."""

    grams: Mapping[str, Tensor]
    norms: Mapping[str, float]


def style_features(picture: Tensor, network: Network) -> StyleFeatures | None:
    """A picture's style features; None for a picture that is too small for the deepest layer."""
    if _too_small(picture, network):
        return None
    layers = network.architecture.style_layers
    found = Targets(network, capacity=0).style(picture, layers, "fp32", Gram())  # which sees large pictures in tiles
    return _features({layer: matrix[0] for layer, matrix in found.items()})


def features_together(pictures: Sequence[Tensor], network: Network) -> list[StyleFeatures | None]:
    """The style features of small pictures of one size, from one pass. They are those of `style_features` up to the
    rounding of fp32.
    """
    if _too_small(pictures[0], network):
        return [None] * len(pictures)
    with torch.inference_mode():
        responses = network(torch.stack(list(pictures)).to(network.device).float(), network.architecture.style_layers)
        return [
            _features({layer: mean_gram_matrix(of_all[place, None])[0] for layer, of_all in responses.items()})
            for place in range(len(pictures))
        ]


def _too_small(picture: Tensor, network: Network) -> bool:
    architecture = network.architecture
    return min(picture.shape[1:]) < architecture.smallest_edge(architecture.deepest(architecture.style_layers))


def _features(matrices: Mapping[str, Tensor]) -> StyleFeatures:
    grams = {layer: matrix.double().cpu() for layer, matrix in matrices.items()}
    return StyleFeatures(grams, {layer: float(matrix.norm()) for layer, matrix in grams.items()})


def style_distance(first: StyleFeatures, second: StyleFeatures) -> float:
    """1/L Σ_l ‖G₁ − G₂‖ / (‖G₁‖ + ‖G₂‖) over L layers, Frobenius norms, in [0, 1]; 0 for equal Gram matrices.

    Each layer counts at most 1, whatever its scale.
    """
    shares = []
    for layer, one in first.grams.items():
        size = first.norms[layer] + second.norms[layer]
        shares.append(float((one - second.grams[layer]).norm()) / size if size else 0.0)
    return sum(shares) / len(shares)


class StyleDistance:
    """A `Metric` with three columns: the distance to the style pictures by their shares, that of the content picture,
    and the network.

    1 − style_distance / style_distance_of_content is 0 for the content picture and 1 for the style of the painting.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._references = Kept(lambda picture: style_features(picture, network))
        self._seen: dict[str, StyleFeatures | None] = {}  # of images that were looked at together, by their hashes
        self._of_content: OrderedDict[tuple[str, ...], float | None] = OrderedDict()

    def look_together(self, images: Sequence[Tensor]) -> None:
        """Look at small images of one size in few passes, before `of` is called for each."""
        self._seen = {}
        together = LOOK_PIXELS // (images[0].shape[1] * images[0].shape[2])
        if together < 2:
            return
        for start in range(0, len(images), together):
            part = images[start : start + together]
            self._seen |= zip(map(pixels_hash, part), features_together(part, self._network), strict=True)

    def of(
        self, image: Tensor, content: Tensor | None, styles: Sequence[tuple[Tensor, float]]
    ) -> dict[str, float | str | None]:
        key = pixels_hash(image)
        features = self._seen[key] if key in self._seen else style_features(image, self._network)
        return {
            "style_distance": self._to_styles(features, styles),
            "style_distance_of_content": None if content is None else self._content_to_styles(content, styles),
            "style_distance_network": self._network.architecture.name,
        }

    def _to_styles(self, features: StyleFeatures | None, styles: Sequence[tuple[Tensor, float]]) -> float | None:
        references = [(self._references.of(style), share) for style, share in styles]
        return mean(
            [
                (None if features is None or other is None else style_distance(features, other), share)
                for other, share in references
            ]
        )

    def _content_to_styles(self, content: Tensor, styles: Sequence[tuple[Tensor, float]]) -> float | None:
        """The distance of a content picture, which is kept, because it is the same for many images."""
        key = (pixels_hash(content), *(f"{pixels_hash(style)} {share!r}" for style, share in styles))
        if key not in self._of_content:
            self._of_content[key] = self._to_styles(self._references.of(content), styles)
        self._of_content.move_to_end(key)
        if len(self._of_content) > MOST_REFERENCES:
            self._of_content.popitem(last=False)
        return self._of_content[key]
