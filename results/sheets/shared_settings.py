"""The line below a sheet, with the settings that all its trials share: this file chooses which of them a reader has to
know. How a setting and its values are written is in `stylize/settings/value_text.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from stylize.settings import ABOUT, DEFAULTS
from stylize.settings.conditions import Condition
from stylize.settings.value_text import setting_name, value_text

if TYPE_CHECKING:
    import pandas as pd


def fixed_text(settings: Mapping[str, Any], trials: pd.DataFrame | None = None) -> str:
    """The settings that all trials of a sheet share, on one line, without those that have no effect in any of `trials`.

    `settings` has a table's columns and values: layers are tuples of names, and their weights a column of their own.
    """
    weights_of = {about.weights.column: name for name, about in ABOUT.items() if about.weights}
    parts = []
    for column, value in settings.items():
        setting = weights_of.get(column, column)
        if setting in ABOUT and not _worth_saying(setting, settings, trials):
            continue
        weights = ABOUT[setting].weights if column in weights_of else None
        if weights and weights.equal_is_usual:
            if len(set(value)) < 2:
                continue
        elif value is None or value != value or (isinstance(value, tuple) and not value):
            continue
        parts.append(f"{setting_name(column)} {value_text(column, value)}".replace("\n", " + "))
    return " · ".join(parts)


def _worth_saying(setting: str, settings: Mapping[str, Any], trials: pd.DataFrame | None) -> bool:
    """Whether a reader has to know the setting: it may have an effect, and its value is not the usual one."""
    about = ABOUT[setting]
    if about.mentioned == "never" or not _may_have_an_effect(about.effect, settings, trials):
        return False
    return about.mentioned == "always" or settings.get(setting) != DEFAULTS[setting]


def _may_have_an_effect(effect: Condition, settings: Mapping[str, Any], trials: pd.DataFrame | None) -> bool:
    """Whether the condition holds, or cannot be known, with the values that some trial has beside the shared ones."""
    if "method" not in settings and (trials is None or "method" not in trials):
        settings = {"method": DEFAULTS["method"], **settings}  # rows from before there was another method
    answer = effect.holds(settings)
    varying = [] if trials is None else [name for name in effect.names() if name in trials and name not in settings]
    if answer is not None or trials is None or not varying:
        return answer is not False
    of_trials = trials[varying].drop_duplicates().itertuples(index=False, name=None)
    return any(effect.holds({**settings, **dict(zip(varying, one, strict=True))}) is not False for one in of_trials)
