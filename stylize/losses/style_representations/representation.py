"""What every style representation can do. Each has a file of its own beside this one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

import torch
from torch import Tensor

from stylize.errors import SettingsError
from stylize.masks import Masks
from stylize.settings.optimisation_settings import Settings


@dataclass(frozen=True)
class LayerTargets:
    """A layer's targets for the R images that are compared there, and the layer's height and width for those images."""

    targets: Sequence[Tensor]
    shape: tuple[int, int]

    def together(self) -> Tensor:
        """R×… targets; 1×… without a copy where all are one and the same."""
        first, *others = self.targets
        return first if all(one is first for one in others) else torch.cat(list(self.targets))


@dataclass(frozen=True)
class Comparison:
    """E_l of R images at L layers.

    losses: from L responses, each R×N×h×w, to L×R numbers, differentiable. It is called at every step, and must neither
    wait for the device nor read from it. factors: what they have to be multiplied by to be E_l, one for each layer; it
    is done once, and not at every step.
    """

    losses: Callable[[Sequence[Tensor]], Tensor]
    factors: Sequence[float]


class Representation(Protocol):
    """Turns a style picture's responses into a target once, and then compares images' responses with it.

    Implementations are frozen dataclasses: equal ones give equal targets, and targets are kept by them. All of it is
    fp32, and images of one batch never mix. capturable: whether a CUDA graph can hold its comparison.
    """

    capturable: ClassVar[bool]

    @classmethod
    def of(cls, settings: Settings, masks: Masks | None) -> Representation:
        """The representation that settings ask for. Raises SettingsError for masks where they cannot be."""

    def pictures(self, picture: Tensor) -> list[Tensor]:
        """The forms of a style picture (3×H×W) whose responses `target` wants."""

    def target(self, responses: Sequence[Tensor]) -> Tensor:
        """The target from the responses (1×N×h×w) to each of `pictures`."""

    def comparison(self, layers: Sequence[LayerTargets]) -> Comparison:
        """What compares R images with R targets at each of L layers. All that it needs is put on the device here."""


class LayerByLayer(ABC):
    """A representation without settings or masks, which sees the style picture as it is and each layer for itself.

    What remains to be written is `target`, which gives 1×… numbers, and `losses`.
    """

    capturable: ClassVar[bool] = True

    @classmethod
    def of(cls, settings: Settings, masks: Masks | None) -> Self:
        if masks is not None:
            raise SettingsError("masks go with one style picture and style_representation: gram")
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
        """E_l for each of R×N×h×w responses. `targets` are R×…, or 1×… where all have the same."""
