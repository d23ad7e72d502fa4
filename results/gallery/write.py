"""Writing the gallery of a run, whole or as far as a running sweep has come."""

from __future__ import annotations

import datetime
import hashlib
import json
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import pandas as pd

from results.errors import SheetError
from results.gallery.columns import axes, columns, first_view, one_line, reference_link
from results.gallery.curves import PER_FILE, curve_files
from results.gallery.packing import hexadecimal, repeated, states
from results.gallery.script import call
from results.gallery.snapshots import snapshots
from results.gallery.thumbnails import EDGES, make_thumbnails
from results.marks import read_marks
from results.printable import printable
from results.run.folder import GALLERY_PAGE, Run
from results.table.axes import PICTURES
from results.table.labels import setting_name
from results.table.load import load
from stylize import registry

MOST_AT_ONCE = 10_000
"""Trials whose columns all come with the first look. Of more, most come after the first image."""

_AT_ONCE = ("total_loss", "style_distance")
"""Columns that may be the first caption."""


@dataclass
class Written:
    """What a writer has written already, by path: the hash of the contents. A running sweep writes many times."""

    hashes: dict[str, str] = field(default_factory=dict)
    version: str | None = None

    def write(self, run: Run, path: str, content: bytes) -> None:
        """Write a file unless it is the same as the last time."""
        digest = hashlib.sha256(content).hexdigest()
        if self.hashes.get(path) != digest:
            run.write(path, content)
            self.hashes[path] = digest


def write_gallery(
    run: Run, *, next_in: float | None = None, thumbnails: bool = True, written: Written | None = None
) -> str:
    """Write a run's gallery and say where its page is.

    `next_in`: seconds until it is written again, where a sweep runs; None where nothing is to come. Without
    `thumbnails` none are made, and the page shows the images themselves where none are there.

    Raises RunError, and SheetError for a run without trials.
    """
    trials = load(run.location, missing=True)
    if trials.empty:
        raise SheetError("there is no trial to show")
    written = written or Written()
    files, versions = curve_files(run, list(trials["trial_id"]))
    data = describe(run, trials) | {"curves": {"perFile": PER_FILE, "terms": registry.curves(), "versions": versions}}
    data["trials"]["thumbnails"] = hexadecimal(_thumbnails(run, trials, make=thumbnails))
    later = _put_off(data) if len(trials) > MOST_AT_ONCE else None
    written.version = hashlib.sha256(json.dumps(data).encode()).hexdigest()[:12]
    for name, content in page_files().items():
        written.write(run, f"gallery/{name}", content)
    for path, content in files.items():
        written.write(run, path, content)
    if later is not None:
        written.write(run, "gallery/columns.js", call("gallery.receiveColumns", later, written.version))
    written.write(run, "gallery/data.js", call("gallery.receiveData", data | {"version": written.version}))
    write_state(run, written, next_in)
    return run.full_path(GALLERY_PAGE)


def _put_off(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Take the columns that the first look does not need out of the data, and return them."""
    later = [column for column in data["columns"] if not ("constant" in column or column["name"] in _AT_ONCE)]
    names = {column["name"] for column in later}
    data["columns"] = [
        {name: column[name] for name in ("name", "title", "group")} | {"later": True}
        if column["name"] in names
        else column
        for column in data["columns"]
    ]
    return later


def write_state(run: Run, written: Written, next_in: float | None) -> None:
    """Tell pages that are open which version of the data there is, and in how many seconds to look for the next."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    state = {"version": written.version, "written": now, "nextIn": next_in}
    written.write(run, "gallery/state.js", call("gallery.receiveState", state))


def page_files() -> dict[str, bytes]:
    """The files that are the same for every run."""
    folder = resources.files("results.gallery") / "page"
    files = [*folder.iterdir(), *(folder / "vendor").iterdir()]
    named = {f"vendor/{one.name}" if (folder / "vendor" / one.name).is_file() else one.name: one for one in files}
    return {name: one.read_bytes() for name, one in named.items() if one.is_file()}


def describe(run: Run, trials: pd.DataFrame) -> dict[str, Any]:
    """All that the page knows of a table of `load`, without curves and thumbnails. Texts have no control characters."""
    metadata = run.metadata()
    grid = metadata["grid"]
    found = axes(trials)
    sizes = trials[["width", "height"]].max()
    has_image = [
        isinstance(path, str) and path == Run.image_path(trial)
        for path, trial in zip(trials["image_path"], trials["trial_id"], strict=True)
    ]
    return {
        "run": {
            "location": run.location,
            "name": printable(grid["name"]),
            "title": printable(grid["title"]),
            "description": printable(grid["description"] or ""),
            "standIns": sorted({printable(text) for text in trials["stand_ins"].dropna() if text}),
        },
        "edges": EDGES,
        "largest": [1, 1] if sizes.isna().any() else [int(sizes["width"]), int(sizes["height"])],
        "axes": found,
        "view": first_view([axis["name"] for axis in found], grid["sheet"]),
        "columns": columns(trials),
        "snapshots": snapshots(trials),
        "marks": [mark.plain() for mark in read_marks(run).values()],
        "references": {picture: _references(trials, picture) for picture in PICTURES},
        "trials": {
            "ids": hexadecimal(list(trials["trial_id"])),
            "states": states(list(trials["status"]), has_image),
            "sizes": repeated(
                [
                    None if pd.isna(width) else (int(width), int(height))
                    for width, height in zip(trials["width"], trials["height"], strict=True)
                ]
            ),
        },
    }


def _references(trials: pd.DataFrame, picture: str) -> dict[str, Any]:
    """The content or style pictures of the trials: each one once, and which of them each trial has, -1 for none."""
    if picture not in trials:
        return {"title": setting_name(picture), "pictures": [], "codes": [-1] * len(trials)}
    code: dict[tuple[str, str], int] = {}
    codes = []
    for name, sha256 in zip(trials[picture], trials[f"{picture}_sha256"], strict=True):
        known = isinstance(name, str) and isinstance(sha256, str)
        codes.append(code.setdefault((name, sha256), len(code)) if known else -1)
    pictures = [
        {"name": one_line(picture, name), "link": reference_link({f"{picture}_sha256": sha256}, picture)}
        for name, sha256 in code
    ]
    return {"title": setting_name(picture), "pictures": pictures, "codes": codes}


def _thumbnails(run: Run, trials: pd.DataFrame, *, make: bool) -> list[str | None]:
    """For each trial the hash that its thumbnails are named by, None for a trial without any."""
    done = trials[trials["pixels_sha256"].notna() & trials["image_path"].notna()]
    images = zip(done["image_path"], done["pixels_sha256"], done["width"], done["height"], strict=True)
    whole = make_thumbnails(run, ((path, sha, int(width), int(height)) for path, sha, width, height in images), make)
    return [sha256[:20] if isinstance(sha256, str) and sha256 in whole else None for sha256 in trials["pixels_sha256"]]
