"""What a batch of images minimises: each image its own weighted sum of losses, all from one forward pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stylize.arithmetic import Arithmetic, storage
from stylize.losses import content_loss, mean_gram_matrix, style_loss, total_variation
from stylize.settings import LayerWeight, Settings
from stylize.targets import Targets


@dataclass(frozen=True)
class Transfer:
    """One image to make: pictures as 3×H×W tensors of RGB in 0–255 (any dtype), and how.

    `content` may be None where `settings` give it no part and it is not the initial image, `style` likewise.
    The image has the shape of the content picture, or of the style picture where there is none.
    """

    content: Tensor | None
    style: Tensor | None
    settings: Settings


@dataclass(frozen=True)
class Evaluation:
    """The losses of a batch of B images: a tensor of B numbers each. Weighted by layer, but not by α and β."""

    content: Tensor
    style: Tensor
    total_variation: Tensor
    total: Tensor
    content_by_layer: dict[str, Tensor]
    style_by_layer: dict[str, Tensor]

    def terms(self) -> Tensor:
        """Content, style, total variation and total, 4×B."""
        return torch.stack([self.content, self.style, self.total_variation, self.total])


@dataclass(frozen=True)
class _Term:
    """One layer's part in a loss, for those images of the batch that use it."""

    layer: str
    images: Tensor  # K indices into the batch
    weights: Tensor  # K layer weights w_l
    targets: Tensor  # K×… targets


class Objective:
    """L = α L_c + β L_s + tv_weight·TV for each image of a batch.

    L_c = Σ_l w_l·L_c^l and L_s = Σ_l w_l·E_l. Images share the pass and nothing else: ratio, layers and layer weights
    are each image's own. All transfers must have one image shape. At a coarse level of a pyramid `magnification` is by
    how much more positions the full image has: L_c, a sum over positions, is multiplied by it, so that α/β means the
    same at every level.
    """

    def __init__(
        self,
        transfers: Sequence[Transfer],
        targets: Targets,
        arithmetic: Arithmetic,
        *,
        magnification: float = 1.0,
        checkpointing: bool = False,
    ) -> None:
        settings = [transfer.settings for transfer in transfers]
        device = targets.device
        self._network = targets.network
        self._dtype = storage(arithmetic)
        self._magnification = magnification
        self._checkpointing = checkpointing
        self._alpha = torch.tensor([one.alpha for one in settings], device=device)
        self._beta = torch.tensor([one.beta for one in settings], device=device)
        self._tv_weight = torch.tensor([one.tv_weight for one in settings], device=device)
        self._layers = set().union(*(one.active_layers for one in settings))

        content_weights = [one.active_content_layers for one in settings]
        style_weights = [one.active_style_layers for one in settings]
        content_targets = [
            targets.content(transfer.content, [layer for layer, _ in weights], arithmetic)
            if weights and transfer.content is not None
            else {}
            for transfer, weights in zip(transfers, content_weights, strict=True)
        ]
        style_targets = [
            targets.style(transfer.style, [layer for layer, _ in weights], arithmetic)
            if weights and transfer.style is not None
            else {}
            for transfer, weights in zip(transfers, style_weights, strict=True)
        ]
        self._content_terms = _terms(content_weights, content_targets, device)
        self._style_terms = _terms(style_weights, style_targets, device)

    def evaluate(self, images: Tensor) -> Evaluation:
        """The losses of `images` (B×3×H×W, 0–255, one per transfer, in order), differentiable."""
        responses = self._network(images, self._layers, self._dtype, checkpointing=self._checkpointing)
        content, content_by_layer = images.new_zeros(len(images)), {}
        for term in self._content_terms:
            losses = content_loss(_users(responses[term.layer], term), term.targets)
            losses = losses * self._magnification
            content = content.index_add(0, term.images, term.weights * losses)
            content_by_layer[term.layer] = _spread(losses, term, len(images))
        style, style_by_layer = images.new_zeros(len(images)), {}
        for term in self._style_terms:
            losses = style_loss(mean_gram_matrix(_users(responses[term.layer], term)), term.targets)
            style = style.index_add(0, term.images, term.weights * losses)
            style_by_layer[term.layer] = _spread(losses, term, len(images))
        variation = total_variation(images)
        total = self._alpha * content + self._beta * style + self._tv_weight * variation
        return Evaluation(content, style, variation, total, content_by_layer, style_by_layer)


def _terms(
    weights: Sequence[Sequence[LayerWeight]], targets: Sequence[dict[str, Tensor]], device: torch.device
) -> list[_Term]:
    """Gather, for each layer that any image uses, who uses it with what weight and target."""
    by_layer: dict[str, list[tuple[int, float]]] = {}
    for image, layer_weights in enumerate(weights):
        for layer, weight in layer_weights:
            by_layer.setdefault(layer, []).append((image, weight))
    return [
        _Term(
            layer,
            images=torch.tensor([image for image, _ in users], device=device),
            weights=torch.tensor([weight for _, weight in users], device=device),
            targets=torch.cat([targets[image][layer] for image, _ in users]),
        )
        for layer, users in by_layer.items()
    ]


def _users(responses: Tensor, term: _Term) -> Tensor:
    """The responses to those images that use the term's layer; no copy where all do."""
    return responses if len(term.images) == len(responses) else responses.index_select(0, term.images)


def _spread(losses: Tensor, term: _Term, batch: int) -> Tensor:
    """A layer's losses at their images' places; NaN marks images that do not use the layer."""
    spread = losses.new_full((batch,), torch.nan)
    return spread.index_copy(0, term.images, losses.detach())
