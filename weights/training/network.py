"""A slim network during training: VGG's plan with batch norm between convolution and ReLU. `export` folds batch norm
away.
"""

from __future__ import annotations

import itertools
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from stylize import ARCHITECTURES
from stylize.network.architectures import Convolution
from stylize.network.preprocessing import MEAN_PIXEL
from weights.training.filters import first_bank, smooth_basis, smooth_kernels

PIXEL_SCALE = 64.0
"""About one standard deviation of a photograph's pixels, so that the input during training is near unit size."""


def normalise(crops: Tensor) -> Tensor:
    """Crops (B×3×H×W, RGB in 0–255) as the network's input during training."""
    return (crops - torch.tensor(MEAN_PIXEL).view(1, 3, 1, 1)) / PIXEL_SCALE


def convolutions(architecture: str) -> dict[str, Convolution]:
    """The convolutions of a slim network by layer name, in order."""
    return {
        stage.name: stage.module
        for stage in ARCHITECTURES[architecture].stages
        if stage.name and isinstance(stage.module, Convolution)
    }


class TrainingNetwork(nn.Module):
    """Convolution, batch norm, ReLU for each layer of the plan; 2×2 average pooling between blocks.

    The filters of conv1_1 are fixed (its batch norm learns), layers before a pooling learn mixtures of the smooth
    basis, and all other kernels are free. Weights are drawn from torch's global generator.
    """

    def __init__(self, architecture: str) -> None:
        super().__init__()
        self.convolutions = convolutions(architecture)
        self._smooth = {
            name for name, following in itertools.pairwise(self.convolutions) if following.endswith("_1")
        }  # a pooling is in between
        self.weights = nn.ParameterDict()
        self.norms = nn.ModuleDict()
        self.first: Tensor
        self.basis: Tensor
        self.register_buffer("first", first_bank())
        self.register_buffer("basis", smooth_basis())
        for name, convolution in self.convolutions.items():
            inputs, outputs = convolution.inputs, convolution.outputs
            if name in self._smooth:
                self.weights[name] = nn.Parameter(torch.randn(outputs, inputs, 4) * (2 / (inputs * 4)) ** 0.5)
            elif name != "conv1_1":
                self.weights[name] = nn.Parameter(smooth_kernels(inputs, outputs))
            self.norms[name] = nn.BatchNorm2d(outputs)

    def kernels(self, name: str) -> Tensor:
        """The present 3×3 kernels of a layer, outputs×inputs×3×3."""
        if name == "conv1_1":
            return self.first
        if name in self._smooth:
            return torch.einsum("oik,kyx->oiyx", self.weights[name], self.basis)
        return cast("Tensor", self.weights[name])

    def forward(self, crops: Tensor) -> dict[str, Tensor]:
        """The responses, after their ReLU, of every layer to normalised crops, each B×N×h×w."""
        responses = {}
        signal = crops
        for name in self.convolutions:
            if name.endswith("_1") and name != "conv1_1":
                signal = functional.avg_pool2d(signal, 2)
            signal = functional.relu(self.norms[name](functional.conv2d(signal, self.kernels(name), padding=1)))
            responses[name] = signal
        return responses
