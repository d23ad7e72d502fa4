"""Adam for a batch of images, each with a rate of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from stylize.images.resize import resized
from stylize.optimisers.learning_rate import learning_rate
from stylize.settings.transfer_settings import Settings

EPSILON = 1e-8


class Adam:
    """Kingma, Ba 2014 (arXiv 1412.6980): x ← x − a·m̂/(√v̂ + ε), element by element, so that images never mix.

    m and v are running means of the gradient and its square (by the setting `betas`), m̂ and v̂ the same without their
    bias to 0, and a is each image's learning rate at the step (`learning_rate.py`).
    """

    tries_points = False

    def __init__(self, settings: Sequence[Settings], images: Tensor) -> None:
        self._settings = list(settings)
        self.images = images
        self._first = torch.zeros_like(images)
        self._second = torch.zeros_like(images)
        self._count = 0

    def step(self, step: int, totals: Tensor, gradient: Tensor) -> None:
        """Update the images by the gradient (B×3×H×W) of their losses. `totals` are not needed."""
        self._count += 1
        new = self._for_each(1 - one.betas[0] for one in self._settings)
        new_square = self._for_each(1 - one.betas[1] for one in self._settings)
        self._first.lerp_(gradient, new)
        self._second.lerp_(gradient.square(), new_square)
        rates = self._for_each(learning_rate(one, step) / (1 - one.betas[0] ** self._count) for one in self._settings)
        root_bias = self._for_each((1 - one.betas[1] ** self._count) ** 0.5 for one in self._settings)
        denominator = (self._second.sqrt() / root_bias).add_(EPSILON)
        self.images = self.images - rates * self._first / denominator

    def _for_each(self, values: Iterable[float]) -> Tensor:
        """A number for each image, B×1×1×1."""
        return torch.tensor(list(values), device=self.images.device).view(-1, 1, 1, 1)

    def best(self) -> Tensor:
        """The images that the optimisation would end with now."""
        return self.images

    def keep(self, places: Tensor) -> None:
        """Go on with the images at these places of the batch only."""
        self._settings = [self._settings[place] for place in places.tolist()]
        self.images, self._first, self._second = (
            tensor.index_select(0, places) for tensor in (self.images, self._first, self._second)
        )

    def enlarge(self, shape: torch.Size) -> None:
        """Go on at the next level of a pyramid: image and moments are enlarged to this height and width.

        The loss stays what it was, and more pixels share it, so that the gradient of each shrinks by the factor by
        which their number grows.
        """
        growth = shape.numel() / self.images.shape[2:].numel()
        self.images = resized(self.images, shape)
        self._first = resized(self._first, shape) / growth
        self._second = resized(self._second, shape).clamp_(min=0) / growth**2
