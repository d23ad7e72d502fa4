"""The architecture that a grid calls by a name: one of our plans, `pixels`, a network of torchvision or of a plugin.

Does not import torch itself; other networks than ours do when they are asked for.
"""

from __future__ import annotations

import functools

from stylize import registry
from stylize.network.architecture import Architecture
from stylize.network.architectures import ARCHITECTURES
from stylize.network.pixels import PIXELS
from stylize.network.torchvision_names import NAMES


def architecture_named(name: str) -> Architecture:
    """The architecture with this name. Raises KeyError for a name that the setting `architecture` cannot have."""
    if name in registry.NETWORKS:
        return _of_plugin(name, registry.NETWORKS[name])
    if name == PIXELS.name:
        return PIXELS
    return _of_torchvision(name) if name in NAMES else ARCHITECTURES[name]


@functools.cache
def _of_torchvision(name: str) -> Architecture:
    from stylize.network.traced_architecture import of_torchvision

    return of_torchvision(name)


@functools.cache
def _of_plugin(name: str, entry: registry.Network) -> Architecture:
    """`entry` names the plugin's source by its hash, so that a changed plugin is another architecture."""
    from stylize.network.traced_architecture import TracedArchitecture

    return TracedArchitecture(name, entry.content_layers, entry.style_layers, entry.load())
