"""The function that a batch of images minimises: for each image its own weighted sum of losses, all from one forward
pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stylize import registry
from stylize.lanes import Transfer
from stylize.losses.term import AdditiveTerm, Circumstances, Term
from stylize.losses.tiled import TiledPass
from stylize.network.arithmetic import storage
from stylize.network.tiles import Tile, tiles


@dataclass(frozen=True)
class _Placed:
    """A term, and the rows of its parts among all parts of the step; no rows if the step does not need it.

    weights: P×B, of the parts in the loss, factors included, on the device.
    """

    term: Term
    rows: slice | None
    weights: Tensor


class Objective:
    """The sum of all losses of the registry, each with its own weight for each of B images: L = α L_c + β L_s + …

    Images share only the pass: each has its own ratio, layers and layer weights. All transfers must have the same image
    shape. A step calculates only `parts`, whose weighted sum is the total. A loss whose weight is 0 for all images is
    calculated only when it is reported.
    """

    def __init__(
        self,
        transfers: Sequence[Transfer],
        circumstances: Circumstances,
        *,
        checkpointing: bool = False,
        tile: tuple[int, int] | None = None,
    ) -> None:
        device = circumstances.targets.device
        self._network = circumstances.targets.network
        self._dtype = storage(circumstances.arithmetic)
        self._checkpointing = checkpointing
        self._terms: dict[str, _Placed] = {}
        weights, count = [], 0
        for loss in registry.LOSSES.values():
            term: Term = loss.load()(transfers, circumstances)
            size = len(term.layers)
            factors = torch.tensor(term.factors).view(size, 1)
            of_parts = term.part_weights.view(size, len(transfers)) * factors
            in_step = bool((term.weight * of_parts).any()) or any(term.layers)
            rows = slice(count, count + size) if in_step else None
            self._terms[loss.column] = _Placed(term, rows, of_parts.to(device))
            if in_step:
                weights.append(term.weight * of_parts)
                count += size
        self._in_step = [one for one in self._terms.values() if one.rows]
        self._layers = {layer for placed in self._terms.values() for layer in placed.term.layers if layer}
        self.weights = torch.cat(weights).to(device)
        """P×B weights of the parts in the totals: total_b = Σ_p weight_pb·part_pb. Also the gradient of totals by
        parts.
        """
        self._by_image = self.weights.T.contiguous()[:, None]
        self.tile = tile if tile and self._is_additive() else None
        """Rows and columns of the tiles that the images are seen in; None where they are seen whole."""
        self._tiled: TiledPass | None = None
        if self.tile:
            parts = tiles(self._network.architecture, self._layers, circumstances.shape, self.tile)
            self._tiled = TiledPass(self._network, self._layers, parts, self._dtype)

    def _is_additive(self) -> bool:
        """Whether all losses of layers follow from sums over positions."""
        layered = [one.term for one in self._in_step if any(one.term.layers)]
        return bool(layered) and all(isinstance(one, AdditiveTerm) and one.additive for one in layered)

    @property
    def capturable(self) -> bool:
        """Whether a step can be recorded as a CUDA graph."""
        return self._tiled is None and all(one.term.capturable for one in self._in_step)

    def parts(self, images: Tensor) -> Tensor:
        """P×B parts of the losses of `images` (B×3×H×W, 0–255, one per transfer, in order), differentiable."""
        if self._tiled is not None:
            found = self._tiled_parts(images, self._tiled)
        else:
            responses = self._network(images, self._layers, self._dtype, checkpointing=self._checkpointing)
            found = [one.term.parts(images, responses) for one in self._in_step]
        return torch.cat(found) if len(found) > 1 else found[0]

    def _tiled_parts(self, images: Tensor, tiled: TiledPass) -> list[Tensor]:
        """The parts of each term, those of layers from sums over tiles."""
        layered = [one.term for one in self._in_step if isinstance(one.term, AdditiveTerm)]

        def of_tile(responses: Mapping[str, Tensor], tile: Tile) -> list[Tensor]:
            return [sums for term in layered for sums in term.sums(responses, tile)]

        left = list(tiled.differentiable_sums(images, of_tile))
        found = []
        for one in self._in_step:
            if isinstance(one.term, AdditiveTerm):
                own, left = left[: len(one.term.layers)], left[len(one.term.layers) :]
                found.append(one.term.of_sums(own))
            else:
                found.append(one.term.parts(images, {}))
        return found

    def totals(self, parts: Tensor) -> Tensor:
        """The total losses: B numbers from P×B parts."""
        return torch.bmm(self._by_image, parts.T[:, :, None])[:, 0, 0]

    def outside(self, images: Tensor) -> dict[str, Tensor]:
        """The losses that are not in the step, because their weights are 0: B numbers by column."""
        found = {}
        for name, one in self._terms.items():
            if one.rows is None:
                size = len(one.term.layers)
                found[name] = (
                    (one.weights * one.term.parts(images, {})).sum(0) if size else images.new_zeros(len(images))
                )
        return found

    def losses(self, parts: Tensor, outside: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """All losses without α, β and so on, and the total: B numbers by column."""
        found = {
            name: outside[name] if one.rows is None else (one.weights * parts[one.rows]).sum(0)
            for name, one in self._terms.items()
        }
        return found | {registry.TOTAL_LOSS: self.totals(parts)}

    def by_layer(self, parts: Tensor) -> list[dict[str, dict[str, float]]]:
        """For each image the parts that belong to layers it uses, by column and layer. Waits for the device."""
        images: list[dict[str, dict[str, float]]] = [{} for _ in range(parts.shape[1])]
        for loss in registry.LOSSES.values():
            one = self._terms[loss.column]
            if not loss.by_layer:
                continue
            factors = parts.new_tensor(one.term.factors)[:, None]
            values = (parts[one.rows] * factors).tolist() if one.rows else []
            used = one.term.part_weights.view(len(one.term.layers), len(images)).tolist()
            for image, found in enumerate(images):
                found[loss.column] = {
                    layer: of_images[image]
                    for layer, of_images, weights in zip(one.term.layers, values, used, strict=True)
                    if weights[image] > 0
                }
        return images

    def applies(self, image: int) -> set[str]:
        """The columns of the losses that an image of the batch has."""
        return {name for name, one in self._terms.items() if one.term.applies[image]} | {registry.TOTAL_LOSS}
