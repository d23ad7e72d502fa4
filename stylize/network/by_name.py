"""The architecture that a grid calls by a name: one of our plans, or a network of torchvision. Does not import torch
itself; a network of torchvision does when it is asked for.
"""

from __future__ import annotations

import functools

from stylize.network.architecture import Architecture
from stylize.network.architectures import ARCHITECTURES
from stylize.network.torchvision_names import NAMES


@functools.cache
def architecture_named(name: str) -> Architecture:
    """The architecture with this name. Raises KeyError for a name that the setting `architecture` cannot have."""
    if name in NAMES:
        from stylize.network.torchvision_architecture import TorchvisionArchitecture

        return TorchvisionArchitecture(name)
    return ARCHITECTURES[name]
