"""Seeded random weights, He-normal: a network worth studying in itself (He, Wang, Hopcroft 2016, arXiv 1606.04801)."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

_VGG_GAINS = (0.6, 3.0, 2.1, 0.4, 0.5)
GAINS: Mapping[str, Mapping[str, float]] = {
    name: dict(zip([f"features.{number}.weight" for number in block_starts], _VGG_GAINS, strict=True))
    for depth, block_starts in {"vgg16": (0, 5, 10, 17, 24), "vgg19": (0, 5, 10, 19, 28)}.items()
    for name in (depth, f"{depth}-slim", f"{depth}-steerable")
}
"""Factors of the first convolution of each block of VGG, by parameter.

All plain He-normal layers respond as strongly as the picture itself. The paper's ratios then do not lead from
photograph to painting, because content always outweighs style. With these factors, the responses to a photograph have a
root mean square of about 45, 110, 175, 65 and 30 in the five blocks. ReLU networks are positively homogeneous, so that
the factors change how much a layer counts, but not what it sees.
"""


def he_normal(
    shapes: Mapping[str, tuple[int, ...]], seed: int, gains: Mapping[str, float] | None = None
) -> dict[str, Tensor]:
    """Normal weights of standard deviation √(2/fan-in) (He et al. 2015, arXiv 1502.01852) and zero biases.

    Parameters are drawn in the order of `shapes` from one generator, in float32 on the CPU: a seed gives the same
    network on every machine. `gains` multiplies some of them.
    """
    generator = torch.Generator().manual_seed(seed)
    parameters = {}
    for key, shape in shapes.items():
        if len(shape) == 1:
            parameters[key] = torch.zeros(shape)
        else:
            deviation = math.sqrt(2 / math.prod(shape[1:])) * (gains or {}).get(key, 1.0)
            parameters[key] = torch.randn(shape, generator=generator) * deviation
    return parameters
