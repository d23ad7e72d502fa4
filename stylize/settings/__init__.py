"""Every setting: its type, what it is called, when it has an effect, how its values are written. No torch."""

from stylize.network.torchvision_names import NAMES as TORCHVISION_NETWORKS
from stylize.settings.about import About
from stylize.settings.conditions import AFTER_FRAME
from stylize.settings.optimisation_settings import Settings
from stylize.settings.picture_and_network_settings import (
    ABOUT,
    CAN_CONTINUE,
    DEFAULTS,
    PICTURES,
    SETTING_NAMES,
    TrialSettings,
    why_needed,
)
from stylize.settings.types import ARCHITECTURE_NAMES, LayerWeight, PictureShare

__all__ = [
    "ABOUT",
    "AFTER_FRAME",
    "ARCHITECTURE_NAMES",
    "CAN_CONTINUE",
    "DEFAULTS",
    "PICTURES",
    "SETTING_NAMES",
    "TORCHVISION_NETWORKS",
    "About",
    "LayerWeight",
    "PictureShare",
    "Settings",
    "TrialSettings",
    "why_needed",
]
