"""Adam for a batch of images, with a learning rate for each image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from stylize.images.resize import resized
from stylize.optimisers.learning_rate import learning_rates
from stylize.settings.optimisation_settings import Settings

EPSILON = 1e-8

LARGEST = 1e30
"""A limit for numbers that a learning rate of almost 0 would make infinite."""


class Adam:
    """Kingma, Ba 2014 (arXiv 1412.6980): x ← x − a·m̂/(√v̂ + ε), element by element, so that images never mix.

    m and v are running means of the gradient and its square (by the setting `betas`), m̂ and v̂ the same without their
    bias to 0, and a is each image's learning rate at the step (`learning_rate.py`). It is calculated as
    x ← x − m/(√v·p + q) with p and q for all steps and images made before the first.
    """

    tries_points = False

    def __init__(self, settings: Sequence[Settings], images: Tensor, start: int) -> None:
        self.images = images.clone(memory_format=torch.preserve_format)
        self._first = torch.zeros_like(images)
        self._second = torch.zeros_like(images)
        self._start = start
        betas = torch.tensor([one.betas for one in settings], dtype=torch.float64)
        self._new = (1 - betas).T.reshape(2, -1, 1, 1, 1).float().to(images.device)
        self._factors = _factors(settings, betas, start).to(images.device)
        self._now = self._factors[0].clone()

    def advance(self, step: int) -> None:
        """Prepare this step: copy its rates to where `step` reads them."""
        self._now.copy_(self._factors[step - self._start])

    def step(self, totals: Tensor, gradient: Tensor) -> None:
        """Update the images by the gradient (B×3×H×W) of their losses. `totals` are not needed."""
        self._first.lerp_(gradient, self._new[0])
        self._second.lerp_(gradient.square(), self._new[1])
        denominator = torch.addcmul(self._now[1], self._second.sqrt(), self._now[0])
        self.images.addcdiv_(self._first, denominator, value=-1)

    def best(self) -> Tensor:
        """The images that the optimisation would end with now."""
        return self.images

    def keep(self, places: Tensor) -> None:
        """Keep only the images at these positions of the batch."""
        self.images, self._first, self._second = (
            tensor.index_select(0, places) for tensor in (self.images, self._first, self._second)
        )
        self._new, self._now = self._new.index_select(1, places), self._now.index_select(1, places)
        self._factors = self._factors.index_select(2, places)

    def state(self) -> dict[str, Tensor]:
        """The images and both moments, B×3×H×W each."""
        return {"images": self.images, "first": self._first, "second": self._second}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Continue from a `state`."""
        for name, tensor in self.state().items():
            tensor.copy_(state[name])

    def enlarge(self, shape: torch.Size) -> None:
        """Continue at the next level of a pyramid: image and moments are enlarged to this height and width.

        The loss stays the same and more pixels share it, so the gradient of each pixel shrinks by the factor by which
        their number grows. Moments are enlarged bilinearly, because bicubic weights overshoot: if v became 0 where m is
        not 0, the next step would be thousands of pixel values.
        """
        growth = shape.numel() / self.images.shape[2:].numel()
        self.images = resized(self.images, shape)
        self._first = resized(self._first, shape, "bilinear") / growth
        self._second = resized(self._second, shape, "bilinear") / growth**2


def _factors(settings: Sequence[Settings], betas: Tensor, start: int) -> Tensor:
    """p and q of every step from `start` on, for each image: S×2×B×1×1×1."""
    steps = torch.arange(start, max(one.iterations for one in settings))
    rates = torch.stack([learning_rates(one, steps) for one in settings], dim=1)
    bias = 1 - betas ** (steps - start + 1)[:, None, None]  # S×B×2
    of_root = bias[:, :, 0] / (rates * bias[:, :, 1].sqrt())
    of_epsilon = EPSILON * bias[:, :, 0] / rates
    return (
        torch.stack([of_root, of_epsilon], dim=1).clamp_(1 / LARGEST, LARGEST).float().view(len(steps), 2, -1, 1, 1, 1)
    )
