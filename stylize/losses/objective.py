"""What a batch of images minimises: each image its own weighted sum of losses, all from one forward pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stylize.losses.gatys import content_loss, total_variation
from stylize.losses.masks import Masks
from stylize.losses.matting import matting_loss
from stylize.losses.style_losses import StyleLoss, style_loss_of
from stylize.losses.targets import Targets
from stylize.losses.temporal import Previous, temporal_loss
from stylize.network.arithmetic import Arithmetic, storage
from stylize.settings.transfer_settings import Settings
from stylize.settings.types import LayerWeight


@dataclass(frozen=True)
class Transfer:
    """One image to make: pictures as 3×H×W tensors of RGB in 0–255 (any dtype), and how.

    `content` may be None where `settings` give it no part and it is not the initial image, `style` likewise.
    The image has the shape of the content picture, or of the style picture where there is none. `blend` holds further
    style pictures with their shares of the style loss, `style` has the rest; `start` is the image of `init: image`;
    `masks` say which part of the image gets its style from which part of the style picture; `previous` is the result
    of the frame before, of a clip.
    """

    content: Tensor | None
    style: Tensor | None
    settings: Settings
    blend: tuple[tuple[Tensor, float], ...] = ()
    start: Tensor | None = None
    masks: Masks | None = None
    previous: Previous | None = None

    @property
    def styles(self) -> list[tuple[Tensor, float]]:
        """Every style picture and its share of the style loss; the shares sum to 1."""
        rest = 1 - sum(share for _, share in self.blend)
        main = [] if self.style is None or rest <= 0 else [(self.style, rest)]
        return [*main, *self.blend]


@dataclass(frozen=True)
class Evaluation:
    """The losses of a batch of B images: a tensor of B numbers each. Weighted by layer, but not by α and β."""

    content: Tensor
    style: Tensor
    total_variation: Tensor
    matting: Tensor
    temporal: Tensor
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


@dataclass(frozen=True)
class _StyleTerm:
    """One layer's part in the style losses of one kind; an image is there once for each of its style pictures."""

    layer: str
    loss: StyleLoss
    images: Tensor  # K indices into the batch
    weights: Tensor  # K layer weights w_l
    shares: Tensor  # K shares of a style picture in its image's style loss
    targets: list[Tensor]


