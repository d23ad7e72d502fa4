"""`architecture: pixels`: patches of pixels, seen through random filters. Nothing has to be learned or downloaded.

A layer `patches9` is the picture convolved with random filters of 9×9 pixels: at each position, the patch around it
along random directions. With `style_representation: sliced-wasserstein` such layers compare the distributions of
patches, as Elnekave, Weiss 2022 (arXiv 2203.11862) do. The layer `luminance_gradient` has the differences of luminance
to the pixel on the right and to the one below, for the content. The layers stand side by side: none is calculated from
another. Like the other plans, this file does not import torch; `pixels_body.py` calculates the layers.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

from stylize.network.architecture import Architecture, Response

if TYPE_CHECKING:
    from torch import Tensor

GRADIENT = "luminance_gradient"

PATCHES = {f"patches{edge}": edge for edge in (5, 9, 15)}
"""The edge of the filters in pixels, for each layer of patches."""

FILTERS = 24
"""The filters of each size."""

COLOURS = (
    (3**-0.5, 3**-0.5, 3**-0.5),
    (2 * 2**-0.5, 0.0, -2 * 2**-0.5),
    (-3 * 6**-0.5, 6 * 6**-0.5, -3 * 6**-0.5),
)
"""Brightness, red against blue, and green against both, of red, green and blue: orthogonal directions of length 1, 2
and 3. Colours vary less than brightness in most pictures. With equal lengths, skies got pink and green spots that are
in no painting.
"""


class PixelsArchitecture(Architecture):
    """See the module. There is one object, `PIXELS`."""

    name = "pixels"
    content_layers = (GRADIENT,)
    style_layers = tuple(PATCHES)

    @property
    def layers(self) -> tuple[str, ...]:
        return GRADIENT, *PATCHES

    def parameter_shapes(self) -> dict[str, tuple[int, ...]]:
        return {f"{layer}.weight": (FILTERS, 3, edge, edge) for layer, edge in PATCHES.items()}

    def random_parameters(self, seed: int) -> dict[str, Tensor]:
        """Filters whose numbers in the directions of `COLOURS` are random vectors of length 1, orthogonal to each
        other. They are drawn in fp64, so that they are the same on every machine.
        """
        import torch

        generator = torch.Generator().manual_seed(seed)
        colours = torch.tensor(COLOURS, dtype=torch.float64)
        found = {}
        for key, shape in self.parameter_shapes().items():
            count, *patch = shape
            matrix = torch.randn(math.prod(patch), count, generator=generator, dtype=torch.float64)
            filters = torch.linalg.qr(matrix).Q.T.reshape(shape)
            found[key] = torch.einsum("kcij,cd->kdij", filters, colours).float()
        return found

    def smallest_edge(self, layer: str) -> int:
        return 1  # pictures are continued beyond their borders

    @functools.cache  # noqa: B019 - architectures live as long as the program
    def responses(self, layer: str, height: int, width: int) -> tuple[Response, ...]:
        used = self.layers[: self.layers.index(layer) + 1]
        channels = {name: FILTERS if name in PATCHES else 2 for name in used}
        return tuple(
            Response((name,), False, count, height, width, kept=count * height * width)
            for name, count in channels.items()
        )

    def operations(self, layer: str, height: int, width: int) -> float:
        used = self.layers[: self.layers.index(layer) + 1]
        return 4.0 * sum(height * width * FILTERS * 3 * PATCHES[name] ** 2 for name in used if name in PATCHES)


PIXELS = PixelsArchitecture()
