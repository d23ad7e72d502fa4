"""Describes one run or several for the page, as JSON data: texts, axes, columns, and the data of all trials."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pandas as pd

from results.gallery.columns import axes, columns, first_view, one_line
from results.gallery.packing import hexadecimal, repeated, states
from results.gallery.snapshots import snapshots
from results.gallery.thumbnails import EDGES
from results.marks import read_marks
from results.printable import printable
from results.run.storage import Run
from results.table.axes import PICTURES, comparable_values
from results.table.bins import drawn_settings
from stylize.settings.value_text import setting_name


@dataclass(frozen=True)
class Shown:
    """A run that a page shows, and the address of its folder relative to the page, such as `../`."""

    run: Run
    base: str

    @property
    def folder(self) -> str:
        """The folder of a `base` such as `../run-1/`, below the folder that the page's own folder is in."""
        return self.base.removeprefix("../").removesuffix("/")


def apart(runs: Sequence[Run]) -> tuple[Shown, ...]:
    """The runs of a page whose images do not stay in the runs, but come from a server, from a copy, or from the page
    itself. The first run is in `run-1`, next to the page's folder, and so on.
    """
    return tuple(Shown(run, f"../run-{number}/") for number, run in enumerate(runs, start=1))


def base_between(page: Run, run: Run) -> str:
    """The address of a run's folder for a page in the folder `gallery` of another one; both are local."""
    parts = os.path.relpath(run.url, f"{page.url}/gallery").split(os.sep)
    return "".join(f"{quote(part)}/" for part in parts)


def describe(shown: Sequence[Shown], trials: pd.DataFrame) -> dict[str, Any]:
    """All data of the page except curves and thumbnails. Texts have no control characters.

    `trials`: the tables of `load` of all runs, one below the other. With several runs, the run is the first axis.
    """
    grids = [one.run.metadata()["grid"] for one in shown]
    grid = grids[0]
    names = run_names([one.run for one in shown])
    bases = {one.run.location: one.base for one in shown}
    found = axes(trials, bases, dict(zip(bases, names, strict=True)))
    several = len(shown) > 1
    sizes = trials[["width", "height"]].max()
    ids = trials["trial_id"].tolist()  # ten times as fast as going through the column
    has_image = [
        isinstance(path, str) and path == Run.image_path(trial)
        for path, trial in zip(trials["image_path"].tolist(), ids, strict=True)
    ]
    return {
        "run": {
            "location": printable(" ".join(bases)),
            "name": printable("-".join(dict.fromkeys(one["name"] for one in grids))),
            "title": printable(" and ".join(dict.fromkeys(one["title"] for one in grids))),
            "description": "" if several else printable(grid["description"] or ""),
            "objectives": _objectives(grid),
            "standIns": sorted({printable(text) for text in trials["stand_ins"].dropna() if text}),
        },
        "runs": [
            {"location": one.run.location, "name": name, "base": one.base}
            for one, name in zip(shown, names, strict=True)
        ],
        "edges": EDGES,
        "largest": [1, 1] if sizes.isna().any() else [int(sizes["width"]), int(sizes["height"])],
        "axes": found,
        "view": first_view([axis["name"] for axis in found], grid["sheet"]),
        "columns": columns(trials),
        "snapshots": snapshots(trials),
        "marks": [
            mark.plain() | ({"trial_id": f"{mark.trial_id}@{name}"} if several else {})
            for one, name in zip(shown, names, strict=True)
            for mark in read_marks(one.run).values()
        ],
        "references": {picture: _references(trials, picture, bases) for picture in PICTURES},
        "trials": {
            "runs": repeated([names[list(bases).index(location)] for location in trials["run"]]) if several else None,
            "ids": hexadecimal(ids),
            "draws": _draws(trials),
            "states": states(trials["status"].tolist(), has_image),
            "sizes": repeated(
                [
                    None if pd.isna(width) else (int(width), int(height))
                    for width, height in zip(trials["width"].tolist(), trials["height"].tolist(), strict=True)
                ]
            ),
        },
    }


def _objectives(grid: Mapping[str, Any]) -> dict[str, str]:
    """What a search improved, and which values are better; of other grids nothing."""
    given = grid.get("objectives")
    pairs = given.items() if isinstance(given, dict) else ()
    return {printable(str(column)): better for column, better in pairs if better in ("lower", "higher")}


def _draws(trials: pd.DataFrame) -> list[int] | None:
    """For each trial the number of its point among those that were drawn; None where nothing was drawn."""
    drawn = drawn_settings(trials)
    if not drawn:
        return None
    numbers: dict[tuple[object, ...], int] = {}
    points = zip(*(comparable_values(trials, name) for name in sorted(drawn)), strict=True)
    return [numbers.setdefault(point, len(numbers)) for point in points]


def run_names(runs: Sequence[Run]) -> list[str]:
    """The names of runs on the page: the last parts of their paths, or whole paths if two runs share the last part."""
    names = [run.location.rstrip("/").rpartition("/")[2] for run in runs]
    return [printable(name) for name in (names if len(set(names)) == len(names) else [run.location for run in runs])]


def _references(trials: pd.DataFrame, picture: str, bases: Mapping[str, str]) -> dict[str, Any]:
    """The content or style pictures of the trials: each picture once, and its index for each trial, -1 for none."""
    if picture not in trials:
        return {"title": setting_name(picture), "pictures": [], "codes": [-1] * len(trials)}
    code: dict[tuple[str, str], int] = {}
    codes, bases_of = [], []
    columns = (trials[name].tolist() for name in (picture, f"{picture}_sha256", "run"))
    for name, sha256, run in zip(*columns, strict=True):
        known = isinstance(name, str) and isinstance(sha256, str)
        if known and (name, sha256) not in code:
            bases_of.append(bases[run])
        codes.append(code.setdefault((name, sha256), len(code)) if known else -1)
    pictures = [
        {"name": one_line(picture, name), "link": f"{base}{Run.reference_path(sha256)}"}
        for (name, sha256), base in zip(code, bases_of, strict=True)
    ]
    return {"title": setting_name(picture), "pictures": pictures, "codes": codes}
