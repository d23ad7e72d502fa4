"""Makes sketches of pictures: black lines on white by XDoG, the extended difference of Gaussians.

Winnemöller, Kyprianidis, Olsen 2012; k, γ and φ are those of the auto-painter's published program.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

K, GAMMA, PHI = 2.0, 0.97, 200.0
"""How much wider the second Gaussian is, how much of it is subtracted, and how steep the step to black is."""

RELATIVE_SIGMA = 1 / 200
"""σ as a share of the longer edge, where none is given: 0.64 pixels at 128, 2.56 at 512."""

LEAST_INK, MOST_INK = 0.001, 0.6
"""A sketch has at least and at most this share of ink."""


def xdog(picture: NDArray[np.uint8], sigma: float, threshold: float) -> NDArray[np.float32]:
    """The sketch of a picture (H×W×3), H×W from 0 (ink) to 1 (paper).

    D = G_σ − γ·G_kσ of the brightness from 0 to 1; white where D ≥ ε, else 1 + tanh(φ·(D − ε)). `sigma` is in pixels,
    `threshold` is 255·ε.
    """
    grey = picture.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32) / 255
    difference = ndimage.gaussian_filter(grey, sigma) - GAMMA * ndimage.gaussian_filter(grey, K * sigma)
    inked = 1 + np.tanh(PHI * np.minimum(difference - threshold / 255, 0))
    return np.asarray(inked, np.float32)


def as_sketch(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A drawing (H×W×3) that is a sketch already, as H×W from 0 (ink) to 1 (paper): its brightness."""
    return np.asarray(picture.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32) / 255, np.float32)


def has_colours(picture: NDArray[np.uint8]) -> bool:
    """Whether more than 1 % of a picture (H×W×3) is coloured: its channels differ by more than 40."""
    return bool((np.ptp(picture.astype(int), axis=-1) > 40).mean() > 0.01)


def ink_share(sketch: NDArray[np.float32]) -> float:
    """The share of a sketch that is ink."""
    return float((sketch < 0.5).mean())


def looks_like_a_sketch(picture: NDArray[np.uint8]) -> bool:
    """Whether a picture (H×W×3) is grey and mostly white, as drawings are."""
    values = picture.astype(int)
    return bool(np.ptp(values, axis=-1).mean() < 6 and (values.min(-1) > 200).mean() > 0.6)
