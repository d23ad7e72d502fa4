"""Pretrained parameters: a manifest, the search for its files, and loading that never runs what a file contains."""

from weights.errors import UnknownWeightsError, UnusableError, WeightsError
from weights.find import Weights, find_generator, find_weights
from weights.manifest import manifest

__all__ = [
    "UnknownWeightsError",
    "UnusableError",
    "Weights",
    "WeightsError",
    "find_generator",
    "find_weights",
    "manifest",
]
