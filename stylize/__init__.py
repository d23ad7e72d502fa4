"""Neural style transfer: tensors in, tensors out. No files, no YAML, no Ray.

    network = stylize.Network(stylize.ARCHITECTURES["vgg16"], parameters, stylize.PREPROCESSING["vgg-original"])
    result = stylize.transfer(content, style, stylize.Settings(ratio=1e-3), network)

Settings and architectures can be imported without torch; the rest is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stylize.errors import PictureError, SettingsError, StylizeError
from stylize.network.architecture import Architecture
from stylize.network.architectures import ARCHITECTURES
from stylize.network.by_name import architecture_named
from stylize.network.preprocessing import PREPROCESSING, Preprocessing
from stylize.settings.optimisation_settings import Settings
from stylize.settings.types import LayerWeight

if TYPE_CHECKING:
    from stylize.images.snapshots import Snapshot
    from stylize.lanes import Lane, Previous, Transfer
    from stylize.losses.targets import Targets
    from stylize.masks import Masks
    from stylize.metrics.metrics import Metrics
    from stylize.network.network import Network
    from stylize.optimise import transfer, transfer_batch, transfer_lanes
    from stylize.ready import ReadyLane, make_ready
    from stylize.result import History, Result
    from stylize.state import State

_NEED_TORCH = {
    "Lane": "lanes",
    "Masks": "masks",
    "Metrics": "metrics.metrics",
    "Network": "network.network",
    "Previous": "lanes",
    "ReadyLane": "ready",
    "Snapshot": "images.snapshots",
    "State": "state",
    "Transfer": "lanes",
    "Targets": "losses.targets",
    "History": "result",
    "Result": "result",
    "make_ready": "ready",
    "transfer": "optimise",
    "transfer_batch": "optimise",
    "transfer_lanes": "optimise",
}

__all__ = [
    "ARCHITECTURES",
    "PREPROCESSING",
    "Architecture",
    "History",
    "Lane",
    "LayerWeight",
    "Masks",
    "Metrics",
    "Network",
    "PictureError",
    "Preprocessing",
    "Previous",
    "ReadyLane",
    "Result",
    "Settings",
    "SettingsError",
    "Snapshot",
    "State",
    "StylizeError",
    "Targets",
    "Transfer",
    "architecture_named",
    "make_ready",
    "transfer",
    "transfer_batch",
    "transfer_lanes",
]


def __getattr__(name: str) -> Any:
    if name not in _NEED_TORCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(f"stylize.{_NEED_TORCH[name]}"), name)
    globals()[name] = value
    return value
