"""A small network that behaves as the large ones do: AlexNet's plan with random parameters runs in milliseconds."""

import math

import pytest
import torch

from stylize import ARCHITECTURES, PREPROCESSING, Network


@pytest.fixture(scope="session")
def network():
    generator = torch.Generator().manual_seed(0)
    parameters = {
        key: torch.randn(shape, generator=generator) * math.sqrt(2 / math.prod(shape[1:])) * (len(shape) > 1)
        for key, shape in ARCHITECTURES["squeezenet1_1"].parameter_shapes().items()
    }
    return Network(ARCHITECTURES["squeezenet1_1"], parameters, PREPROCESSING["vgg-original"])


@pytest.fixture(scope="session")
def pictures():
    """A content and a style picture, 3×H×W bytes, of different shapes."""
    generator = torch.Generator().manual_seed(1)
    content = torch.rand(1, 3, 5, 6, generator=generator) * 255
    style = torch.rand(1, 3, 12, 9, generator=generator) * 255
    enlarge = torch.nn.functional.interpolate
    return (
        enlarge(content, (40, 48), mode="bilinear")[0].byte(),
        enlarge(style, (48, 36), mode="nearest")[0].byte(),
    )
