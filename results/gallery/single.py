"""Writes a gallery as one HTML file, for people who have nothing installed: page, data, small copies of the images."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from results.errors import RunError
from results.gallery.describe import Shown, apart
from results.gallery.script import call
from results.gallery.thumbnails import EDGES
from results.gallery.write import page_contents, page_files
from results.run.storage import Run
from results.table.axes import PICTURES

MOST_MEGABYTES = 50
"""The default limit in MB, for a file that people send to each other."""


@dataclass(frozen=True)
class Single:
    """A page in one file, before it is written. edge: the long edge of its images, in pixels."""

    content: bytes
    edge: int

    def write(self, path: Path) -> None:
        """Write the file. Raises RunError if that fails."""
        try:
            path.write_bytes(self.content)
        except OSError as error:
            raise RunError(f"cannot write {path}: {error.strerror}") from error


def single_file(trials: pd.DataFrame, *, most_megabytes: float = MOST_MEGABYTES) -> Single:
    """A gallery of these trials, of one run or of several, in one file.

    `trials` are rows of `load(…, missing=True)`. The images are the largest copies with which the file stays below
    `most_megabytes`. Raises SheetError if there is no trial, RunError if not even the smallest copies fit.
    """
    tables = [table for _, table in trials.groupby("run", sort=False)] or [trials]
    runs = [Run(location) for location in trials["run"].unique()]
    shown = (Shown(runs[0], "../"),) if len(runs) == 1 else apart(runs)
    contents = page_contents(shown, tables)
    data = contents.data | {"snapshots": None}  # they would be most of the file
    curves = list(contents.curves.values())
    pairs = list(zip(shown, tables, strict=True))
    pictures = {one.base + path: one.run.read(path) for one, table in pairs for path in _references(one.run, table)}
    embedded: dict[str, Any] = {"edge": max(EDGES), "pictures": _embedded(pictures, "png"), "images": {"": ""}}
    bare = len(_html(data, contents.later, curves, embedded)) - len('"":"",')  # the last image has no comma after it
    copies = [_Copies(one.run, table) for one, table in pairs]
    for edge in sorted(EDGES, reverse=True):
        size = bare + sum(one.bytes_in_page(edge) for one in copies)
        if size <= most_megabytes * 1e6:
            images = {name: content for one in copies for name, content in one.read(edge)}
            embedded |= {"edge": edge, "images": _embedded(images, "webp")}
            return Single(_html(data, contents.later, curves, embedded), edge)
    raise RunError(
        f"a single file of {' '.join(run.location for run in runs)} would have {size / 1e6:.1f} MB even with its "
        f"smallest images; raise the limit of {most_megabytes:g} MB with --most-megabytes"
    )


class _Copies:
    """The small copies that exist of the images of a run's trials."""

    def __init__(self, run: Run, trials: pd.DataFrame) -> None:
        self._run = run
        self._sizes = run.sizes("gallery/thumbnails/**")
        self._images = list(trials["pixels_sha256"].dropna().unique())

    def bytes_in_page(self, edge: int) -> int:
        """How many bytes the copies with this long edge take in the page, as base64 with quotes, names and commas."""
        around = len(call("", {"": _address(b"", "webp")})) - len(call("", {})) + len(",")
        return sum(around + len(_name(path)) + 4 * -(-self._sizes[path] // 3) for path in self._paths(edge))

    def read(self, edge: int) -> Iterator[tuple[str, bytes]]:
        """The copies, by the first part of their names."""
        for path in self._paths(edge):
            yield _name(path), self._run.read(path)

    def _paths(self, edge: int) -> Iterator[str]:
        """For each image its copy of this size, or the next smaller one."""
        for sha256 in self._images:
            found = [Run.thumbnail_path(sha256, one) for one in sorted(EDGES, reverse=True) if one <= edge]
            if path := next((path for path in found if path in self._sizes), None):
                yield path


def _name(path: str) -> str:
    return path.removeprefix("gallery/thumbnails/").rpartition("-")[0]


def _references(run: Run, trials: pd.DataFrame) -> list[str]:
    """The small copies that exist of the content and style pictures of trials."""
    columns = [trials[f"{picture}_sha256"].dropna().unique() for picture in PICTURES if f"{picture}_sha256" in trials]
    used = {Run.reference_path(sha256) for column in columns for sha256 in column}
    return [name for name in run.names("references/*.png") if name in used]


def _embedded(images: Mapping[str, bytes], kind: str) -> dict[str, str]:
    return {name: _address(content, kind) for name, content in images.items()}


def _address(content: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{_base64(content)}"


def _html(data: dict[str, Any], later: bytes, curves: list[bytes], embedded: dict[str, Any]) -> bytes:
    files = page_files()
    page = files["index.html"].decode()
    scripts = re.findall(r'<script defer src="([\w./-]+)"></script>\n', page)
    styles = re.findall(r'<link rel="stylesheet" href="([\w./-]+)">\n', page)
    page = re.sub(r'<script defer src="[\w./-]+"></script>\n|<link rel="(?:stylesheet|icon)"[^>]*>\n', "", page)
    state = {"version": data["version"], "written": "", "nextIn": None}
    parts = [files[name] for name in scripts if name != "state.js"]
    # Embedded images come first, because the data refer to them by name.
    parts += [call("gallery.receiveEmbedded", embedded), later, call("gallery.receiveData", data), *curves]
    parts += [call("gallery.receiveState", state)]
    script = b"\n".join(parts)
    style = b"\n".join(files[name] for name in styles)
    for text in (script, style):
        if re.search(rb"</(script|style)|<!--", text, re.IGNORECASE):
            raise AssertionError("a part of the page would end its own tag")
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    page = re.sub(r'(http-equiv="Content-Security-Policy" content=")[^"]*', lambda found: found[1] + policy, page)
    head, body = page.encode().split(b"</head>")
    head += b"<style>" + style + b"</style>\n</head>"
    return head + body.replace(b"</body>", b"<script>" + script + b"</script>\n</body>")


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _hash(content: bytes) -> str:
    return f"'sha256-{_base64(hashlib.sha256(content).digest())}'"
