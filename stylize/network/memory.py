"""How an optimisation step fits into memory: as it is, with checkpointing, or in tiles."""

from __future__ import annotations

from collections.abc import Sequence

import psutil
import torch

from stylize.lanes import Transfer
from stylize.network.architectures import PlannedArchitecture
from stylize.network.arithmetic import Arithmetic, storage
from stylize.network.network import Network
from stylize.network.step_memory import batch_bytes, tiled_bytes
from stylize.network.tiles import shown_shape

USABLE_SHARE = 0.8
"""The share of the free memory that a step may take. The rest is for workspaces, fragmentation and other things that
the model does not include.
"""


WHOLE_ROWS, SQUARES = (2048, 1024), (2048, 1024, 512, 256)
"""Pixels: rows of tiles as wide as the image, and edges of square ones. They are few, because which tiles are taken
changes the last bits of an image.
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


def tile_shape(
    network: Network, transfers: Sequence[Transfer], shape: torch.Size, arithmetic: Arithmetic
) -> tuple[int, int] | None:
    """Rows and columns of the tiles that such transfers have to be seen in; None where a step with checkpointing fits,
    or where the network is one of torchvision's.

    Tiles as wide as the image come first: less is shown twice, and nothing has to be copied. Where no tile fits it is
    the smallest.
    """
    architecture, room = network.architecture, USABLE_SHARE * free_bytes(network.device)
    if not isinstance(architecture, PlannedArchitecture):  # of others it is not known how far a position sees
        return None
    height, width = shape
    itemsize = storage(arithmetic).itemsize

    def with_checkpoints(one: Transfer) -> float:
        settings = one.settings.model_copy(update={"checkpointing": "always"})
        labels = len(one.masks.labels) if one.masks else 0
        return batch_bytes(settings, architecture, height, width, len(transfers), itemsize, labels)

    def in_tiles(one: Transfer, tile: tuple[int, int]) -> float:
        shown = shown_shape(architecture, one.settings.active_layers, (height, width), tile)
        return tiled_bytes(one.settings, architecture, (height, width), shown, len(transfers), itemsize)

    if max(map(with_checkpoints, transfers)) <= room:
        return None
    candidates = [*((rows, width) for rows in WHOLE_ROWS), *((edge, edge) for edge in SQUARES)]
    fitting = (tile for tile in candidates if max(in_tiles(one, tile) for one in transfers) <= room)
    return next(fitting, candidates[-1])


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
