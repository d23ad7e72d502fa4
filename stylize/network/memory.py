"""Whether an optimisation step would fit into memory without checkpointing."""

from __future__ import annotations

from collections.abc import Sequence

import psutil
import torch

from stylize.lanes import Transfer
from stylize.network.arithmetic import Arithmetic, storage
from stylize.network.network import Network

USABLE_SHARE = 0.8
"""Of the memory that is free now; the rest is for what the model of `Architecture.step_bytes` does not know."""


def needs_checkpointing(
    network: Network, transfers: Sequence[Transfer], shape: torch.Size, arithmetic: Arithmetic
) -> bool:
    """Whether a step of these transfers would not fit into the device's free memory as it is."""
    architecture = network.architecture
    deepest = architecture.deepest(set().union(*(one.settings.active_layers for one in transfers)))
    height, width = shape
    needed = len(transfers) * architecture.step_bytes(deepest, height, width, storage(arithmetic).itemsize)
    return needed > USABLE_SHARE * free_bytes(network.device)


def free_bytes(device: torch.device) -> int:
    """Memory that is free on a device now."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    return int(psutil.virtual_memory().available)
