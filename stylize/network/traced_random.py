"""Random weights for networks that normalise their responses, as most of torchvision do.

He-normal weights alone would let the responses of a residual network grow with every block. Batch normalisation is
made for this: its statistics are taken from the responses to noise with as much energy in each octave, as photographs
have.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

EDGE = 128
"""Pixels of the pictures of noise."""

BLOBS = 1, 2, 4, 8, 16, 32
"""Pixels of the blobs of noise that are added up."""


def calibrated(
    with_parameters: Callable[[Mapping[str, Tensor]], nn.Module], shapes: Mapping[str, tuple[int, ...]], seed: int
) -> dict[str, Tensor]:
    """Normal weights of standard deviation √(2/fan-in), biases of 0, scales of 1, and the statistics of batch
    normalisation as said above.

    All are drawn in the order of `shapes` from one generator. Statistics are calculated in fp64 and rounded to bf16, so
    that a seed gives the same network on every machine.
    """
    generator = torch.Generator().manual_seed(seed)
    parameters = {key: _initial(key, shape, generator) for key, shape in shapes.items()}
    model = with_parameters(parameters).double()
    norms = {key: module for key, module in model.named_modules() if isinstance(module, nn.BatchNorm2d)}
    if norms:
        for norm in norms.values():
            norm.momentum = 1.0  # the statistics become those of this picture
            norm.train()
        with torch.no_grad():
            model(_noise(generator))
        for key, norm in norms.items():
            for statistic in ("running_mean", "running_var"):
                value: Tensor = getattr(norm, statistic)
                parameters[f"{key}.{statistic}"] = value.to(torch.bfloat16).float()
    return parameters


def _initial(key: str, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    if key.endswith(("bias", "running_mean")):
        return torch.zeros(shape)
    fan_in = math.prod(shape[1:])
    if fan_in <= 1:  # a scale of each channel, or a variance
        return torch.ones(shape)
    return torch.randn(shape, generator=generator) * math.sqrt(2 / fan_in)


def _noise(generator: torch.Generator) -> Tensor:
    """Two pictures as the network sees them: mean 0 and unit variance."""
    found = torch.zeros(2, 3, EDGE, EDGE, dtype=torch.float64)
    for edge in BLOBS:
        blobs = torch.randn(2, 3, EDGE // edge, EDGE // edge, generator=generator).double()
        blobs = nn.functional.interpolate(blobs, size=(EDGE, EDGE), mode="bilinear", align_corners=False)
        found += blobs / blobs.std()
    return found / found.std()
