"""Whether an optimisation step would fit into memory without checkpointing."""

from __future__ import annotations

from collections.abc import Sequence

import psutil
import torch

from stylize.lanes import Transfer
from stylize.network.arithmetic import Arithmetic, storage
from stylize.network.network import Network
from stylize.network.step_memory import batch_bytes

USABLE_SHARE = 0.8
"""The share of the free memory that a step may take. The rest is for workspaces, fragmentation and other things that
the model does not include.
"""


def needs_checkpointing(
    network: Network, transfers: Sequence[Transfer], shape: torch.Size, arithmetic: Arithmetic
) -> bool:
    """Whether a step of these transfers would not fit into the device's free memory without checkpointing."""
    height, width = shape

    def needed(one: Transfer) -> float:
        """The bytes that a batch of such transfers needs."""
        labels = len(one.masks.labels) if one.masks else 0
        itemsize = storage(arithmetic).itemsize
        return batch_bytes(one.settings, network.architecture, height, width, len(transfers), itemsize, labels)

    return max(map(needed, transfers)) > USABLE_SHARE * free_bytes(network.device)


def free_bytes(device: torch.device) -> int:
    """The memory of a device that this process can use now. Memory that torch has reserved and does not use counts as
    free.
    """
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        used, aside = torch.cuda.memory_allocated(device), torch.cuda.memory_reserved(device)
        share = torch.cuda.get_per_process_memory_fraction(device)  # below 1 if processes share the device
        return min(free + aside - used, int(share * total) - used)
    return int(psutil.virtual_memory().available)
