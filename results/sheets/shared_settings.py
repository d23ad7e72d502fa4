"""The line below a sheet, with the settings that all its trials share: this file chooses which of them a reader has to
know. How a setting and its values are written is in `stylize/settings/value_text.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stylize.settings import ABOUT, DEFAULTS
from stylize.settings.value_text import setting_name, value_text


def fixed_text(settings: Mapping[str, Any]) -> str:
    """The settings that all trials of a sheet share, on one line, without those that have no effect.

    `settings` has a table's columns and values: layers are tuples of names, and their weights a column of their own.
    """
    weights_of = {about.weights.column: name for name, about in ABOUT.items() if about.weights}
    parts = []
    for column, value in settings.items():
        setting = weights_of.get(column, column)
        if setting in ABOUT and not _worth_saying(setting, settings):
            continue
        weights = ABOUT[setting].weights if column in weights_of else None
        if weights and weights.equal_is_usual:
            if len(set(value)) < 2:
                continue
        elif value is None or value != value or (isinstance(value, tuple) and not value):
            continue
        parts.append(f"{setting_name(column)} {value_text(column, value)}".replace("\n", " + "))
    return " · ".join(parts)


def _worth_saying(setting: str, settings: Mapping[str, Any]) -> bool:
    """Whether a reader has to know the setting: it may have an effect, and its value is not the usual one."""
    about = ABOUT[setting]
    if about.mentioned == "never" or about.effect.holds(settings) is False:
        return False
    return about.mentioned == "always" or settings.get(setting) != DEFAULTS[setting]
