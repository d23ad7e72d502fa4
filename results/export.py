"""Copies the images of chosen trials to a folder, with names that say what they show.

Copying a whole gallery is elsewhere: `gallery/single.py` makes one file of it, `gallery/host.py` a folder.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from results.errors import ExportError
from results.file_name import file_name
from results.run.storage import Run
from results.table.axes import LABEL, axis_along, axis_groups, comparable
from results.table.template import filled_in
from stylize.settings.value_text import value_text

NUMBER = "number"
"""The field of a pattern that is a trial's place among those exported: 01, 02 and so on."""


def export_images(trials: pd.DataFrame, folder: Run, pattern: str | None = None) -> list[str]:
    """Copy the images of trials (rows of `results.load`) to a folder, and return their names there.

    `pattern` is a template of columns such as "{content}-{style}-{ratio}", whose values are written as the grid labels
    them; None takes the axes along which the trials differ. Images whose names would be the same are numbered. A trial
    that stands at several points of the grid is copied once, and one without an image is left out. Of a trial with a
    file that `print_file` asked for, that file is copied.

    Raises ExportError where no trial has an image, for a wrong pattern, and where another file has one of the names;
    then nothing is written. Raises RunError where an image is missing or cannot be written.
    """
    done = trials[(trials["status"] == "done") & trials["image_path"].notna()].drop_duplicates(["run", "trial_id"])
    if done.empty:
        raise ExportError("none of these trials has an image")
    prints = done.get("print_path", done["image_path"])
    paths = [
        print_path if isinstance(print_path, str) else path
        for print_path, path in zip(prints, done["image_path"], strict=True)
    ]
    stems = [name.removesuffix(".png") for name in image_names(done, pattern)]
    names = [f"{stem}{PurePosixPath(path).suffix}" for stem, path in zip(stems, paths, strict=True)]
    sources = list(zip(names, done["run"], paths, strict=True))
    here = set(folder.names("*.*"))
    for name, run, path in sources:
        if name in here and folder.read(name) != Run(run).read(path):
            raise ExportError(f"{folder.full_path(name)} is there already and is another image; choose another folder")
    for name, run, path in sources:
        if name not in here:
            folder.write(name, Run(run).read(path))
    return names


def image_names(trials: pd.DataFrame, pattern: str | None = None) -> list[str]:
    """The name of each trial's image. No two are the same, also where capital letters are no difference."""
    pattern = _usual_pattern(trials) if pattern is None else pattern
    digits = len(str(len(trials)))
    stems = []
    for place, (_, row) in enumerate(trials.iterrows(), 1):
        numbered = pd.concat([row, pd.Series({NUMBER: f"{place:0{digits}}"})])
        stems.append(file_name(_filled(pattern, numbered)) or row["trial_id"])
    return [f"{stem}.png" for stem in _told_apart(stems)]


def _filled(pattern: str, row: pd.Series) -> str:
    def written(name: str, value: Any) -> str:
        label = row.get(f"{name}{LABEL}")
        if isinstance(label, str):
            return label
        return f"{value:g}" if isinstance(value, float) else value_text(name, comparable(value))

    return filled_in(pattern, row, "--name", ExportError, written)


def _usual_pattern(trials: pd.DataFrame) -> str:
    differing = [names[0] for names in axis_groups(trials) if len(axis_along(trials, names)) > 1]
    shown = ["content", "style", *(name for name in differing if name not in ("run", "content", "style"))]
    return "-".join(f"{{{name}}}" for name in shown if name in trials and trials[name].notna().any())


def _told_apart(stems: Iterable[str]) -> list[str]:
    taken: set[str] = set()
    found = []
    for stem in stems:
        name, number = stem, 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        found.append(name)
    return found
