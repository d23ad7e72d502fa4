"""What trials are made from: each picture and each network a grid names, found once."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.errors import GridError
from orchestrator.grid_file import place_of
from orchestrator.trial import TrialSettings
from pictures import Finder, Picture, scaled_size
from pictures.errors import UnknownPictureError
from weights import UnknownWeightsError, Weights, find_weights


@dataclass(frozen=True)
class Sources:
    """Where pictures and weights may come from: the options of the command line."""

    base: Path  # the grid's folder
    pictures: Path | None = None
    weights: Path | None = None
    offline: bool = False
    fetch: bool = True
    untrusted: bool = False
    progress: Callable[[int, int | None], None] | None = None
    grid: Path | None = None  # where messages look for the place of a name that is none


@dataclass
class Inputs:
    """Finds pictures and weights, each once. Raises GridError for what there is not, and PictureError, WeightsError
    and StoreError.
    """

    sources: Sources
    pictures: dict[str, Picture] = field(default_factory=dict)
    weights: dict[tuple[str, str | None], Weights] = field(default_factory=dict)
    _sizes: dict[str, tuple[int, int]] = field(default_factory=dict)

    def picture(self, reference: str) -> Picture:
        """The picture that a grid calls `reference`."""
        if reference not in self.pictures:
            sources = self.sources
            finder = Finder(
                sources.base,
                sources.pictures,
                offline=sources.offline,
                fetch=sources.fetch,
                untrusted=sources.untrusted,
            )
            try:
                self.pictures[reference] = finder.find(reference)
            except UnknownPictureError as error:
                raise self._grid_error(error, ("content", "style"), reference) from error
        return self.pictures[reference]

    def network_weights(self, settings: TrialSettings) -> Weights:
        """The weights of a trial's network."""
        key = settings.architecture, settings.weights
        if key not in self.weights:
            sources = self.sources
            try:
                self.weights[key] = find_weights(
                    settings.architecture,
                    settings.weights,
                    base=sources.base,
                    folder=sources.weights,
                    offline=sources.offline,
                    fetch=sources.fetch,
                    untrusted=sources.untrusted,
                    progress=sources.progress,
                )
            except UnknownWeightsError as error:
                raise self._grid_error(error, ("weights",), settings.weights or "") from error
        return self.weights[key]

    def _grid_error(self, error: Exception, settings: Collection[str], value: str) -> GridError:
        return GridError(str(error), place=place_of(self.sources.grid, settings, value) if self.sources.grid else None)

    def scaled(self, reference: str, size: int | tuple[int, int]) -> tuple[int, int]:
        """Width and height of a picture at a trial's size; of one yet to be downloaded, those of a square one."""
        if reference not in self._sizes:
            picture = self.picture(reference)
            self._sizes[reference] = picture.size if picture.source else (1, 1)
        return scaled_size(*self._sizes[reference], size)
