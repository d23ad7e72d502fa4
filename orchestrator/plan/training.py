"""What identifies a training of the auto-painter: trials with the same one share it."""

from __future__ import annotations

import hashlib
import json

from stylize import SettingsError
from stylize.settings import ABOUT, TrialSettings
from stylize.settings.painting_settings import CARTOONS, TRAINS

TRAINING_VERSION = 1
"""Increased whenever the same settings would train another generator."""

OF_TRAINING = tuple(
    name for name, about in ABOUT.items() if "generator" in about.effect.names() and name != "generator"
)
"""The settings that decide a training."""


def training_sha256(settings: TrialSettings, features: str, pictures: str | None = None) -> str:
    """The hash of everything that determines a training. features: that of the network of its feature loss. pictures:
    that of the folder of pictures, if it learns from one.
    """
    facts = settings.__dict__
    named = {name: facts[name] for name in OF_TRAINING if ABOUT[name].effect.holds(facts)}
    named.pop("training_pictures", None)  # a folder counts by its contents, and the cartoons by TRAINING_VERSION
    if settings.training_pictures != CARTOONS:
        named["pictures"] = pictures
    if settings.feature_weight:
        named["features"] = features
    text = json.dumps({"version": TRAINING_VERSION} | named, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def check_training(settings: TrialSettings) -> None:
    """Raises SettingsError for a training that cannot learn, or for hints that it did not learn from."""
    assert TRAINS.holds(settings.__dict__)
    if not (settings.pixel_weight or settings.feature_weight or settings.adversarial_weight):
        raise SettingsError(
            "pixel_weight, feature_weight and adversarial_weight are all 0: nothing would be learned", "pixel_weight"
        )
    if not settings.training_hints and (settings.hints or settings.hint_count):
        raise SettingsError("training_hints is 0, so the generator does not learn what hints are", "training_hints")
