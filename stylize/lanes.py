"""The input of `stylize`: an image to make (`Transfer`), and after which numbers of steps to return it (`Lane`).

A frame of a clip also has the result of the frame before (`Previous`). Here are only these classes; `optimise` uses
them.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Size, Tensor
from torch.nn import functional

from stylize.masks import Masks
from stylize.settings.optimisation_settings import Settings
from stylize.state import State


@dataclass(frozen=True, eq=False)
class Previous:
    """The result of the frame before, warped along the optical flow to this frame.

    warped: 3×H×W RGB in 0–255. known: H×W in 0–1, c in the equation: 0 where something has become visible, at the
    borders of moving things, and wherever else the flow cannot be trusted.
    """

    warped: Tensor
    known: Tensor

    def resized(self, shape: Size) -> Previous:
        """The same for an image of another height and width."""
        if shape == self.known.shape:
            return self
        known = functional.interpolate(self.known[None, None].float(), shape, mode="area")[0, 0]
        image = functional.interpolate(self.warped[None].float(), shape, mode="area")[0]
        return Previous(image, (known > 0.99).float())


@dataclass(frozen=True)
class Transfer:
    """One image to make: its pictures, as 3×H×W tensors of RGB in 0–255 (any dtype), and its settings.

    `content` may be None if the settings do not use it in the loss or as the initial image; so may `style`.
    The image has the shape of the content picture, or else of the style picture. `blend`: further style pictures with
    their shares of the style loss; `style` has the rest. `start`: the image of `init: image`. `masks`: which part of
    the image gets its style from which part of the style picture. `previous`: the result of a clip's frame before.
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

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the image: those of the content picture, or else of the style picture."""
        picture = self.content if self.content is not None else self.style
        if picture is None:
            raise ValueError("a transfer without content and style has no shape")
        return picture.shape[1], picture.shape[2]


@dataclass(frozen=True)
class Lane:
    """One optimisation, and the numbers of steps after which its image is returned; each gives one result.

    The largest of `ends` is the transfer's own `iterations` (ValueError otherwise). If something is spread over the
    iterations, such as the levels of a pyramid, there must be no other end.

    begins: where an earlier run of the same optimisation stopped, before all of the `ends`; this one makes the steps
    after that. keeps: whether the result of the last end has the state in which it stopped. Neither is possible where
    something is spread over the iterations (ValueError).
    """

    transfer: Transfer
    ends: tuple[int, ...]
    begins: State | None = None
    keeps: bool = False

    def __post_init__(self) -> None:
        if (self.begins or self.keeps) and not self.transfer.settings.can_continue:
            raise ValueError("an optimisation cannot be continued if something is spread over its iterations")
        if self.begins and min(self.ends) <= self.begins.steps:
            raise ValueError(f"the ends {self.ends} of a lane must come after its first step, {self.begins.steps}")
        if not self.ends or max(self.ends) != self.transfer.settings.iterations:
            raise ValueError(
                f"the ends {self.ends} of a lane must end with its {self.transfer.settings.iterations} steps"
            )

    @classmethod
    def of(cls, transfer: Transfer) -> Lane:
        """A lane that returns its image once, when it is done."""
        return cls(transfer, (transfer.settings.iterations,))

    @property
    def first_step(self) -> int:
        """The number of the step that it begins with."""
        return self.begins.steps if self.begins else 0
