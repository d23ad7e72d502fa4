"""What every style representation can do. Each has a file of its own beside this one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self

from torch import Tensor

from stylize.errors import SettingsError
from stylize.masks import Masks
from stylize.settings.transfer_settings import Settings


class Representation(Protocol):
    """Turns a style picture's responses into a target once, and then compares the image's responses with it.

    Implementations are frozen dataclasses: equal ones give equal targets, and targets are kept by them. All of it is
    fp32, and images of one batch never mix.
    """

    @classmethod
    def of(cls, settings: Settings, masks: Masks | None) -> Representation:
        """The representation that settings ask for. Raises SettingsError for masks where they cannot be."""

    def pictures(self, picture: Tensor) -> list[Tensor]:
        """The forms of a style picture (3×H×W) whose responses `target` wants."""

    def target(self, responses: Sequence[Tensor]) -> Tensor:
        """The target from the responses (1×N×h×w) to each of `pictures`."""

    def losses(self, responses: Tensor, targets: Sequence[Tensor]) -> Tensor:
        """E_l: one number for each of B×N×h×w responses, from as many targets."""


class OfOnePicture:
    """What most have in common: no settings, no masks, and the style picture as it is."""

    @classmethod
    def of(cls, settings: Settings, masks: Masks | None) -> Self:
        if masks is not None:
            raise SettingsError("masks go with one style picture and style_representation: gram")
        return cls()

    def pictures(self, picture: Tensor) -> list[Tensor]:
        return [picture]
