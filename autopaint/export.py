"""The generator as a file: its parameters in safetensors, without what only training needs."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from autopaint.networks import Generator


@functools.cache
def parameter_shapes() -> dict[str, tuple[int, ...]]:
    """The shapes of a generator's parameters, by their keys in a file."""
    with torch.device("meta"):
        state = Generator().state_dict()
    return {key: tuple(value.shape) for key, value in state.items() if value.is_floating_point()}


def export(generator: Generator, path: Path, notes: Mapping[str, str]) -> None:
    """Write a generator as fp16, with notes in its metadata. Raises ValueError for a parameter that does not fit."""
    state = generator.state_dict()
    halves = {key: state[key].half().contiguous() for key in parameter_shapes()}
    if not all(value.isfinite().all() for value in halves.values()):
        raise ValueError("a parameter of the generator does not fit into fp16")
    save_file(halves, path, metadata={"architecture": "autopainter", **notes})


def generator_of(parameters: Mapping[str, Tensor]) -> Generator:
    """The generator with these parameters, ready to paint."""
    generator = Generator()
    generator.load_state_dict(dict(parameters), strict=False)  # without batch norm's counters, which painting ignores
    return generator.eval().requires_grad_(False)
