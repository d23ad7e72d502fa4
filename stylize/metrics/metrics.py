"""All metrics of the registry together."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from stylize import registry
from stylize.metrics.metric import Metric
from stylize.metrics.style_distance import StyleDistance
from stylize.network.network import Network


class Metrics:
    """The metrics of images. `network`: one in which they were not optimised. Measures of their pictures are cached."""

    def __init__(self, network: Network) -> None:
        self._metrics: list[Metric] = [metric.load()(network) for metric in registry.METRICS.values()]

    def look_together(self, images: Sequence[Tensor]) -> None:
        """Images of one size (3×H×W) of which `of` will be asked next. A metric that looks at small images sooner when
        it sees them together does so now.
        """
        for metric in self._metrics:
            if isinstance(metric, StyleDistance):
                metric.look_together(images)

    def of(
        self, image: Tensor, content: Tensor | None, styles: Sequence[tuple[Tensor, float]]
    ) -> dict[str, float | str | None]:
        """By column (see `Metric.of`). Pictures are 3×H×W, RGB in 0–255; `styles` come with their shares."""
        return {name: value for metric in self._metrics for name, value in metric.of(image, content, styles).items()}
