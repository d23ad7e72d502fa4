"""A frozen feature network: pictures in, responses of named layers out.

Each network has its own preprocessing, because weights that were trained on different inputs need different ones.
Everywhere else a picture is RGB in 0–255.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from stylize.network.architecture import Architecture
from stylize.network.architectures import PlannedArchitecture
from stylize.network.body import StagedBody
from stylize.network.pixels import PixelsArchitecture
from stylize.network.pixels_body import PixelsBody
from stylize.network.preprocessing import Preprocessing
from stylize.settings.types import Padding, Pooling

if TYPE_CHECKING:
    from stylize.network.traced_body import TracedBody


def _body(
    architecture: Architecture, parameters_by_key: Mapping[str, Tensor], pooling: Pooling, padding: Padding
) -> StagedBody | PixelsBody | TracedBody:
    if isinstance(architecture, PlannedArchitecture):
        return StagedBody(architecture, parameters_by_key, pooling, padding)
    if isinstance(architecture, PixelsArchitecture):
        return PixelsBody(architecture, parameters_by_key)
    from stylize.network.traced_architecture import TracedArchitecture  # imports torchvision
    from stylize.network.traced_body import TracedBody

    assert isinstance(architecture, TracedArchitecture)
    return TracedBody(architecture, parameters_by_key)


class Network(nn.Module):
    """An architecture with weights, pooling, padding and preprocessing. Its parameters take no gradients. A traced
    network keeps its own pooling and padding.

    `parameters_by_key` holds a tensor for every key of `architecture.parameter_shapes()`; other keys (a classifier) are
    ignored. A missing key or a wrong shape raises ValueError: callers check files before they come here.
    """

    def __init__(
        self,
        architecture: Architecture,
        parameters_by_key: Mapping[str, Tensor],
        preprocessing: Preprocessing,
        pooling: Pooling = "average",
        padding: Padding = "zero",
    ) -> None:
        super().__init__()
        self.architecture = architecture
        self.pooling = pooling
        self._bgr = preprocessing.bgr
        self._mean: Tensor
        self._deviation: Tensor | None
        self.register_buffer("_mean", torch.tensor(preprocessing.mean).view(1, 3, 1, 1), persistent=False)
        divides = preprocessing.deviation != (1.0, 1.0, 1.0)
        deviation = torch.tensor(preprocessing.deviation).view(1, 3, 1, 1) if divides else None
        self.register_buffer("_deviation", deviation, persistent=False)
        self._body = _body(architecture, parameters_by_key, pooling, padding)
        self.requires_grad_(False)
        self.eval()
        self.to(memory_format=torch.channels_last)  # like the images of a batch

    @property
    def device(self) -> torch.device:
        """The device of the parameters."""
        return self._mean.device

    def forward(
        self,
        pictures: Tensor,
        layers: Collection[str],
        dtype: torch.dtype = torch.float32,
        *,
        checkpointing: bool = False,
    ) -> dict[str, Tensor]:
        """The responses of `layers` to `pictures` (B×3×H×W, RGB in 0–255), each B×N×h×w; those of our own plans are
        after their ReLU.

        Nothing deeper than the deepest of `layers` is computed. `dtype` is that of convolutions and responses.
        With `checkpointing`, only `layers` and the beginning of each block are kept for the backward pass, which
        computes the rest again.
        """
        responses = pictures - self._mean
        if self._deviation is not None:
            responses = responses / self._deviation
        if self._bgr:
            responses = responses.flip(1)
        responses = responses.to(dtype)
        collected: dict[str, Tensor] = {}
        for block in self._body.blocks(layers, dtype):
            if checkpointing:
                responses, found = checkpoint(block, responses, use_reentrant=False, preserve_rng_state=False)
            else:
                responses, found = block(responses)
            collected |= found
        return collected
