"""Weights and pictures in Ray's object store. The driver puts them there once, so that workers need no internet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import ray
from numpy.typing import NDArray

from orchestrator.cluster.handovers import Materials, NetworkParts, PictureKey
from orchestrator.errors import UsageError
from orchestrator.plan.batches import Batch
from orchestrator.plan.inputs import Inputs
from orchestrator.plan.networks import network_named
from orchestrator.plan.trial import Trial
from pictures import resize
from results import Run
from stylize import PREPROCESSING
from stylize.plugins import loaded_plugins
from weights import Weights


def load_networks(trials: Iterable[Trial], inputs: Inputs) -> dict[str, NetworkParts]:
    """The parameters of every network that these trials use. Done before anything is written: a bad file stops the
    sweep here.

    Raises WeightsError, and UsageError for a file that names an unknown preprocessing.
    """
    loaded: dict[tuple[str, str, str | None], NetworkParts] = {}
    networks: dict[str, NetworkParts] = {}
    for trial in trials:
        if trial.network in networks:
            continue
        if trial.trains:
            inputs.training_pictures(trial.settings)
        weights = inputs.network_weights(trial.setup.settings)
        key = weights.architecture, weights.sha256, weights.preprocessing_used
        if key not in loaded:
            loaded[key] = _load(weights)
        if loaded[key].preprocessing not in PREPROCESSING and not trial.paints:
            named = loaded[key].preprocessing
            raise UsageError(f"{weights.file} names the preprocessing {named!r}; there are {', '.join(PREPROCESSING)}")
        networks[trial.network] = loaded[key]
    return networks


def _load(weights: Weights) -> NetworkParts:
    architecture = network_named(weights.architecture)
    return NetworkParts(*weights.load_arrays(architecture.parameter_shapes(), architecture.random_parameters))


class MaterialStore:
    """Puts what batches need into the object store when it is first needed."""

    def __init__(self, run: Run, networks: dict[str, NetworkParts], inputs: Inputs) -> None:
        self._run = run
        self._inputs = inputs
        self._networks = networks
        self._network_refs: dict[int, ray.ObjectRef[NetworkParts]] = {}
        self._training_refs: dict[str, ray.ObjectRef[list[NDArray[np.uint8]]]] = {}
        self._picture_refs: dict[PictureKey, ray.ObjectRef[NDArray[Any]]] = {}

    def of(self, batch: Batch) -> Materials:
        """References to what a batch needs."""
        parts = self._networks[batch.trials[0].network]
        if id(parts) not in self._network_refs:  # two poolings share their weights
            self._network_refs[id(parts)] = ray.put(parts)
        pictures: dict[PictureKey, ray.ObjectRef[NDArray[Any]]] = {}
        sha256: dict[str, str] = {}
        for trial in batch.trials:
            for reference, size in trial.pictures:
                pictures[reference, size] = self._picture(reference, size)
                sha256[reference] = self._inputs.picture(reference).sha256
            for mask in trial.masks or ():
                pictures[mask, None] = self._labels(mask)
            if trial.hints:
                pictures[trial.hints, None] = self._hints(trial.hints)
        training = self._training(batch.trials[0])
        results = {trial.after: self._result(trial.after) for trial in batch.trials if trial.after}
        return Materials(
            self._run.url, self._network_refs[id(parts)], pictures, results, sha256, loaded_plugins(), training
        )

    def sha256(self, trial: Trial) -> dict[str, str]:
        """The hashes of a trial's pictures, by reference."""
        return {reference: self._inputs.picture(reference).sha256 for reference, _ in trial.pictures}

    def _result(self, trial: str) -> ray.ObjectRef[NDArray[Any]]:
        """The image of a trial that is done. The next frame of its clip starts from it."""
        return ray.put(np.asarray(self._inputs.result(trial)))

    def _training(self, trial: Trial) -> ray.ObjectRef[list[NDArray[np.uint8]]] | None:
        """The pictures that the trials' training learns from; all trials of a batch share a training."""
        pictures = self._inputs.training_pictures(trial.settings) if trial.trains else None
        if pictures is None:
            return None
        if trial.settings.training_pictures not in self._training_refs:
            self._training_refs[trial.settings.training_pictures] = ray.put(pictures)
        return self._training_refs[trial.settings.training_pictures]

    def _labels(self, reference: str) -> ray.ObjectRef[NDArray[Any]]:
        if (reference, None) not in self._picture_refs:
            self._picture_refs[reference, None] = ray.put(self._inputs.labels(reference))
        return self._picture_refs[reference, None]

    def _hints(self, reference: str) -> ray.ObjectRef[NDArray[Any]]:
        if (reference, None) not in self._picture_refs:
            self._picture_refs[reference, None] = ray.put(self._inputs.hints(reference))
        return self._picture_refs[reference, None]

    def _picture(self, reference: str, size: int | tuple[int, int]) -> ray.ObjectRef[NDArray[Any]]:
        if (reference, size) not in self._picture_refs:
            image = resize(self._inputs.picture(reference).image(), size)
            self._picture_refs[reference, size] = ray.put(np.asarray(image))
        return self._picture_refs[reference, size]
