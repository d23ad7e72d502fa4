"""What trials are made from: each picture and each network a grid names, found once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.trial import TrialSettings
from pictures import Finder, Picture, scaled_size
from weights import Weights, find_weights


@dataclass(frozen=True)
class Sources:
    """Where pictures and weights may come from: the options of the command line."""

    base: Path  # the grid's folder
    pictures: Path | None = None
    weights: Path | None = None
    offline: bool = False
    fetch: bool = True
    progress: Callable[[int, int | None], None] | None = None


@dataclass
class Inputs:
    """Finds pictures and weights, each once. Raises PictureError, WeightsError and StoreError."""

    sources: Sources
    pictures: dict[str, Picture] = field(default_factory=dict)
    weights: dict[tuple[str, str | None], Weights] = field(default_factory=dict)
    _sizes: dict[str, tuple[int, int]] = field(default_factory=dict)

    def picture(self, reference: str) -> Picture:
        """The picture that a grid calls `reference`."""
        if reference not in self.pictures:
            sources = self.sources
            finder = Finder(sources.base, sources.pictures, offline=sources.offline, fetch=sources.fetch)
            self.pictures[reference] = finder.find(reference)
        return self.pictures[reference]

    def network_weights(self, settings: TrialSettings) -> Weights:
        """The weights of a trial's network."""
        key = settings.architecture, settings.weights
        if key not in self.weights:
            sources = self.sources
            self.weights[key] = find_weights(
                settings.architecture,
                settings.weights,
                base=sources.base,
                folder=sources.weights,
                offline=sources.offline,
                fetch=sources.fetch,
                progress=sources.progress,
            )
        return self.weights[key]

    def scaled(self, reference: str, size: int | tuple[int, int]) -> tuple[int, int]:
        """Width and height of a picture at a trial's size; of one yet to be downloaded, those of a square one."""
        if reference not in self._sizes:
            picture = self.picture(reference)
            self._sizes[reference] = picture.size if picture.source else (1, 1)
        return scaled_size(*self._sizes[reference], size)
