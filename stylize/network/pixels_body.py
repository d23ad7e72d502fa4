"""Calculates the layers of `architecture: pixels`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from stylize.network.body import BlockOutput, Border, check_parameters, rounded
from stylize.network.pixels import GRADIENT, PATCHES, PixelsArchitecture

LUMINANCE = 0.299 / 32, 0.587 / 32, 0.114 / 32
"""The shares of red, green and blue (ITU-R BT.601), made so small that the default ratio suits images of 300 to 500
pixels.
"""


class PixelsBody(nn.Module):
    """The filters. Pictures are mirrored at their borders, so that every layer has a response for each pixel."""

    def __init__(self, architecture: PixelsArchitecture, parameters_by_key: Mapping[str, Tensor]) -> None:
        super().__init__()
        check_parameters(architecture, parameters_by_key)
        self._filters = nn.ParameterDict(
            {
                layer: nn.Parameter(parameters_by_key[f"{layer}.weight"].float(), requires_grad=False)
                for layer in PATCHES
            }
        )
        self._rounded: dict[torch.dtype, nn.Module] = {}
        self._borders = {layer: Border(edge // 2, "reflect") for layer, edge in PATCHES.items()}
        self._luminance: Tensor
        self.register_buffer("_luminance", torch.tensor(LUMINANCE).view(1, 3, 1, 1), persistent=False)

    def blocks(self, layers: Collection[str], dtype: torch.dtype) -> Iterator[Callable[[Tensor], BlockOutput]]:
        """All of `layers` as a single block, because none is calculated from another."""
        yield functools.partial(self._run, layers, self._filters_in(dtype))

    def _filters_in(self, dtype: torch.dtype) -> nn.Module:
        return rounded(self._filters, dtype, self._rounded)

    def _run(self, layers: Collection[str], filters: nn.Module, pictures: Tensor) -> BlockOutput:
        found = {}
        for layer in layers:
            if layer == GRADIENT:
                found[layer] = self._gradient(pictures)
            else:
                found[layer] = functional.conv2d(self._borders[layer](pictures), getattr(filters, layer))
        return pictures, found

    def _gradient(self, pictures: Tensor) -> Tensor:
        luminance = (pictures * self._luminance).sum(1, keepdim=True)
        right = torch.diff(luminance, dim=3, append=luminance[:, :, :, -1:])
        below = torch.diff(luminance, dim=2, append=luminance[:, :, -1:])
        return torch.cat([right, below], dim=1)
