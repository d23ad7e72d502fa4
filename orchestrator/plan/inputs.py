"""Finds the pictures and networks that a grid names, each once.

Where they are searched is decided in `pictures/find.py` and `weights/find.py`; errors get their position in the grid
here."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from downloads import EVERYTHING_ALLOWED, Access
from orchestrator.errors import GridError
from orchestrator.grid.positions import position_of
from pictures import Clip, Finder, Picture, label_image, scaled_size
from pictures.errors import UnknownPictureError, UnreadableError
from pictures.folder import PictureFolder
from pictures.read import read_bytes
from results import Run, RunError
from stylize import SettingsError
from stylize.settings import PICTURES, TrialSettings
from stylize.settings.painting_settings import CARTOONS
from weights import UnknownWeightsError, Weights, find_generator, find_weights

OF_TRIAL = "trial:"
"""References to the image of a trial begin with this: `trial:<id>` in the same run, `trial:RUN/<id>` in another run."""


FEATURES = {"method": "transfer", "architecture": "vgg16-slim", "weights": None, "preprocessing": None}
"""Settings of the network by whose responses a training compares pictures."""


@dataclass(frozen=True)
class Sources:
    """Where pictures and weights may come from: the options of the command line."""

    base: Path  # the grid's folder
    pictures: Path | None = None
    weights: Path | None = None
    access: Access = EVERYTHING_ALLOWED
    grid: Path | None = None  # the grid file, in which messages say where a wrong name is
    run: Run | None = None  # whose images `trial:<id>` means


@dataclass(frozen=True)
class HintsFacts:
    """Of a picture of hints: its width and height, the share of it that is opaque, and the hash of what is opaque."""

    size: tuple[int, int]
    share: float
    sha256: str


@dataclass
class Inputs:
    """Finds pictures and weights, each once. Raises GridError for names that do not exist, and PictureError,
    WeightsError and VerifiedFileError.
    """

    sources: Sources
    pictures: dict[str, Picture] = field(default_factory=dict)
    weights: dict[tuple[str, str | None, str | None], Weights] = field(default_factory=dict)
    clips: dict[str, Clip | None] = field(default_factory=dict)
    folders: dict[str, PictureFolder] = field(default_factory=dict)  # that trainings learn from
    _frames: dict[str, Picture] = field(default_factory=dict)
    _checked: set[tuple[str, str]] = field(default_factory=set)  # masks that fit each other
    _sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    _hints: dict[str, HintsFacts] = field(default_factory=dict)
    _training: dict[Path, list[NDArray[np.uint8]]] = field(default_factory=dict)

    def picture(self, reference: str) -> Picture:
        """The picture that a grid calls `reference`."""
        if reference in self._frames:
            return self._frames[reference]
        if reference not in self.pictures:
            if reference.startswith(OF_TRIAL):
                self.pictures[reference] = self._image_of_trial(reference)
                return self.pictures[reference]
            try:
                self.pictures[reference] = self._finder().find(reference)
            except UnknownPictureError as error:
                raise self._picture_error(error, reference) from error
        return self.pictures[reference]

    def clip(self, reference: str) -> Clip | None:
        """The clip that a grid calls `reference`; None for a still picture."""
        if reference not in self.clips:
            try:
                self.clips[reference] = None if reference.startswith(OF_TRIAL) else self._finder().find_clip(reference)
            except UnknownPictureError as error:
                raise self._grid_error(error, ("content",), reference) from error
        return self.clips[reference]

    def frame(self, reference: str, number: int) -> str:
        """The reference of a frame of a clip, for `picture`. Raises SettingsError if there is no such frame."""
        clip = self.clip(reference)
        if clip is None:
            raise SettingsError(f"frame {number} of {reference} is asked for, but that is a still picture", "frame")
        if number >= clip.count:
            known = f"its frames are 0 to {clip.count - 1}"
            raise SettingsError(f"frame {number} of {reference} is asked for, but {known}", "frame")
        name = f"{reference}, frame {number}"
        if name not in self._frames:
            size = clip.size
            self._frames[name] = Picture(
                name, clip.origin, None, None, lambda: clip.frame(number), known=(clip.sha256(number), size)
            )
        return name

    def references(self) -> list[Picture]:
        """The pictures that a run keeps so that people can compare with them. Frames of clips come last."""
        return [*self.pictures.values(), *self._frames.values()]

    def result(self, trial: str) -> Image.Image:
        """The image of a trial of this run that is done. Raises RunError."""
        run, path = self.sources.run, Run.image_path(trial)
        assert run is not None
        return read_bytes(run.read(path), path)

    def _finder(self) -> Finder:
        sources = self.sources
        return Finder(sources.base, sources.pictures, sources.access)

    def network_weights(self, settings: TrialSettings) -> Weights:
        """The weights of a trial's network; of the auto-painter, its generator."""
        if settings.trains:  # by whose responses its feature loss compares
            return self.network_weights(settings.model_copy(update=FEATURES))
        if settings.paints:
            return self._generator(settings.generator)
        key = settings.architecture, settings.weights, settings.preprocessing
        if key not in self.weights:
            sources = self.sources
            try:
                found = find_weights(
                    settings.architecture,
                    settings.weights,
                    base=sources.base,
                    folder=sources.weights,
                    access=sources.access,
                )
            except UnknownWeightsError as error:
                raise self._grid_error(error, ("weights",), settings.weights or "") from error
            if settings.preprocessing and not found.stand_in:  # a stand-in has its own preprocessing
                found = replace(found, preprocessing=settings.preprocessing)
            self.weights[key] = found
        return self.weights[key]

    def _generator(self, reference: str) -> Weights:
        key = "autopainter", reference, None
        if key not in self.weights:
            try:
                self.weights[key] = find_generator(reference, base=self.sources.base, access=self.sources.access)
            except UnknownWeightsError as error:
                raise self._grid_error(error, ("generator",), reference) from error
        return self.weights[key]

    def hints(self, reference: str) -> NDArray[np.uint8]:
        """A picture of hints at its full size, h×w×4. Raises PictureError."""
        picture = self.picture(reference)
        try:
            return np.asarray(picture.layer())
        except UnreadableError as error:
            raise self._picture_error(error, reference) from error

    def hints_facts(self, reference: str) -> HintsFacts:
        """What a plan has to know of hints."""
        if reference not in self._hints:
            pixels = self.hints(reference)
            opaque = pixels[..., 3] >= 128
            shown = np.where(opaque[..., None], pixels[..., :3], 0).tobytes() + opaque.tobytes()
            size = pixels.shape[1], pixels.shape[0]
            sha256 = hashlib.sha256(f"{size[0]}x{size[1]}:".encode() + shown).hexdigest()
            self._hints[reference] = HintsFacts(size, float(opaque.mean()), sha256)
        return self._hints[reference]

    def training_folder(self, settings: TrialSettings) -> PictureFolder | None:
        """The folder of pictures that a training learns from; None if it learns from cartoons."""
        reference = settings.training_pictures
        if reference == CARTOONS:
            return None
        if reference not in self.folders:
            try:
                self.folders[reference] = self._finder().find_folder(reference)
            except (UnknownPictureError, UnreadableError) as error:
                raise self._grid_error(error, ("training_pictures",), reference) from error
        return self.folders[reference]

    def training_pictures(self, settings: TrialSettings) -> list[NDArray[np.uint8]] | None:
        """The pictures of that folder, each h×w×3. Raises GridError."""
        folder = self.training_folder(settings)
        if folder is None:
            return None
        if folder.path not in self._training:
            try:
                self._training[folder.path] = folder.pictures()
            except UnreadableError as error:
                raise self._grid_error(error, ("training_pictures",), settings.training_pictures) from error
        return self._training[folder.path]

    def check_masks(self, content: str, style: str) -> None:
        """Raises SettingsError for a label that is in only one of two label images. Images not downloaded yet are
        skipped.
        """
        if (content, style) in self._checked or not (self.picture(content).source and self.picture(style).source):
            return
        of_content, of_style = (set(np.unique(self.labels(one)).tolist()) for one in (content, style))
        for label in sorted(of_content ^ of_style):
            here, there = (content, style) if label in of_content else (style, content)
            raise SettingsError(
                f"the colour #{label:06x} is in the mask {here} but not in the mask {there}", "content_mask"
            )
        self._checked.add((content, style))

    def labels(self, reference: str) -> NDArray[np.int32]:
        """A label image's labels, H×W. Raises PictureError."""
        try:
            return label_image(self.picture(reference).image(), reference)
        except UnreadableError as error:
            raise self._picture_error(error, reference) from error

    def run_of(self, reference: str) -> tuple[Run, str]:
        """The run and the id that a reference to the image of a trial names. Raises UnknownPictureError."""
        place, slash, trial = reference.removeprefix(OF_TRIAL).rpartition("/")
        if slash:
            return self._run_at(place), trial
        if self.sources.run is None:
            raise UnknownPictureError(f"trial {trial} has no image in this run; run it first")
        return self.sources.run, trial

    def _run_at(self, place: str) -> Run:
        """Another run: a URL, or a folder relative to the grid's, to the working directory, or to `runs` in it."""
        base, untrusted = self.sources.base.resolve(), self.sources.access.untrusted
        if "://" in place and not untrusted:
            return Run(place)
        for parent in [base] if untrusted else [base, Path.cwd(), Path.cwd() / "runs"]:
            folder = (parent / place).resolve()
            if (folder / "run.json").is_file() and (not untrusted or folder.is_relative_to(base)):
                return Run(folder)
        hint = f"; --untrusted grids may name none outside {base}" if untrusted else ""
        raise UnknownPictureError(f"there is no run {place!r}{hint}")

    def _image_of_trial(self, reference: str) -> Picture:
        try:
            run, trial = self.run_of(reference)
            path = Run.image_path(trial)
            if not run.exists(path):
                where = "this run" if run is self.sources.run else run.location
                raise UnknownPictureError(f"trial {trial} has no image in {where}; run it first")
        except (RunError, UnknownPictureError) as error:
            raise self._grid_error(error, ("init_image",), reference) from error
        return Picture(reference, run.full_path(path), None, None, lambda: read_bytes(run.read(path), path))

    def _picture_error(self, error: Exception, reference: str) -> GridError:
        return self._grid_error(error, (*PICTURES, "style_blend"), reference)

    def _grid_error(self, error: Exception, settings: Collection[str], value: str) -> GridError:
        return GridError(
            str(error), position=position_of(self.sources.grid, settings, value) if self.sources.grid else None
        )

    def scaled(self, reference: str, size: int | tuple[int, int]) -> tuple[int, int]:
        """Width and height of a picture at a trial's size. A picture that is not downloaded yet counts as square."""
        if reference not in self._sizes:
            picture = self.picture(reference)
            try:
                self._sizes[reference] = picture.size if picture.source else (1, 1)
            except UnreadableError as error:
                raise self._picture_error(error, reference) from error
        return scaled_size(*self._sizes[reference], size)
