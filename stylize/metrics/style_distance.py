"""The metric that compares the style of an image with its style pictures, in a network that did not make it."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from stylize.losses.style_representations.gram import Gram
from stylize.losses.targets import Targets
from stylize.metrics.metric import Kept, mean
from stylize.network.network import Network


def style_features(picture: Tensor, network: Network) -> dict[str, Tensor] | None:
    """G/(N·M) of each of a network's default style layers; None for a picture that is too small for the deepest."""
    layers = network.architecture.style_layers
    if min(picture.shape[1:]) < network.architecture.smallest_edge(network.architecture.deepest(layers)):
        return None
    found = Targets(network, capacity=0).style(picture, layers, "fp32", Gram())  # which sees large pictures in tiles
    return {layer: matrix[0].double().cpu() for layer, matrix in found.items()}


def style_distance(first: dict[str, Tensor], second: dict[str, Tensor]) -> float:
    """1/L Σ_l ‖G₁ − G₂‖ / (‖G₁‖ + ‖G₂‖) over L layers, Frobenius norms, in [0, 1]; 0 for equal Gram matrices.

    Each layer counts at most 1, whatever its scale.
    """
    shares = []
    for layer, one in first.items():
        size = one.norm() + second[layer].norm()
        shares.append(float((one - second[layer]).norm() / size) if size else 0.0)
    return sum(shares) / len(shares)


class StyleDistance:
    """A `Metric` with three columns: the distance to the style pictures by their shares, that of the content picture,
    and the network.

    1 − style_distance / style_distance_of_content is 0 for the content picture and 1 for the style of the painting.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._references = Kept(lambda picture: style_features(picture, network))

    def of(
        self, image: Tensor, content: Tensor | None, styles: Sequence[tuple[Tensor, float]]
    ) -> dict[str, float | str | None]:
        references = [(self._references.of(style), share) for style, share in styles]

        def to_styles(grams: dict[str, Tensor] | None) -> float | None:
            return mean(
                [
                    (None if grams is None or other is None else style_distance(grams, other), share)
                    for other, share in references
                ]
            )

        return {
            "style_distance": to_styles(style_features(image, self._network)),
            "style_distance_of_content": None if content is None else to_styles(self._references.of(content)),
            "style_distance_network": self._network.architecture.name,
        }
