"""The learning rate at each step."""

from __future__ import annotations

import math

from stylize.settings.transfer_settings import Settings


def learning_rate(settings: Settings, step: int) -> float:
    """The learning rate of update `step` (0 is the first), in pixel values (0–255).

    With the initial rate a, r = decay_rate and s = decay_steps: `none` a; `exponential` a·r^(t/s); `staircase`
    a·r^floor(t/s); `inverse_time` a/(1 + r·t/s). These are TensorFlow's formulas, which the paper's program used.
    """
    initial, rate, steps = settings.learning_rate, settings.decay_rate, settings.decay_steps
    shrink = 1.0
    if settings.decay == "exponential":
        shrink = math.pow(rate, step / steps)
    elif settings.decay == "staircase":
        shrink = math.pow(rate, step // steps)
    elif settings.decay == "inverse_time":
        shrink = 1 / (1 + rate * step / steps)
    return initial * shrink
