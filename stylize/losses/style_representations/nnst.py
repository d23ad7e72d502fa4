"""Nearest neighbours of hypercolumns: Kolkin, Kucera, Paris, Sýkora, Shechtman, Shakhnarovich 2022 (NNST, arXiv
2203.13215).

The responses of all layers at one position are its hypercolumn. All layers are brought to the positions of the middle
one of them, counted from fine to coarse:

    H_i = (√w_l (F_l,i − mean_k F_l,k) / s_l) over layers l,    s_l² = mean_k |A_l,k − mean_k A_l,k|²

for the image's responses F, and H′ likewise for those of the style picture, A, with w_l the weight of the layer. Each
position i has a nearest neighbour in the style picture, found again at every evaluation:

    j(i) = argmax_j ⟨H_i, H′_j⟩ / (|H_i| |H′_j|),    E_l = S² / s_l² · 1/M Σ_i |F_l,i − A_l,j(i)|²

S² is the mean of s_l² over layers. So layers count by their weights, whatever the size of their responses, and losses
have the unit of the content loss: a ratio means about the same in each network.

With masks, neighbours are looked for among positions with the same label. docs/methods.md says in what the authors'
program differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from stylize.losses.style_representations.mean_gram import positions_by_channels
from stylize.losses.style_representations.nearest import inverse_lengths, nearest, places_of_equal
from stylize.losses.style_representations.representation import Comparison, LayerTargets
from stylize.masks import Masks
from stylize.network.architecture import middle_layer
from stylize.settings.optimisation_settings import Settings
from stylize.settings.types import LayerWeight

Shape = tuple[int, int]
"""Height and width of a layer."""


@dataclass(frozen=True)
class NearestNeighbours:
    """See the module. `layers` are those of the hypercolumns, with their weights w_l."""

    layers: tuple[LayerWeight, ...]
    masks: Masks | None = None

    capturable: ClassVar[bool] = True

    @classmethod
    def of(cls, settings: Settings, masks: Masks | None) -> NearestNeighbours:
        return cls(settings.active_style_layers, masks)

    def pictures(self, picture: Tensor) -> list[Tensor]:
        return [picture]

    def target(self, responses: Sequence[Tensor]) -> Tensor:
        """The responses as they are, in fp32: hypercolumns need those of all layers."""
        [only] = responses
        return only.float()

    def comparison(self, layers: Sequence[LayerTargets]) -> Comparison:
        """Images with the same style picture are compared together."""
        middle = middle_layer([one.shape[0] * one.shape[1] for one in layers])
        shape = layers[middle].shape
        device = layers[0].targets[0].device
        resizings = [_Resizing.between(one.shape, shape, device) for one in layers]
        groups = []
        for places in places_of_equal(zip(*(map(id, one.targets) for one in layers), strict=True)):
            neighbours = self._neighbours([one.targets[places[0]] for one in layers], middle, shape)
            groups.append((torch.tensor(places, device=device), neighbours))

        def losses(responses: Sequence[Tensor]) -> Tensor:
            found = [one(response) for one, response in zip(resizings, responses, strict=True)]
            if len(groups) == 1:
                return groups[0][1].losses(found)
            losses = found[0].new_zeros(len(found), len(found[0]))
            for images, neighbours in groups:
                losses = losses.index_add(1, images, neighbours.losses([one.index_select(0, images) for one in found]))
            return losses

        return Comparison(losses, [1.0] * len(layers))

    def _neighbours(self, responses: Sequence[Tensor], middle: int, shape: Shape) -> _Neighbours:
        height, width = responses[middle].shape[2:]
        values, centred, lengths, factors = [], [], [], []
        for (_, weight), one in zip(self.layers, responses, strict=True):
            resizing = _Resizing.between((one.shape[2], one.shape[3]), (height, width), one.device)
            [value] = resizing(one)
            apart = value - value.mean(0)
            length = apart.square().sum(1).mean().sqrt().clamp(min=1e-8)
            factor = weight**0.5 / length
            values.append(value)
            centred.append(apart * factor)
            lengths.append(length)
            factors.append(factor)
        columns = torch.cat(centred, dim=1)
        squares = torch.stack(lengths).square()
        return _Neighbours(
            values,
            squares.mean() / squares,
            factors,
            columns,
            inverse_lengths(columns),
            self._regions(shape, torch.Size((height, width)), columns.device),
        )

    def _regions(self, image: Shape, style: torch.Size, device: torch.device) -> list[tuple[Tensor, Tensor]]:
        if self.masks is None:
            return []
        of_image = self.masks.places(self.masks.content, torch.Size(image), device)
        of_style = self.masks.places(self.masks.style, style, device)
        return list(zip(of_image, of_style, strict=True))


@dataclass(frozen=True)
class _Neighbours:
    """The P positions of a style picture, to which those of images are compared.

    values: A of each layer, P×N. scales: S² / s_l², one for each layer. factors: √w_l / s_l. columns: hypercolumns,
    P×D. inverse: 1 over their lengths, P×1. regions: for each label the image's and the style picture's positions;
    empty without masks.
    """

    values: Sequence[Tensor]
    scales: Tensor
    factors: Sequence[Tensor]
    columns: Tensor
    inverse: Tensor
    regions: Sequence[tuple[Tensor, Tensor]]

    def losses(self, found: Sequence[Tensor]) -> Tensor:
        """E_l of L layers from responses of R images, each R×M×N: L×R."""
        places = self._places([one.detach() for one in found]).flatten()
        distances = [
            (one - value.index_select(0, places).view_as(one)).square().sum(2).mean(1)
            for one, value in zip(found, self.values, strict=True)
        ]
        return torch.stack(distances) * self.scales[:, None]

    def _places(self, found: Sequence[Tensor]) -> Tensor:
        """j(i) of each position of R images: R×M."""
        columns = torch.cat(
            [(one - one.mean(1, keepdim=True)) * factor for one, factor in zip(found, self.factors, strict=True)], dim=2
        )
        if not self.regions:
            return nearest(columns.mT, self.columns, self.inverse)
        places = torch.empty(columns.shape[:2], dtype=torch.long, device=columns.device)
        for of_image, of_style in self.regions:
            some = columns.index_select(1, of_image).mT
            at = nearest(some, self.columns.index_select(0, of_style), self.inverse.index_select(0, of_style))
            places[:, of_image] = of_style[at]
        return places


@dataclass(frozen=True)
class _Resizing:
    """Responses at other positions, as R×M×N in fp32: bilinear, smoothed where they shrink.

    rows, columns: matrices of the new by the old positions; None where nothing changes. Products of matrices give the
    same numbers every time, which the gradient of torch's own resizing does not on GPUs.
    """

    rows: Tensor | None
    columns: Tensor | None

    @classmethod
    def between(cls, given: Shape, wanted: Shape, device: torch.device) -> _Resizing:
        return cls(*(_matrix(old, new, device) for old, new in zip(given, wanted, strict=True)))

    def __call__(self, responses: Tensor) -> Tensor:
        images, channels, _, width = responses.shape
        found = positions_by_channels(responses).float().reshape(images, -1, width * channels)
        if self.rows is not None:
            found = self.rows @ found
        found = found.reshape(-1, width, channels)
        if self.columns is not None:
            found = self.columns @ found
        return found.reshape(images, -1, channels)


def _matrix(old: int, new: int, device: torch.device) -> Tensor | None:
    """The matrix of bilinear resizing of `old` positions to `new` ones, new×old."""
    if old == new:
        return None
    unit = torch.eye(old)[None, None]
    return functional.interpolate(unit, (new, old), mode="bilinear", antialias=True)[0, 0].to(device)
