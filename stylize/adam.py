"""Adam for a batch of images, each with a rate of its own."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from stylize.schedule import learning_rate
from stylize.settings import Settings

BETAS, EPSILON = (0.9, 0.999), 1e-8


class Adam:
    """Kingma, Ba 2014 (arXiv 1412.6980): x ← x − a·m̂/(√v̂ + ε), element by element, so that images never mix.

    m and v are running means of the gradient and its square, m̂ and v̂ the same without their bias to 0, and a is each
    image's learning rate at the step (`schedule`).
    """

    def __init__(self, settings: Sequence[Settings], images: Tensor) -> None:
        self._settings = list(settings)
        self.images = images
        self._first = torch.zeros_like(images)
        self._second = torch.zeros_like(images)
        self._count = 0

    def step(self, step: int, totals: Tensor, gradient: Tensor) -> None:
        """Update the images by the gradient (B×3×H×W) of their losses. `totals` are not needed."""
        self._count += 1
        self._first.lerp_(gradient, 1 - BETAS[0])
        self._second.mul_(BETAS[1]).addcmul_(gradient, gradient, value=1 - BETAS[1])
        bias, second_bias = (1 - beta**self._count for beta in BETAS)
        rates = torch.tensor([learning_rate(one, step) / bias for one in self._settings], device=gradient.device)
        denominator = (self._second.sqrt() / second_bias**0.5).add_(EPSILON)
        self.images = self.images - rates.view(-1, 1, 1, 1) * self._first / denominator

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


def resized(images: Tensor, shape: torch.Size) -> Tensor:
    """Images of any dtype, B×C×H×W, at another height and width (fp32, bicubic, smoothed where they shrink)."""
    enlarged = torch.nn.functional.interpolate(images.float(), list(shape), mode="bicubic", antialias=True)
    return enlarged.contiguous(memory_format=torch.channels_last)
