"""The sliced Wasserstein distance of whole distributions: Rabin et al. 2011; Heitz, Vanhoey, Chambon, Belcour 2021
(arXiv 2006.07229).

A layer's responses at M positions are M points in N dimensions (N channels). Along a direction θ they are M numbers,
whose sorted values are a quantile function q_θ(t), 0 < t < 1, and likewise q′_θ of the style picture's:

    E_l = 1/K Σ_k ∫ |q_θk(t) − q′_θk(t)|^p dt

over K directions; p is 2 or 1. For orthonormal directions and p = 2 that is comparable with `wasserstein`, which
assumes normal distributions and divides by N. Style pictures of other sizes are compared by quantiles between their
own, linearly interpolated.

The authors draw new directions at every step. Ours are drawn once, from a seed of their own: the loss is then a
function of the image, which line searches, curves and comparisons need. Directions are orthonormal in groups of N.

With masks, positions are compared with those of the same label: E_l is the sum over labels of theirs, each weighted by
the share of the content picture that it covers.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from stylize.losses.style_representations.representation import Comparison, LayerTargets
from stylize.losses.style_representations.sorting import ordered
from stylize.masks import Masks
from stylize.settings.optimisation_settings import Settings


@dataclass(frozen=True)
class SlicedWasserstein:
    """See the module. `directions` is K, 0 for as many as the layer has channels; `power` is p, 1 or 2."""

    directions: int = 0
    power: int = 2
    masks: Masks | None = None

    capturable: ClassVar[bool] = False  # sorting may set memory aside as it goes

    @classmethod
    def of(cls, settings: Settings, masks: Masks | None) -> SlicedWasserstein:
        return cls(settings.sliced_directions, settings.sliced_power, masks)

    def pictures(self, picture: Tensor) -> list[Tensor]:
        return [picture]

    def target(self, responses: Sequence[Tensor]) -> Tensor:
        """1×L×K×M: for each of L labels, one without masks, the sorted responses along each direction; where a label
        has fewer than M positions, as M quantiles of theirs.
        """
        [only] = responses
        along = self._along(only)[0]
        places = self._places(None if self.masks is None else self.masks.style, only.shape[2:], only.device)
        each = [ordered(along if one is None else along[:, one]) for one in places]
        return torch.stack([_quantiles(one, along.shape[1]) for one in each])[None]

    def comparison(self, layers: Sequence[LayerTargets]) -> Comparison:
        compared = [self._compared(one) for one in layers]

        def losses(responses: Sequence[Tensor]) -> Tensor:
            return torch.stack([self._losses(one, parts) for one, parts in zip(responses, compared, strict=True)])

        return Comparison(losses, [1.0] * len(layers))

    def _losses(self, responses: Tensor, parts: Sequence[_Part]) -> Tensor:
        along = self._along(responses)
        found = []
        for part in parts:
            some = along if part.places is None else along.index_select(2, part.places)
            difference = ordered(some) - part.quantiles
            distance = difference.square() if self.power == 2 else difference.abs()
            found.append(distance.mean((1, 2)) * part.share)
        return torch.stack(found).sum(0)

    def _along(self, responses: Tensor) -> Tensor:
        """R×N×h×w responses along each direction: R×K×M, fp32."""
        positions = responses.float().flatten(2)
        return _directions(positions.shape[1], self.directions, positions.device) @ positions

    def _compared(self, layer: LayerTargets) -> list[_Part]:
        targets = layer.together()
        device, shape = targets.device, torch.Size(layer.shape)
        places = self._places(None if self.masks is None else self.masks.content, shape, device)
        shares = [1.0] if self.masks is None else self.masks.shares(torch.device("cpu")).tolist()
        return [
            _Part(one, _quantiles(targets[:, label], shape.numel() if one is None else len(one)), shares[label])
            for label, one in enumerate(places)
        ]

    def _places(self, mask: Tensor | None, shape: torch.Size, device: torch.device) -> list[Tensor | None]:
        """The positions of each label at a layer's size; None for all of them, where there are no masks."""
        if self.masks is None or mask is None:
            return [None]
        return [*self.masks.places(mask, shape, device)]


@dataclass(frozen=True)
class _Part:
    """The positions of one label, None for all; the quantiles that they are to have, R×K×M or 1×K×M; and its share."""

    places: Tensor | None
    quantiles: Tensor
    share: float


@functools.lru_cache(maxsize=64)  # they are wanted at every step
def _directions(channels: int, count: int, device: torch.device) -> Tensor:
    """K×N unit vectors, orthogonal to each other in groups of N; the same on every machine."""
    generator = torch.Generator().manual_seed(channels)
    groups = []
    for _ in range(-(-(count or channels) // channels)):
        matrix = torch.randn(channels, channels, generator=generator, dtype=torch.float64)
        groups.append(torch.linalg.qr(matrix).Q.mT)
    return torch.cat(groups)[: count or channels].float().to(device)


def _quantiles(numbers: Tensor, count: int) -> Tensor:
    """`count` quantiles of …×M sorted numbers, at (i + ½)/count: …×count, linear between the given ones."""
    given = numbers.shape[-1]
    if given == count:
        return numbers
    at = ((torch.arange(count, dtype=torch.float64) + 0.5) * (given / count) - 0.5).clamp(0, given - 1)
    below = at.floor().long()
    above = (below + 1).clamp(max=given - 1)
    share = (at - below).float().to(numbers.device)
    return torch.lerp(numbers[..., below.to(numbers.device)], numbers[..., above.to(numbers.device)], share)
