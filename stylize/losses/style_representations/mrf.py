"""Style as a bag of patches: CNNMRF, Li, Wand 2016 (arXiv 1601.04589).

Each 3×3 patch Ψ_i of the image's responses is compared with the most similar patch of the style picture's responses:
E_l = Σ_i ‖Ψ_i(x) − Ψ_NN(i)(a)‖², NN(i) = argmax_j ⟨Ψ_i, Ψ_j⟩ / (|Ψ_i| |Ψ_j|), found again at every evaluation. The
style picture is used in several rotations and scales.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from stylize import registry
from stylize.errors import SettingsError
from stylize.losses.style_representations.nearest import inverse_lengths, nearest, places_of_equal
from stylize.losses.style_representations.representation import Comparison, LayerTargets
from stylize.masks import Masks
from stylize.settings.optimisation_settings import Settings

EDGE = 3
"""The edge of a patch, in positions of its layer."""


@dataclass(frozen=True)
class Patches:
    """`stride` between patches; the style picture turned by `rotations` (degrees) and resized by `scales`."""

    stride: int
    rotations: tuple[float, ...]
    scales: tuple[float, ...]

    capturable: ClassVar[bool] = True

    @classmethod
    def of(cls, settings: Settings, masks: Masks | None) -> Patches:
        if masks is not None:
            raise SettingsError(registry.what_masks_need())
        return cls(settings.mrf_stride, settings.mrf_rotations, settings.mrf_scales)

    def pictures(self, picture: Tensor) -> list[Tensor]:
        return [turned(picture, angle, scale) for angle, scale in itertools.product(self.rotations, self.scales)]

    def target(self, responses: Sequence[Tensor]) -> Tensor:
        """All patches of all rotations and scales, P×(9·N)."""
        return torch.cat([patches(one, self.stride)[0].T for one in responses if min(one.shape[2:]) >= EDGE])

    def comparison(self, layers: Sequence[LayerTargets]) -> Comparison:
        """Images with the same target are compared together. Targets are never copied, because each takes hundreds of
        megabytes if there are many rotations and scales.
        """
        groups = [_groups(one.targets) for one in layers]

        def losses(responses: Sequence[Tensor]) -> Tensor:
            return torch.stack([self._losses(one, group) for one, group in zip(responses, groups, strict=True)])

        return Comparison(losses, [1.0] * len(layers))

    def _losses(self, responses: Tensor, groups: Sequence[_Group]) -> Tensor:
        found = patches(responses, self.stride)
        if len(groups) == 1:
            return _losses(found, groups[0])
        losses = found.new_zeros(len(found))
        for group in groups:
            losses = losses.index_add(0, group.images, _losses(found.index_select(0, group.images), group))
        return losses


@dataclass(frozen=True)
class _Group:
    """Images that are compared with the same patches.

    images: their positions in the batch. target: P×D. lengths: 1 over the lengths of the target's patches, P×1.
    """

    images: Tensor
    target: Tensor
    lengths: Tensor


def _groups(targets: Sequence[Tensor]) -> list[_Group]:
    groups = []
    for places in places_of_equal(map(id, targets)):
        target = targets[places[0]]
        groups.append(_Group(torch.tensor(places, device=target.device), target, inverse_lengths(target)))
    return groups


def patches(responses: Tensor, stride: int) -> Tensor:
    """The 3×3 patches of B×N×h×w responses in fp32, one to a column: B×(9·N)×M."""
    return functional.unfold(responses.float(), EDGE, stride=stride)


def _losses(found: Tensor, group: _Group) -> Tensor:
    """Σ_i ‖Ψ_i(x) − Ψ_NN(i)(a)‖² of images whose patches are B×D×M."""
    images, size, count = found.shape
    places = nearest(found.detach(), group.target, group.lengths)
    neighbours = group.target.index_select(0, places.flatten())
    return (found - neighbours.view(images, count, size).mT).square().sum((1, 2))


def turned(picture: Tensor, degrees: float, scale: float) -> Tensor:
    """A picture (3×H×W) resized by `scale`, then turned and cut to the largest upright rectangle without a border."""
    height, width = (max(1, round(edge * scale)) for edge in picture.shape[1:])
    image = picture[None].float()
    if (height, width) != tuple(picture.shape[1:]):
        image = functional.interpolate(image, (height, width), mode="bicubic", antialias=True).clamp(0, 255)
    if degrees % 360:
        angle = math.radians(degrees)
        cosine, sine = math.cos(angle), math.sin(angle)
        inner_height, inner_width = _largest_inside(height, width, angle)
        rows = torch.linspace(-(inner_height - 1) / 2, (inner_height - 1) / 2, inner_height)[:, None]
        columns = torch.linspace(-(inner_width - 1) / 2, (inner_width - 1) / 2, inner_width)[None]
        x, y = cosine * columns - sine * rows, sine * columns + cosine * rows
        grid = torch.stack([x / ((width - 1) / 2 or 1), y / ((height - 1) / 2 or 1)], dim=-1)[None]
        image = functional.grid_sample(
            image, grid.to(image.device), mode="bicubic", padding_mode="border", align_corners=True
        ).clamp(0, 255)
    return image[0]


def _largest_inside(height: int, width: int, angle: float) -> tuple[int, int]:
    """Height and width of the upright rectangle of the largest area inside one that is turned by `angle`."""
    sine, cosine = abs(math.sin(angle)), abs(math.cos(angle))
    long, short = max(height, width), min(height, width)
    if short <= 2 * sine * cosine * long or abs(sine - cosine) < 1e-10:
        half = 0.5 * short
        inner = (half / sine, half / cosine) if width >= height else (half / cosine, half / sine)
    else:
        double = cosine * cosine - sine * sine
        inner = (width * cosine - height * sine) / double, (height * cosine - width * sine) / double
    return max(1, int(inner[1])), max(1, int(inner[0]))
