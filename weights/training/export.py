"""From a trained network to the shipped parameters: fold batch norm, set the scale, round to fp16."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import BatchNorm2d, functional

from stylize import ARCHITECTURES, PREPROCESSING, Network
from weights.training.data import photograph
from weights.training.network import PIXEL_SCALE, TrainingNetwork, convolutions

REFERENCE_PHOTOGRAPHS, REFERENCE_SIZE = ("astronaut", "chelsea", "coffee", "rocket"), 224

SCALE: Mapping[str, float] = {
    "conv1_1": 10.0,
    "conv2_1": 10.0,
    "conv3_1": 10.0,
    "conv4_1": 10.0,
    "conv4_2": 0.2,
    "conv5_1": 10.0,
}
"""The root mean square to which a layer's responses to the reference photographs are scaled.

With these numbers the paper's ratios, 1e-4 to 1e-2, lead from painting to photograph: all style layers have about the
same influence, and the content layer (conv4_2) so much less that ratios of this size fit.
"""
OTHER_SCALE = 4.0
"""The same for layers that neither content nor style uses by default."""

PREPROCESSED = "vgg-original"


def export(network: TrainingNetwork, architecture: str, path: Path, notes: Mapping[str, str]) -> None:
    """Writes a trained network as safetensors with torchvision's keys; `notes` go into its metadata."""
    write(folded(network), architecture, path, notes)


def write(
    parameters: Mapping[str, Tensor],
    architecture: str,
    path: Path,
    notes: Mapping[str, str],
    scale: Mapping[str, float] = SCALE,
) -> None:
    """Writes parameters, by torchvision's keys, as fp16 safetensors; layers are scaled to `scale`."""
    halves = {key: value.half().contiguous() for key, value in scaled(architecture, parameters, scale).items()}
    if not all(value.isfinite().all() for value in halves.values()):
        raise ValueError(f"a parameter of {architecture} does not fit into fp16")
    save_file(halves, path, metadata={"architecture": architecture, "preprocessing": PREPROCESSED, **notes})


@torch.no_grad()
def folded(network: TrainingNetwork) -> dict[str, Tensor]:
    """The parameters of the network with batch norm folded into them. Its input is a picture minus the mean, not
    divided.
    """
    parameters = {}
    for name, convolution in network.convolutions.items():
        norm = network.norms[name]
        assert isinstance(norm, BatchNorm2d)
        assert norm.running_mean is not None
        assert norm.running_var is not None
        gain = norm.weight / (norm.running_var + norm.eps).sqrt()
        weight = network.kernels(name) * gain.view(-1, 1, 1, 1)
        parameters[f"{convolution.key}.weight"] = weight / PIXEL_SCALE if name == "conv1_1" else weight
        parameters[f"{convolution.key}.bias"] = norm.bias - gain * norm.running_mean
    return parameters


@torch.no_grad()
def scaled(
    architecture: str, parameters: Mapping[str, Tensor], scale: Mapping[str, float] = SCALE
) -> dict[str, Tensor]:
    """The same network with the responses of every layer scaled to the sizes in `scale`.

    Because ReLU(a·x) = a·ReLU(x) for a > 0, a layer's weights and bias may be multiplied by a if the next layer's
    weights are divided by it: only the size of the responses changes.
    """
    plan = convolutions(architecture)
    network = Network(ARCHITECTURES[architecture], parameters, PREPROCESSING[PREPROCESSED], "average")
    responses = network(reference_pictures(), plan.keys())
    result, before = {}, 1.0
    for name, convolution in plan.items():
        gain = scale.get(name, OTHER_SCALE) / responses[name].square().mean().sqrt().item()
        result[f"{convolution.key}.weight"] = parameters[f"{convolution.key}.weight"] * (gain / before)
        result[f"{convolution.key}.bias"] = parameters[f"{convolution.key}.bias"] * gain
        before = gain
    return result


def reference_pictures() -> Tensor:
    """4×3×224×224, RGB in 0–255."""
    pictures = torch.stack([torch.from_numpy(photograph(name)) for name in REFERENCE_PHOTOGRAPHS])
    return functional.interpolate(pictures.permute(0, 3, 1, 2) * 255, size=REFERENCE_SIZE, mode="area")
