"""What a batch of images minimises: each image its own weighted sum of losses, all from one forward pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stylize import registry
from stylize.lanes import Transfer
from stylize.losses.term import Circumstances, Term
from stylize.network.arithmetic import storage


@dataclass(frozen=True)
class Evaluation:
    """The losses of a batch of B images: B numbers each. By column of the registry, without their weights (α, β, …)."""

    losses: Mapping[str, Tensor]
    total: Tensor
    parts: Mapping[str, Tensor]  # by column, P×B parts of each loss, without weights

    def history(self) -> Tensor:
        """What curves show, in the order of `registry.curves`: T×B."""
        return torch.stack(
            [self.total if name == registry.TOTAL_LOSS else self.losses[name] for name in registry.curves()]
        )


class Objective:
    """The sum of all losses of the registry, each with its own weight for each image: L = α L_c + β L_s + …

    Images share the pass and nothing else: ratio, layers and layer weights are each image's own. All transfers must
    have one image shape.
    """

    def __init__(
        self, transfers: Sequence[Transfer], circumstances: Circumstances, *, checkpointing: bool = False
    ) -> None:
        self._network = circumstances.targets.network
        self._dtype = storage(circumstances.arithmetic)
        self._checkpointing = checkpointing
        self._terms: dict[str, Term] = {
            loss.column: loss.load()(transfers, circumstances) for loss in registry.LOSSES.values()
        }
        self._layers = {layer for term in self._terms.values() for layer in term.layers if layer}

    def evaluate(self, images: Tensor) -> Evaluation:
        """The losses of `images` (B×3×H×W, 0–255, one per transfer, in order), differentiable."""
        responses = self._network(images, self._layers, self._dtype, checkpointing=self._checkpointing)
        parts = {name: term.parts(images, responses) for name, term in self._terms.items()}
        losses, total = {}, images.new_zeros(len(images))
        for name, term in self._terms.items():
            loss = images.new_zeros(len(images))
            for weights, part in zip(term.part_weights, parts[name], strict=True):
                loss = loss + weights * part
            losses[name] = loss
            total = total + term.weight * loss
        return Evaluation(losses, total, parts)

    def reported(self, evaluation: Evaluation, place: int) -> dict[str, float | None]:
        """The losses of one image by column, the total among them; None for a loss that it does not have."""
        found = {
            name: evaluation.losses[name][place].item() if term.applies[place] else None
            for name, term in self._terms.items()
        }
        return found | {registry.TOTAL_LOSS: evaluation.total[place].item()}

    def reported_by_layer(self, evaluation: Evaluation, place: int) -> dict[str, dict[str, float]]:
        """The parts of losses that belong to layers, of one image: by column and layer, the layers that it uses."""
        found = {}
        for loss in registry.LOSSES.values():
            if loss.by_layer:
                term, parts = self._terms[loss.column], evaluation.parts[loss.column]
                used = zip(term.layers, parts[:, place].tolist(), term.part_weights[:, place].tolist(), strict=True)
                found[loss.column] = {layer: part for layer, part, weight in used if weight > 0}
        return found
