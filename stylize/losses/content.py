"""The content loss of Gatys, Ecker, Bethge 2015 (arXiv 1508.06576): how far an image is from its content.

L_c = Σ_l w_l L_c^l with L_c^l = ½ Σ_ij (F_ij − P_ij)², where F is a layer's response to the image and P to the content
picture. Nothing else lives here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from stylize.lanes import Transfer
from stylize.losses.term import Circumstances


def content_loss(responses: Tensor, targets: Tensor) -> Tensor:
    """½ Σ_ij (F_ij − P_ij)². Both B×N×H×W; returns B."""
    return (responses.float() - targets).square().flatten(1).sum(1) / 2


class ContentLoss:
    """A `Term` with a part for each content layer that an image of the batch uses."""

    def __init__(self, transfers: Sequence[Transfer], circumstances: Circumstances) -> None:
        targets, device = circumstances.targets, circumstances.targets.device
        self._magnification = circumstances.magnification
        weights = [dict(one.settings.active_content_layers) for one in transfers]
        self.layers = list(dict.fromkeys(layer for one in weights for layer in one))
        self.applies = [True] * len(transfers)
        self.weight = torch.tensor([one.settings.alpha for one in transfers], device=device)
        self.part_weights = torch.tensor(
            [[one.get(layer, 0.0) for one in weights] for layer in self.layers], device=device
        ).view(len(self.layers), len(transfers))
        found = [
            targets.content(one.content, wanted, circumstances.arithmetic) if wanted and one.content is not None else {}
            for one, wanted in zip(transfers, weights, strict=True)
        ]
        self._targets = [_stacked([one.get(layer) for one in found]) for layer in self.layers]

    def parts(self, images: Tensor, responses: Mapping[str, Tensor]) -> Tensor:
        if not self.layers:
            return images.new_zeros(0, len(images))
        losses = [
            content_loss(responses[layer], target) for layer, target in zip(self.layers, self._targets, strict=True)
        ]
        return torch.stack(losses) * self._magnification


def _stacked(targets: Sequence[Tensor | None]) -> Tensor:
    """The targets of all images, B×N×h×w; zeros for images that do not use the layer.

    Where all images have the same target it is not copied: 1×N×h×w.
    """
    [example, *_] = [one for one in targets if one is not None]
    filled = [example.new_zeros(example.shape) if one is None else one for one in targets]
    if all(one is example for one in filled):
        return example
    return torch.cat(filled)
