"""L-BFGS with a strong-Wolfe line search: Liu, Nocedal 1989, *On the limited memory BFGS method*.

The images of a batch share passes, but each has its own search. All searches are one calculation, in which decisions
are masks, so that nothing waits for the device. One step is one evaluation of the loss and its gradient, as for Adam,
so steps cost the same; a line search may take several. The algorithm is in `search.py`, on vectors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from stylize.images.resize import resized
from stylize.optimisers.search import Search
from stylize.settings.optimisation_settings import Settings


class LBFGS:
    """The searches of a batch. `images`: those to evaluate next. `best()`: those with the lowest loss so far."""

    tries_points = True

    def __init__(self, settings: Sequence[Settings], images: Tensor, start: int) -> None:
        self._first_change = torch.tensor([one.learning_rate for one in settings], device=images.device)
        self._begin(images)

    def _begin(self, images: Tensor) -> None:
        self._shape = images.shape
        self._search = Search(_vectors(images), self._first_change)

    @property
    def images(self) -> Tensor:
        """B×3×H×W, channels last; always the same memory."""
        return self._images(self._search.asked)

    def _images(self, vectors: Tensor) -> Tensor:
        batch, channels, height, width = len(vectors), *self._shape[1:]
        return vectors.view(batch, height, width, channels).permute(0, 3, 1, 2)

    def advance(self, step: int) -> None:
        """Does nothing, because no step depends on its number."""

    def step(self, totals: Tensor, gradient: Tensor) -> None:
        """Give each search the loss and gradient that it asked for."""
        self._search.tell(totals, _vectors(gradient))

    def best(self) -> Tensor:
        """The images that the optimisation would end with now."""
        return self._images(self._search.best)

    def keep(self, places: Tensor) -> None:
        """Keep only the images at these positions of the batch."""
        self._first_change = self._first_change[places]
        self._search.keep(places)

    def state(self) -> dict[str, Tensor]:
        """That of the searches; see `Search.state`."""
        return self._search.state()

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Continue from a `state`."""
        for name, tensor in self.state().items():
            tensor.copy_(state[name])

    def enlarge(self, shape: torch.Size) -> None:
        """Continue at the next level of a pyramid, from the enlarged best image, with no estimate of the curvature."""
        self._begin(resized(self.best(), shape))


def _vectors(images: Tensor) -> Tensor:
    """B×3×H×W as B×D, in the order that channels-last images have in memory, so that they need not be copied."""
    return images.permute(0, 2, 3, 1).flatten(1)
