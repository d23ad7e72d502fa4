"""The interface of style representations. Each has its own file in this folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol, Self, runtime_checkable

import torch
from torch import Tensor

from stylize import registry
from stylize.errors import SettingsError
from stylize.masks import Masks
from stylize.settings.optimisation_settings import Settings


@dataclass(frozen=True)
class LayerTargets:
    """A layer's targets for the R images that are compared there, and the layer's height and width for those images."""

    targets: Sequence[Tensor]
    shape: tuple[int, int]

    def together(self) -> Tensor:
        """R×… targets; if all are the same tensor, 1×… without a copy."""
        first, *others = self.targets
        return first if all(one is first for one in others) else torch.cat(list(self.targets))


@dataclass(frozen=True)
class Comparison:
    """E_l of R images at L layers.

    losses: from L responses, each R×N×h×w, to L×R numbers, differentiable. It is called at every step, and must neither
    wait for the device nor read from it. factors: one for each layer, by which these numbers are multiplied to give
    E_l; they are multiplied into the weights once, and not at every step. of_sums: of an `Additive` representation, the
    same numbers from what its `sums` gives of each layer, added up over all tiles of the images.
    """

    losses: Callable[[Sequence[Tensor]], Tensor]
    factors: Sequence[float]
    of_sums: Callable[[Sequence[Tensor]], Tensor] | None = None


class Representation(Protocol):
    """Turns a style picture's responses into a target once, and then compares images' responses with it.

    Implementations are frozen dataclasses. Equal ones give equal targets, so they are keys in the cache of targets. All
    numbers are fp32, and images of one batch do not influence each other. capturable: whether the comparison can be
    recorded in a CUDA graph.
    """

    capturable: ClassVar[bool]

    @classmethod
    def of(cls, settings: Settings, masks: Masks | None) -> Representation:
        """The representation that settings ask for. Raises SettingsError if it cannot be used with masks."""

    def pictures(self, picture: Tensor) -> list[Tensor]:
        """The variants of a style picture (3×H×W) whose responses `target` needs, such as rotated ones."""

    def target(self, responses: Sequence[Tensor]) -> Tensor:
        """The target from the responses (1×N×h×w) to each of `pictures`."""

    def comparison(self, layers: Sequence[LayerTargets]) -> Comparison:
        """An object that compares R images with R targets at each of L layers. Everything it needs is put on the
        device.
        """


@runtime_checkable
class Additive(Protocol):
    """A `Representation` that compares sums over positions, so that large images can be seen in tiles."""

    def sums(self, responses: Tensor) -> Tensor:
        """What is summed up of R×N×h×w responses: R×… numbers in fp32, differentiable."""

    def target_of_sums(self, sums: Tensor, positions: int) -> Tensor:
        """What `target` gives, from the sums over all positions of a style picture, in fp64."""


class LayerByLayer(ABC):
    """A base class for representations without settings or masks, which handle each layer separately.

    Subclasses write `target`, which returns 1×… numbers, and `losses`.
    """

    capturable: ClassVar[bool] = True

    @classmethod
    def of(cls, settings: Settings, masks: Masks | None) -> Self:
        if masks is not None:
            raise SettingsError(registry.what_masks_need())
        return cls()

    def pictures(self, picture: Tensor) -> list[Tensor]:
        return [picture]

    def comparison(self, layers: Sequence[LayerTargets]) -> Comparison:
        targets = [one.together() for one in layers]

        def losses(responses: Sequence[Tensor]) -> Tensor:
            return torch.stack([self.losses(one, target) for one, target in zip(responses, targets, strict=True)])

        return Comparison(losses, [1.0] * len(layers))

    @abstractmethod
    def losses(self, responses: Tensor, targets: Tensor) -> Tensor:
        """E_l for each of R×N×h×w responses. `targets` are R×…, or 1×… if all images have the same target."""


class AdditiveByLayer(LayerByLayer):
    """A `LayerByLayer` that is `Additive`. What remains to be written besides is how sums are compared."""

    def comparison(self, layers: Sequence[LayerTargets]) -> Comparison:
        targets = [one.together() for one in layers]
        positions = [one.shape[0] * one.shape[1] for one in layers]

        def of_sums(sums: Sequence[Tensor]) -> Tensor:
            all_of_them = zip(sums, positions, targets, strict=True)
            return torch.stack([self.losses_of_sums(one, count, target) for one, count, target in all_of_them])

        return replace(super().comparison(layers), of_sums=of_sums)

    @abstractmethod
    def sums(self, responses: Tensor) -> Tensor:
        """See `Additive`."""

    @abstractmethod
    def target_of_sums(self, sums: Tensor, positions: int) -> Tensor:
        """See `Additive`."""

    @abstractmethod
    def losses_of_sums(self, sums: Tensor, positions: int, targets: Tensor) -> Tensor:
        """What `losses` gives, from the sums over all `positions`, which are fp64."""
