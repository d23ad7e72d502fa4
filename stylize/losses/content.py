"""The content loss of Gatys, Ecker, Bethge 2015 (arXiv 1508.06576): how far an image is from its content.

L_c = Σ_l w_l L_c^l with L_c^l = ½ Σ_ij (F_ij − P_ij)², where F is a layer's response to the image and P to the content
picture. Nothing else lives here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from stylize.lanes import Transfer
from stylize.losses.term import Circumstances
from stylize.network.tiles import Tile


class ContentLoss:
    """A `Term` with a part for each content layer that an image of the batch uses."""

    capturable = True
    additive = True

    def __init__(self, transfers: Sequence[Transfer], circumstances: Circumstances) -> None:
        targets = circumstances.targets
        weights = [dict(one.settings.active_content_layers) for one in transfers]
        self.layers = list(dict.fromkeys(layer for one in weights for layer in one))
        self.applies = [True] * len(transfers)
        self.factors = [circumstances.magnification / 2] * len(self.layers)
        self.weight = torch.tensor([one.settings.alpha for one in transfers])
        self.part_weights = torch.tensor([[one.get(layer, 0.0) for one in weights] for layer in self.layers])
        found = [
            targets.content(one.content, wanted, circumstances.arithmetic) if wanted and one.content is not None else {}
            for one, wanted in zip(transfers, weights, strict=True)
        ]
        self._targets = [_stacked([one.get(layer) for one in found]) for layer in self.layers]

    def parts(self, images: Tensor, responses: Mapping[str, Tensor]) -> Tensor:
        pairs = zip(self.layers, self._targets, strict=True)
        losses: list[Tensor] = [_SquaredDistance.apply(responses[layer], target) for layer, target in pairs]
        return torch.stack(losses) if len(losses) > 1 else losses[0][None]

    def sums(self, responses: Mapping[str, Tensor], tile: Tile) -> list[Tensor]:
        found = []
        for layer, target in zip(self.layers, self._targets, strict=True):
            rows, columns = tile.whole(layer)
            found.append(_SquaredDistance.apply(responses[layer], target[:, :, rows, columns]))
        return found

    def of_sums(self, sums: Sequence[Tensor]) -> Tensor:
        return torch.stack(list(sums)).float()


class _SquaredDistance(torch.autograd.Function):
    """Σ_ij (F_ij − P_ij)² for each of B×N×h×w responses F; P may have a batch of 1. Its gradient is 2 (F − P)."""

    @staticmethod
    def forward(ctx: Any, responses: Tensor, targets: Tensor) -> Tensor:
        difference = responses - targets  # fp32, as the targets are
        ctx.save_for_backward(difference)
        ctx.dtype = responses.dtype
        return difference.square().sum((1, 2, 3))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        [difference], [gradient] = ctx.saved_tensors, gradients
        return (difference * (2 * gradient).view(-1, 1, 1, 1)).to(ctx.dtype), None


def _stacked(targets: Sequence[Tensor | None]) -> Tensor:
    """The targets of all images, B×N×h×w; zeros for images that do not use the layer.

    If all images have the same target, it is not copied: 1×N×h×w.
    """
    [example, *_] = [one for one in targets if one is not None]
    filled = [torch.zeros_like(example) if one is None else one for one in targets]
    if all(one is example for one in filled):
        return example
    return torch.cat(filled)
