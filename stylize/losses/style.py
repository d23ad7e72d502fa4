"""The style loss: L_s = Σ_l w_l E_l. The setting `style_representation` chooses E_l (see `style_representations/`).

With several style pictures, E_l is the sum of their losses, weighted by their shares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stylize import registry
from stylize.lanes import Transfer
from stylize.losses.style_representations.representation import Additive, Comparison, LayerTargets, Representation
from stylize.losses.term import Circumstances
from stylize.network.tiles import Tile


@dataclass(frozen=True)
class _Group:
    """The images that share a representation: R rows, each an image and a style picture that it is compared with.

    images: R positions in the batch, or None if the rows are the batch itself. shares: the share of each row's style
    picture in the style loss of its image, or None if all are 1.
    """

    representation: Representation
    layers: Sequence[str]
    comparison: Comparison
    images: Tensor | None
    shares: Tensor | None


class StyleLoss:
    """A `Term` with a part for each layer of each representation that an image of the batch uses."""

    def __init__(self, transfers: Sequence[Transfer], circumstances: Circumstances) -> None:
        weights = [dict(one.settings.active_style_layers) for one in transfers]
        self._groups = _groups(transfers, weights, circumstances)
        self.capturable = all(group.representation.capturable for group in self._groups)
        self.additive = all(isinstance(group.representation, Additive) for group in self._groups)
        self.layers = [layer for group in self._groups for layer in group.layers]
        self.factors = [factor for group in self._groups for factor in group.comparison.factors]
        self.applies = [True] * len(transfers)
        self.weight = torch.tensor([one.settings.beta for one in transfers])
        self.part_weights = torch.tensor(
            [
                [
                    weight.get(layer, 0.0) if of(one) == group.representation else 0.0
                    for one, weight in zip(transfers, weights, strict=True)
                ]
                for group in self._groups
                for layer in group.layers
            ]
        )

    def parts(self, images: Tensor, responses: Mapping[str, Tensor]) -> Tensor:
        found = [_losses(group, [responses[layer] for layer in group.layers]) for group in self._groups]
        return torch.cat(found) if len(found) > 1 else found[0]

    def sums(self, responses: Mapping[str, Tensor], tile: Tile) -> list[Tensor]:
        found = []
        for group in self._groups:
            assert isinstance(group.representation, Additive)
            found += [group.representation.sums(_of_group(group, responses[layer])) for layer in group.layers]
        return found

    def of_sums(self, sums: Sequence[Tensor]) -> Tensor:
        found, left = [], list(sums)
        for group in self._groups:
            own, left = left[: len(group.layers)], left[len(group.layers) :]
            assert group.comparison.of_sums is not None
            found.append(_in_batch(group, group.comparison.of_sums(own), len(self.applies)))
        return torch.cat(found)


def of(transfer: Transfer) -> Representation:
    """The style representation of a transfer. Raises SettingsError if it cannot be used with masks."""
    kind = registry.STYLE_REPRESENTATIONS[transfer.settings.style_representation].load()
    representation: Representation = kind.of(transfer.settings, transfer.masks)
    return representation


def _groups(
    transfers: Sequence[Transfer], weights: Sequence[Mapping[str, float]], circumstances: Circumstances
) -> list[_Group]:
    rows: dict[Representation, list[tuple[int, Tensor, float]]] = {}
    for image, (transfer, used) in enumerate(zip(transfers, weights, strict=True)):
        if used:
            rows.setdefault(of(transfer), []).extend((image, picture, share) for picture, share in transfer.styles)
    return [_group(one, found, weights, circumstances) for one, found in rows.items()]


def _group(
    representation: Representation,
    rows: Sequence[tuple[int, Tensor, float]],
    weights: Sequence[Mapping[str, float]],
    circumstances: Circumstances,
) -> _Group:
    targets, architecture = circumstances.targets, circumstances.targets.network.architecture
    layers = list(dict.fromkeys(layer for image, _, _ in rows for layer in weights[image]))
    found = [
        targets.style(picture, list(weights[image]), circumstances.arithmetic, representation)
        for image, picture, _ in rows
    ]
    at_layers = []
    for layer in layers:
        example = next(one[layer] for one in found if layer in one)  # for rows without this layer; weight 0
        shape = architecture.response_shape(layer, *circumstances.shape)
        at_layers.append(LayerTargets([one.get(layer, example) for one in found], shape))
    images, shares = [image for image, _, _ in rows], [share for _, _, share in rows]
    return _Group(
        representation,
        layers,
        representation.comparison(at_layers),
        None if images == list(range(len(weights))) else torch.tensor(images, device=targets.device),
        None if set(shares) == {1.0} else torch.tensor(shares, device=targets.device),
    )


def _losses(group: _Group, responses: Sequence[Tensor]) -> Tensor:
    """E_l of L layers for each image of the batch, L×B; 0 for those that are not in the group."""
    losses = group.comparison.losses([_of_group(group, one) for one in responses])
    return _in_batch(group, losses, len(responses[0]))


def _of_group(group: _Group, responses: Tensor) -> Tensor:
    """The responses to the image of each row of the group."""
    return responses if group.images is None else responses.index_select(0, group.images)


def _in_batch(group: _Group, losses: Tensor, batch: int) -> Tensor:
    """L×R losses of the group's rows as L×B of the batch's images, weighted by their shares."""
    if group.shares is not None:
        losses = losses * group.shares
    if group.images is None:
        return losses
    return losses.new_zeros(len(losses), batch).index_add(1, group.images, losses)
