"""Words for settings and their values, as a figure would print them."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from typing import Any

_NAMES = {"ratio": "α/β", "tv_weight": "total variation weight", "init": "initial image"}
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def setting_name(setting: str) -> str:
    """What a setting is called: `ratio` is α/β, and `learning_rate` is learning rate."""
    return _NAMES.get(setting, setting.replace("_", " "))


def value_text(setting: str, value: Any) -> str:
    """One value of a setting; a list of layers has a line for each."""
    if isinstance(value, tuple):
        return "\n".join(_item_texts(value)) or "none"
    if setting == "ratio" and value == 0:
        return "style only"
    if setting == "ratio" and value == math.inf:
        return "content only"
    if value is None or value != value:
        return "default"
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        return number_text(float(value))
    return str(value)


def _item_texts(items: tuple[Any, ...]) -> list[str]:
    """One text per item; layers given as pairs of name and weight show weights only where they differ."""
    if not all(isinstance(item, tuple) for item in items):
        return [str(item) for item in items]
    if len({weight for _, weight in items}) == 1:
        return [str(layer) for layer, _ in items]
    return [f"{layer} × {number_text(weight)}" for layer, weight in items]


def number_text(number: float, plain: tuple[float, float] = (0.01, 100_000)) -> str:
    """A number as it would be written by hand: 10⁻⁴, 2.5·10⁻⁶, 0.94, 448; without a power of ten between the two of
    `plain`.
    """
    if number == 0 or not math.isfinite(number) or plain[0] < abs(number) < plain[1]:
        return f"{number:g}"
    digits, exponent = f"{number:.5e}".split("e")
    digits = digits.rstrip("0").rstrip(".")
    power = f"10{str(int(exponent)).translate(_SUPERSCRIPTS)}"
    return power if digits == "1" else f"-{power}" if digits == "-1" else f"{digits}·{power}"


_WITHOUT_EFFECT: list[tuple[tuple[str, ...], str, tuple[Any, ...]]] = [
    (("seed", "noise_deviation"), "init", ("content", "style", "image")),
    (("noise_share",), "init", ("content", "style", "image", "noise")),
    (("decay_rate", "decay_steps"), "decay", ("none",)),
    (("decay", "decay_rate", "decay_steps", "betas"), "optimizer", ("lbfgs",)),
    (("mrf_stride", "mrf_rotations", "mrf_scales"), "style_representation", ("gram", "mean-variance", "wasserstein")),
    (("matting_from",), "matting_weight", (0,)),
]
"""Settings that say nothing where another setting has one of these values."""

_UNREMARKABLE = {
    "optimizer": "adam",
    "betas": (0.9, 0.999),
    "colour": "style",
    "style_representation": "gram",
    "style_scale": 1,
    "padding": "zero",
    "plateau": 0,
    "matting_weight": 0,
    "temporal_weight": 0,
    "tv_weight": 0,
    "clip_frames": 0,
    "frame_start": "warped",
    "precision": "auto",
}
"""Values that a reader of the paper assumes; a sheet mentions others."""


def fixed_text(settings: Mapping[str, Any]) -> str:
    """The settings that all trials of a sheet share, on one line, without those that have no effect."""
    hidden = {"weights", "history_every", "frames_every", "checkpointing"} | {
        name
        for names, setting, values in _WITHOUT_EFFECT
        if setting in settings and settings[setting] in values
        for name in names
    }
    parts = []
    for name, value in settings.items():
        if value == _UNREMARKABLE.get(name):
            continue
        if name.endswith("_layer_weights"):
            if len(set(value)) < 2:
                continue  # equal weights, as usual
        elif name in hidden or value is None or value != value or (isinstance(value, tuple) and not value):
            continue
        parts.append(f"{setting_name(name)} {value_text(name, value)}".replace("\n", " + "))
    return " · ".join(parts)
