"""The films that `sweep animate` makes of stylised clips: which they are, their frames, rate and sound.

They are written in `results/film/film.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pandas as pd
from PIL import Image

import results
from pictures import PictureError
from pictures.clip import USUAL_RATE, is_clip, open_clip
from results.file_name import file_name
from results.table.axes import LABEL, ORDER, grid_axes, label_of
from stylize.settings.value_text import setting_name

HIGHEST_RATE = 240


@dataclass(frozen=True)
class ClipFilm:
    """One film of a run: the frames of one clip with one combination of settings, up to the first that is not done.

    name: made from its settings, usable as a file name. ends_at: the first frame that is not done, and why; None if all
    are done.
    """

    name: str
    trials: pd.DataFrame
    rate: Fraction
    sound_from: str | None
    ends_at: str | None

    def frames(self) -> Iterator[Image.Image]:
        """Its images in order. Raises RunError where one is missing."""
        return (results.image(row) for _, row in self.trials.iterrows())


def is_of_clips(run: results.Run) -> bool:
    """Whether the trials of a run are frames of clips."""
    return any("frame" in axis for axis in grid_axes(run)) and bool(_clips(run))


def clip_films(run: results.Run, trials: pd.DataFrame, say: Callable[[str], None]) -> list[ClipFilm]:
    """The films of these trials (of `results.load(run, missing=True)`). If a clip is no
    longer where it was, or was changed, its film has no sound, and `say` is told.
    """
    axes = [axis for axis in grid_axes(run) if axis != ("frame",)]
    keys = [f"{settings[0]}{ORDER}" for settings in axes]
    films: list[ClipFilm] = []
    trials = trials[trials["content"].isin(list(_clips(run)))]
    for _, film in trials.groupby(keys, sort=True) if keys else [((), trials)]:
        ordered = film.sort_values("frame")
        undone = ordered[ordered["status"] != "done"]
        ends_at = None
        if len(undone):
            first = undone.iloc[0]
            ends_at = f"frame {first['frame']} is {first['status']}"
            ordered = ordered[ordered["frame"] < first["frame"]]
        if ordered.empty:
            say(f"no film of {_words(film.iloc[0], axes)}: {ends_at}")
            continue
        row = ordered.iloc[0]
        rate, sound_from = _of_clip(run, row, say)
        name = file_name(_words(row, axes)) or "film"
        taken = sum(one.name == name or one.name.startswith(f"{name}-") for one in films)
        films.append(ClipFilm(f"{name}-{taken + 1}" if taken else name, ordered, rate, sound_from, ends_at))
    return films


def _words(row: pd.Series, axes: list[tuple[str, ...]]) -> str:
    """A film's clip and its values along the axes of the grid."""
    words = [] if any("content" in settings for settings in axes) else [Path(str(row["content"])).stem]
    for settings in axes:
        for name in settings:
            if isinstance(row.get(f"{name}{LABEL}"), str):
                words.append(label_of(row, name))
                break  # the label stands for all axes that move together
        else:
            words += [f"{setting_name(name)} {label_of(row, name)}" for name in settings]
    return " ".join(words)


def _clips(run: results.Run) -> dict[str, dict[str, str]]:
    clips: dict[str, dict[str, str]] = run.metadata().get("clips", {})
    return clips


def _of_clip(run: results.Run, row: pd.Series, say: Callable[[str], None]) -> tuple[Fraction, str | None]:
    """Frames per second, and the file from which the film gets its sound.

    The run records where the clip was. Its sound is only used if the file there is still the one with this frame.
    """
    noted = _clips(run)[row["content"]]
    path = Path(noted["origin"])
    try:
        clip = open_clip(path) if is_clip(path) else None
    except PictureError:
        clip = None
    if clip is not None and clip.sha256(int(row["frame"])) == row["content_sha256"]:
        return _checked(clip.rate), str(path) if clip.sound else None
    if noted["sound"]:
        say(f"{path} is no longer the clip that these frames were made from: the film has no sound")
    return _checked(Fraction(noted["rate"])), None


def _checked(rate: Fraction) -> Fraction:
    return rate if 0 < rate <= HIGHEST_RATE else USUAL_RATE
