"""What `stylize` is asked for: an image to make (`Transfer`), and after how many steps it is looked at (`Lane`).

A frame of a clip also has what was made of the frame before (`Previous`). What is done with them is elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Size, Tensor
from torch.nn import functional

from stylize.masks import Masks
from stylize.settings.optimisation_settings import Settings


@dataclass(frozen=True, eq=False)
class Previous:
    """The result of the frame before, brought to where its parts are now.

    warped: 3×H×W RGB in 0–255. known: H×W in 0–1, c in the equation: 0 where something has come into sight, at borders
    of what moves, and wherever else the flow is not to be trusted.
    """

    warped: Tensor
    known: Tensor

    def resized(self, shape: Size) -> Previous:
        """For an image of another height and width."""
        if shape == self.known.shape:
            return self
        known = functional.interpolate(self.known[None, None].float(), shape, mode="area")[0, 0]
        image = functional.interpolate(self.warped[None].float(), shape, mode="area")[0]
        return Previous(image, (known > 0.99).float())


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

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the image: the content picture's, or the style picture's where there is none."""
        picture = self.content if self.content is not None else self.style
        if picture is None:
            raise ValueError("a transfer without content and style has no shape")
        return picture.shape[1], picture.shape[2]


@dataclass(frozen=True)
class Lane:
    """One optimisation, and the numbers of steps after which its image is looked at; each look gives one result.

    The largest of `ends` is the transfer's own `iterations` (ValueError otherwise). A transfer that spreads something
    over its iterations, such as the levels of a pyramid, has no other end.
    """

    transfer: Transfer
    ends: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.ends or max(self.ends) != self.transfer.settings.iterations:
            raise ValueError(
                f"the ends {self.ends} of a lane must end with its {self.transfer.settings.iterations} steps"
            )

    @classmethod
    def of(cls, transfer: Transfer) -> Lane:
        """A transfer that is looked at once, when it is done."""
        return cls(transfer, (transfer.settings.iterations,))
