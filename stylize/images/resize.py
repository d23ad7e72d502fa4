"""Resizing images while they are optimised."""

from __future__ import annotations

import torch
from torch import Tensor


def resized(images: Tensor, shape: torch.Size, mode: str = "bicubic") -> Tensor:
    """Images of any dtype, B×C×H×W, at another height and width (fp32, smoothed where they shrink)."""
    enlarged = torch.nn.functional.interpolate(images.float(), list(shape), mode=mode, antialias=True)
    return enlarged.contiguous(memory_format=torch.channels_last)
