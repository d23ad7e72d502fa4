"""The style loss: L_s = Σ_l w_l E_l. What E_l is, the setting `style_representation` says (`style_representations/`).

With several style pictures E_l is the sum of theirs, weighted by their shares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stylize import registry
from stylize.lanes import Transfer
from stylize.losses.style_representations.representation import Representation
from stylize.losses.term import Circumstances


@dataclass(frozen=True)
class _Group:
    """The images that share a representation, compared with one style picture a row; R rows.

    images: R places in the batch, or None where the rows are the batch itself. shares: of the row's style picture in
    its image's style loss. targets: by layer, for each row.
    """

    representation: Representation
    images: Tensor | None
    shares: Tensor
    layers: list[str]
    targets: dict[str, list[Tensor]]


class StyleLoss:
    """A `Term` with a part for each layer of each representation that an image of the batch uses."""

    def __init__(self, transfers: Sequence[Transfer], circumstances: Circumstances) -> None:
        device = circumstances.targets.device
        weights = [dict(one.settings.active_style_layers) for one in transfers]
        self._groups = _groups(transfers, weights, circumstances)
        self.layers = [layer for group in self._groups for layer in group.layers]
        self.applies = [True] * len(transfers)
        self.weight = torch.tensor([one.settings.beta for one in transfers], device=device)
        self.part_weights = torch.tensor(
            [
                [
                    weight.get(layer, 0.0) if of(one) == group.representation else 0.0
                    for one, weight in zip(transfers, weights, strict=True)
                ]
                for group in self._groups
                for layer in group.layers
            ],
            device=device,
        ).view(len(self.layers), len(transfers))

    def parts(self, images: Tensor, responses: Mapping[str, Tensor]) -> Tensor:
        found = [_losses(group, layer, responses[layer]) for group in self._groups for layer in group.layers]
        return torch.stack(found) if found else images.new_zeros(0, len(images))


def of(transfer: Transfer) -> Representation:
    """The style representation of a transfer. Raises SettingsError where its masks cannot go with it."""
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
    device = circumstances.targets.device
    layers = list(dict.fromkeys(layer for image, _, _ in rows for layer in weights[image]))
    found = [
        circumstances.targets.style(picture, list(weights[image]), circumstances.arithmetic, representation)
        for image, picture, _ in rows
    ]
    targets = {}
    for layer in layers:
        example = next(one[layer] for one in found if layer in one)
        targets[layer] = [one.get(layer, example) for one in found]  # rows that do not use the layer weigh 0
    images = [image for image, _, _ in rows]
    everyone = images == list(range(len(weights)))
    return _Group(
        representation,
        None if everyone else torch.tensor(images, device=device),
        torch.tensor([share for _, _, share in rows], device=device),
        layers,
        targets,
    )


def _losses(group: _Group, layer: str, responses: Tensor) -> Tensor:
    """E_l of a layer for each image of the batch; 0 for those that are not in the group."""
    mine = responses if group.images is None else responses.index_select(0, group.images)
    losses = group.representation.losses(mine, group.targets[layer]) * group.shares
    if group.images is None:
        return losses
    return losses.new_zeros(len(responses)).index_add(0, group.images, losses)
