"""The arithmetic of the convolutions. Gram matrices, losses, the image and the optimiser are always fp32."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Literal

import torch

from stylize.errors import SettingsError
from stylize.settings.types import Precision

Arithmetic = Literal["fp32", "tf32", "bf16"]
"""fp32: 24 bits of precision. tf32: fp32 numbers of which NVIDIA's tensor cores multiply 11 bits. bf16: 8 bits."""


def resolve(precision: Precision, device: torch.device) -> Arithmetic:
    """The arithmetic of the setting `precision` on a device. `auto` is bf16 if the hardware multiplies it, else tf32 or
    fp32.

    Raises SettingsError for tf32 on a device without it.
    """
    if precision == "auto":
        return "bf16" if _multiplies_bf16(device) else "tf32" if _multiplies_tf32(device) else "fp32"
    if precision == "tf32" and not _multiplies_tf32(device):
        raise SettingsError("precision tf32 needs an NVIDIA GPU of compute capability 8.0 or newer; use auto or fp32")
    return precision


def _multiplies_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    # torch has no public function for this. If the private one is missing, fp32 is always right.
    questions = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return device.type == "cpu" and any(getattr(torch.cpu, question, lambda: False)() for question in questions)


def _multiplies_tf32(device: torch.device) -> bool:
    return device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0)


def storage(arithmetic: Arithmetic) -> torch.dtype:
    """The type in which responses and the network's parameters are kept."""
    return torch.bfloat16 if arithmetic == "bf16" else torch.float32


@contextlib.contextmanager
def tf32_convolutions(arithmetic: Arithmetic) -> Iterator[None]:
    """Let cuDNN's convolutions use tf32, forward and backward, if `arithmetic` says so; matrix products never do."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = arithmetic == "tf32"
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before
