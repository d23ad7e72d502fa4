"""The content loss: L_c = Σ_l w_l L_c^l. The setting `content_representation` chooses L_c^l (see
`content_representation.py`).

Nothing else lives here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stylize import registry
from stylize.lanes import Transfer
from stylize.losses.content_representation import ContentRepresentation, Responses
from stylize.losses.term import Circumstances
from stylize.network.tiles import Tile


@dataclass(frozen=True)
class _Group:
    """The images that share a representation, and the targets at each layer that one of them uses.

    images: their positions in the batch, or None if they are the whole batch.
    """

    representation: ContentRepresentation
    layers: Sequence[str]
    targets: Sequence[Tensor]
    images: Tensor | None


class ContentLoss:
    """A `Term` with a part for each content layer of each representation that an image of the batch uses."""

    def __init__(self, transfers: Sequence[Transfer], circumstances: Circumstances) -> None:
        weights = [dict(one.settings.active_content_layers) for one in transfers]
        chosen = [one.settings.content_representation for one in transfers]
        # An image without content layers is in the first group, where its weights are 0.
        first = next((name for name, used in zip(chosen, weights, strict=True) if used), chosen[0])
        names = [name if used else first for name, used in zip(chosen, weights, strict=True)]
        self._groups, factors, part_weights = [], [], []
        for name in dict.fromkeys(names):
            entry = registry.CONTENT_REPRESENTATIONS[name]
            images = [image for image, one in enumerate(names) if one == name]
            group = _group(entry.load()(), images, transfers, weights, circumstances)
            self._groups.append(group)
            grows = circumstances.magnification if entry.sums_over_positions else 1.0
            factors += [grows * group.representation.factor] * len(group.layers)
            part_weights += [
                [weight.get(layer, 0.0) if one == name else 0.0 for one, weight in zip(names, weights, strict=True)]
                for layer in group.layers
            ]
        self.capturable = all(group.representation.capturable for group in self._groups)
        self.additive = all(isinstance(group.representation, Responses) for group in self._groups)
        self.layers = [layer for group in self._groups for layer in group.layers]
        self.applies = [True] * len(transfers)
        self.factors = factors
        self.weight = torch.tensor([one.settings.alpha for one in transfers])
        self.part_weights = torch.tensor(part_weights)

    def parts(self, images: Tensor, responses: Mapping[str, Tensor]) -> Tensor:
        losses = [loss for group in self._groups for loss in _losses(group, responses, len(images))]
        return torch.stack(losses) if len(losses) > 1 else losses[0][None]

    def sums(self, responses: Mapping[str, Tensor], tile: Tile) -> list[Tensor]:
        found = []
        for group in self._groups:  # of all images, as only one representation is additive
            for layer, target in zip(group.layers, group.targets, strict=True):
                rows, columns = tile.whole(layer)
                found.append(group.representation.losses(responses[layer], target[:, :, rows, columns]))
        return found

    def of_sums(self, sums: Sequence[Tensor]) -> Tensor:
        return torch.stack(list(sums)).float()


def _group(
    representation: ContentRepresentation,
    images: Sequence[int],
    transfers: Sequence[Transfer],
    weights: Sequence[Mapping[str, float]],
    circumstances: Circumstances,
) -> _Group:
    layers = list(dict.fromkeys(layer for image in images for layer in weights[image]))
    found = []
    for image in images:
        content, wanted = transfers[image].content, list(weights[image])
        known: Mapping[str, Tensor] = {}
        if wanted and content is not None:
            known = circumstances.targets.content(content, wanted, circumstances.arithmetic, representation)
        found.append(known)
    return _Group(
        representation,
        layers,
        [_stacked([one.get(layer) for one in found]) for layer in layers],
        None if len(images) == len(transfers) else torch.tensor(images, device=circumstances.targets.device),
    )


def _losses(group: _Group, responses: Mapping[str, Tensor], batch: int) -> list[Tensor]:
    """L_c^l of each layer of the group for each image of the batch; 0 for images that are not in the group."""
    found = []
    for layer, target in zip(group.layers, group.targets, strict=True):
        if group.images is None:
            found.append(group.representation.losses(responses[layer], target))
        else:
            losses = group.representation.losses(responses[layer].index_select(0, group.images), target)
            found.append(losses.new_zeros(batch).index_add(0, group.images, losses))
    return found


def _stacked(targets: Sequence[Tensor | None]) -> Tensor:
    """The targets of all images of a group, R×…; for images that do not use the layer, another image's, as their weight
    is 0.

    If all images have the same target, it is not copied: 1×….
    """
    [example, *_] = [one for one in targets if one is not None]
    filled = [example if one is None else one for one in targets]
    if all(one is example for one in filled):
        return example
    return torch.cat(filled)
