"""Writes the gallery of one run or of several, also while a sweep runs."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import pandas as pd

from results.errors import RunError, SheetError
from results.gallery.curves import PER_FILE, curve_files
from results.gallery.describe import Shown, apart, base_between, describe
from results.gallery.packing import hexadecimal
from results.gallery.script import call
from results.gallery.thumbnails import make_thumbnails
from results.run.storage import GALLERY_PAGE, Run
from results.table.load import load
from stylize import registry

MOST_AT_ONCE = 10_000
"""With more trials than this, most columns load after the first image."""

_AT_ONCE = ("total_loss", "style_distance")
"""Columns that the page may show below the images when it opens."""


@dataclass
class Written:
    """The hashes of the files that were written already, by path. A running sweep writes the gallery many times."""

    hashes: dict[str, str] = field(default_factory=dict)
    version: str | None = None

    def write(self, run: Run, path: str, content: bytes) -> None:
        """Write a file, unless its contents are the same as last time."""
        digest = hashlib.sha256(content).hexdigest()
        if self.hashes.get(path) != digest:
            run.write(path, content)
            self.hashes[path] = digest


def write_gallery(
    run: Run, *, next_in: float | None = None, thumbnails: bool = True, written: Written | None = None
) -> str:
    """Write a run's gallery and return the path of its page.

    `next_in`: seconds until it is written again by a running sweep; None if it will not be. Without `thumbnails` none
    are made, and the page shows full images where thumbnails are missing.

    Raises RunError, and SheetError for a run without trials.
    """
    shown = [Shown(run, "../")]
    return _write(run, shown, next_in=next_in, thumbnails=thumbnails, written=written or Written())


def write_several(runs: Sequence[Run], folder: Run) -> str:
    """Write one gallery of several runs into `folder/gallery` and return the path of its page.

    Its images stay in the runs. Raises RunError if a run or the folder is not on this machine's disks, and SheetError
    for runs without trials.
    """
    for one in (*runs, folder):
        if not one.is_local:
            raise RunError(
                f"a page of several runs links to their images by path, but {one.location} is not a folder here"
            )
    shown = [Shown(run, base_between(folder, run)) for run in runs]
    return _write(folder, shown, next_in=None, thumbnails=True, written=Written())


def write_apart(runs: Sequence[Run], folder: Run) -> tuple[Shown, ...]:
    """Write one gallery of several runs into `folder/gallery`, without their images (see `apart`).

    Raises RunError if something cannot be read or written, and SheetError for runs without trials.
    """
    shown = apart(runs)
    _write(folder, shown, next_in=None, thumbnails=True, written=Written())
    return shown


def _write(target: Run, shown: Sequence[Shown], *, next_in: float | None, thumbnails: bool, written: Written) -> str:
    tables = [load(one.run.location, missing=True) for one in shown]
    contents = page_contents(shown, tables, thumbnails=thumbnails)
    written.version = contents.data["version"]
    for name, content in page_files().items():
        written.write(target, f"gallery/{name}", content)
    for path, content in contents.curves.items():
        written.write(target, path, content)
    if contents.later:
        written.write(target, "gallery/columns.js", contents.later)
    written.write(target, "gallery/data.js", call("gallery.receiveData", contents.data))
    write_state(target, written, next_in)
    return target.full_path(GALLERY_PAGE)


@dataclass(frozen=True)
class PageContents:
    """The contents of a page.

    data: the data that it needs first. curves: scripts, by their paths below the run. later: the script with the
    columns that load after the first image; empty if there are none.
    """

    data: dict[str, Any]
    curves: dict[str, bytes]
    later: bytes


def page_contents(shown: Sequence[Shown], tables: Sequence[pd.DataFrame], *, thumbnails: bool = True) -> PageContents:
    """The contents of a page of these trials: for each run a table of `load`, or some rows of it.

    Missing thumbnails are written into the runs, unless `thumbnails` is False. Raises SheetError if there is no trial,
    and RunError.
    """
    trials = pd.concat(tables, ignore_index=True) if len(tables) > 1 else tables[0]
    if trials.empty:
        raise SheetError("there is no trial to show")
    curves, versions = curve_files(
        [(one.run, table["trial_id"].tolist()) for one, table in zip(shown, tables, strict=True)]
    )
    data = describe(shown, trials) | {"curves": {"perFile": PER_FILE, "terms": registry.curves(), "versions": versions}}
    made = [_thumbnails(one.run, table, make=thumbnails) for one, table in zip(shown, tables, strict=True)]
    data["trials"]["thumbnails"] = hexadecimal([name for names in made for name in names])
    later = _put_off(data) if len(trials) > MOST_AT_ONCE else None
    version = hashlib.sha256(json.dumps([data, later]).encode()).hexdigest()[:12]
    script = b"" if later is None else call("gallery.receiveColumns", later, version)
    return PageContents(data | {"version": version}, curves, script)


def _put_off(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Remove the columns that can load later from the data, and return them."""
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
    """Tell open pages the version of the data, and in how many seconds to look for the next one."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    state = {"version": written.version, "written": now, "nextIn": next_in}
    written.write(run, "gallery/state.js", call("gallery.receiveState", state))


def page_files() -> dict[str, bytes]:
    """The files that are the same for every run."""
    folder = resources.files("results.gallery") / "page"
    files = [*folder.iterdir(), *(folder / "vendor").iterdir()]
    named = {f"vendor/{one.name}" if (folder / "vendor" / one.name).is_file() else one.name: one for one in files}
    return {name: one.read_bytes() for name, one in named.items() if one.is_file()}


def _thumbnails(run: Run, trials: pd.DataFrame, *, make: bool) -> list[str | None]:
    """For each trial the hash in the names of its thumbnails; None for a trial without thumbnails."""
    done = trials[trials["pixels_sha256"].notna() & trials["image_path"].notna()]
    images = zip(*(done[name].tolist() for name in ("image_path", "pixels_sha256", "width", "height")), strict=True)
    whole = make_thumbnails(run, ((path, sha, int(width), int(height)) for path, sha, width, height in images), make)
    hashes = trials["pixels_sha256"].tolist()
    return [sha256[:20] if isinstance(sha256, str) and sha256 in whole else None for sha256 in hashes]
