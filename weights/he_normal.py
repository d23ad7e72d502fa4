"""Random weights: He-normal and seeded, a choice of its own for study (He, Wang, Hopcroft 2016, arXiv 1606.04801)."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor


def he_normal(shapes: Mapping[str, tuple[int, ...]], seed: int) -> dict[str, Tensor]:
    """Normal weights of standard deviation √(2/fan-in) (He et al. 2015, arXiv 1502.01852) and zero biases.

    Parameters are drawn in the order of `shapes` from one generator, in float32 on the CPU: a seed gives the same
    network on every machine.
    """
    generator = torch.Generator().manual_seed(seed)
    parameters = {}
    for key, shape in shapes.items():
        if len(shape) == 1:
            parameters[key] = torch.zeros(shape)
        else:
            deviation = math.sqrt(2 / math.prod(shape[1:]))
            parameters[key] = torch.randn(shape, generator=generator) * deviation
    return parameters