class Objective:
    """L = α L_c + β L_s + tv_weight·TV for each image of a batch.

    With matting_weight also λ L_m (see `matting`), unless `matting` is off, and after a frame of a clip γ L_t (see
    `temporal`). L_c = Σ_l w_l·L_c^l and L_s = Σ_l w_l·E_l.
    Images share the pass and nothing else: ratio, layers and layer weights are each image's own. All transfers must
    have one image shape. At a coarse level of a pyramid `magnification` is by how much more positions the full image
    has: L_c, a sum over positions, is multiplied by it, so that α/β means the same at every level.
    """

    def __init__(
        self,
        transfers: Sequence[Transfer],
        targets: Targets,
        arithmetic: Arithmetic,
        *,
        magnification: float = 1.0,
        checkpointing: bool = False,
        matting: bool = True,
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
        content_targets = [
            targets.content(transfer.content, [layer for layer, _ in weights], arithmetic)
            if weights and transfer.content is not None
            else {}
            for transfer, weights in zip(transfers, content_weights, strict=True)
        ]
        self._content_terms = _terms(content_weights, content_targets, device)
        self._style_terms = _style_terms(transfers, targets, arithmetic)
        self._laplacians = [
            (image, one.settings.matting_weight, targets.laplacian(one.content))
            for image, one in enumerate(transfers)
            if matting and one.settings.matting_weight and one.content is not None
        ]
        self._previous = [
            (image, one.settings.temporal_weight, one.previous)
            for image, one in enumerate(transfers)
            if one.previous is not None
        ]

    def evaluate(self, images: Tensor) -> Evaluation:
        """The losses of `images` (B×3×H×W, 0–255, one per transfer, in order), differentiable."""
        responses = self._network(images, self._layers, self._dtype, checkpointing=self._checkpointing)
        content, content_by_layer = images.new_zeros(len(images)), {}
        for term in self._content_terms:
            losses = content_loss(_users(responses[term.layer], term), term.targets)
            losses = losses * self._magnification
            content = content.index_add(0, term.images, term.weights * losses)
            content_by_layer[term.layer] = _spread(losses, term, len(images))
        style = images.new_zeros(len(images))
        style_by_layer: dict[str, Tensor] = {}
        for one in self._style_terms:
            losses = one.loss.losses(_users(responses[one.layer], one), one.targets) * one.shares
            style = style.index_add(0, one.images, one.weights * losses)
            spread = _summed(losses, one, len(images))
            before = style_by_layer.get(one.layer)
            style_by_layer[one.layer] = spread if before is None else torch.where(spread.isnan(), before, spread)
        variation = total_variation(images)
        total = self._alpha * content + self._beta * style + self._tv_weight * variation
        matting, temporal = images.new_zeros(len(images)), images.new_zeros(len(images))
        for image, weight, laplacian in self._laplacians:
            at = torch.tensor([image], device=images.device)
            loss = matting_loss(images[image], laplacian)[None]
            matting = matting.index_add(0, at, loss.detach())
            total = total.index_add(0, at, weight * loss)
        for image, weight, previous in self._previous:
            at = torch.tensor([image], device=images.device)
            loss = temporal_loss(images[image], previous)[None]
            temporal = temporal.index_add(0, at, loss.detach())
            total = total.index_add(0, at, weight * loss)
        return Evaluation(content, style, variation, matting, temporal, total, content_by_layer, style_by_layer)


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


def _style_terms(transfers: Sequence[Transfer], targets: Targets, arithmetic: Arithmetic) -> list[_StyleTerm]:
    """Gather, for each layer and kind of loss, which image compares itself with which target, by what weight."""
    gathered: dict[tuple[str, StyleLoss], list[tuple[int, float, float, Tensor]]] = {}
    for image, transfer in enumerate(transfers):
        weights = transfer.settings.active_style_layers
        if not weights:
            continue
        loss = style_loss_of(transfer.settings, transfer.masks)
        for picture, share in transfer.styles:
            found = targets.style(picture, [layer for layer, _ in weights], arithmetic, loss)
            for layer, weight in weights:
                gathered.setdefault((layer, loss), []).append((image, weight, share, found[layer]))
    device = targets.device
    return [
        _StyleTerm(
            layer,
            loss,
            images=torch.tensor([image for image, _, _, _ in users], device=device),
            weights=torch.tensor([weight for _, weight, _, _ in users], device=device),
            shares=torch.tensor([share for _, _, share, _ in users], device=device),
            targets=[target for _, _, _, target in users],
        )
        for (layer, loss), users in gathered.items()
    ]


def _users(responses: Tensor, term: _Term | _StyleTerm) -> Tensor:
    """The responses to those images that use the term's layer; no copy where all do, once each."""
    if len(term.images) == len(responses) and term.images.tolist() == list(range(len(responses))):
        return responses
    return responses.index_select(0, term.images)


def _spread(losses: Tensor, term: _Term, batch: int) -> Tensor:
    """A layer's losses at their images' places; NaN marks images that do not use the layer."""
    spread = losses.new_full((batch,), torch.nan)
    return spread.index_copy(0, term.images, losses.detach())


def _summed(losses: Tensor, term: _StyleTerm, batch: int) -> Tensor:
    """A layer's style losses at their images' places, summed over style pictures; NaN as in `_spread`."""
    used = losses.new_zeros(batch).index_fill(0, term.images, 1.0)
    summed = losses.new_zeros(batch).index_add(0, term.images, losses.detach())
    return torch.where(used > 0, summed, torch.nan)
