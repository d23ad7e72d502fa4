"""The 3×3 filters from which the slim networks start: a fixed bank for conv1_1, smooth random kernels for the rest.

A thin network that trains for an hour keeps much of its random start, and random 3×3 kernels respond to patterns of
single pixels. Style transfer then paints such patterns, which look like speckle. So every kernel starts as a mixture of
the smooth profiles below, and a convolution before a pooling stays such a mixture. Its output then does not alternate
from pixel to pixel, so the pooling does not alias (blurred pooling, Zhang 2019, arXiv 1904.11486, inside the weights).
"""

from __future__ import annotations

import torch
from torch import Tensor

BLUR = torch.tensor([1.0, 2.0, 1.0]) / 6**0.5
SLOPE = torch.tensor([-1.0, 0.0, 1.0]) / 2**0.5
BEND = torch.tensor([-1.0, 2.0, -1.0]) / 6**0.5
BEND_SHARE = 0.25
"""How much of a random kernel lies along BEND, the only profile that responds to alternating pixels."""


def smooth_basis() -> Tensor:
    """4×3×3: the products of BLUR and SLOPE, orthonormal, all of them zero at the highest frequency."""
    return torch.stack([torch.outer(down, across) for down in (BLUR, SLOPE) for across in (BLUR, SLOPE)])


def smooth_kernels(inputs: int, outputs: int) -> Tensor:
    """outputs×inputs×3×3 random kernels with little of the highest frequency, from torch's global generator."""
    profiles = torch.stack([BLUR, SLOPE, BEND * BEND_SHARE])
    coefficients = torch.randn(outputs, inputs, 3, 3) * (2 / (inputs * 9)) ** 0.5
    return torch.einsum("oiab,ay,bx->oiyx", coefficients, profiles, profiles)


def first_bank() -> Tensor:
    """16×3×3×3, the filters of conv1_1.

    Blurred lightness and two colour differences with both signs (6), slopes of lightness with both signs (4), and fine
    detail in lightness and colour: bends, the checkerboard, and the rest that blurring removes (6).
    """
    blur, slope, bend = BLUR * 6**0.5 / 4, SLOPE * 2**0.5 / 2, BEND * 6**0.5 / 4
    lightness = torch.tensor([1.0, 1.0, 1.0]) / 3
    red_green = torch.tensor([1.0, -1.0, 0.0]) / 2
    yellow_blue = torch.tensor([0.5, 0.5, -1.0]) / 2
    soft = torch.outer(blur, blur)
    rest = -soft
    rest[1, 1] += 1
    down, across = torch.outer(slope, blur), torch.outer(blur, slope)
    filters = [(sign * colour, soft) for colour in (lightness, red_green, yellow_blue) for sign in (1, -1)]
    filters += [(sign * lightness, profile) for profile in (down, across) for sign in (1, -1)]
    filters += [(lightness, torch.outer(bend, blur)), (lightness, torch.outer(blur, bend)), (-lightness, rest)]
    filters += [(lightness, torch.outer(bend, bend)), (red_green, rest), (yellow_blue, rest)]
    return torch.stack([colour.view(3, 1, 1) * profile for colour, profile in filters])
