"""The learning rate at each step."""

from __future__ import annotations

import torch
from torch import Tensor

from stylize.settings.optimisation_settings import Settings


def learning_rates(settings: Settings, steps: Tensor) -> Tensor:
    """The learning rates of the updates with these numbers (0 is the first), in pixel values (0–255), fp64.

    With the initial rate a, r = decay_rate and s = decay_steps: `none` a; `exponential` a·r^(t/s); `staircase`
    a·r^floor(t/s); `inverse_time` a/(1 + r·t/s). These are TensorFlow's formulas, which the paper's program used.
    `cosine`: a·(r + (1 − r)·(1 + cos(π·(t mod s)/s))/2), which falls from a towards a·r and begins again after s steps
    (Loshchilov, Hutter 2017, arXiv 1608.03983).
    """
    initial, rate, length = settings.learning_rate, settings.decay_rate, settings.decay_steps
    time = steps.double() / length
    if settings.decay == "exponential":
        return initial * rate**time
    if settings.decay == "staircase":
        return initial * rate ** (steps // length).double()
    if settings.decay == "inverse_time":
        return initial / (1 + rate * time)
    if settings.decay == "cosine":
        return initial * (rate + (1 - rate) * (1 + torch.cos(torch.pi * (time % 1))) / 2)
    return torch.full_like(time, initial)
