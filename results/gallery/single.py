"""A run's gallery as one HTML file, for people who have nothing installed: page, data, small copies of the images."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from results.errors import RunError
from results.gallery.describe import Shown
from results.gallery.script import call
from results.gallery.thumbnails import EDGES
from results.gallery.write import page_contents, page_files
from results.run.storage import Run
from results.table.axes import PICTURES
from results.table.load import load

MOST_MEGABYTES = 50
"""Of a file that people send to each other, unless they ask for more."""


def write_single(
    run: Run, path: Path, *, trials: pd.DataFrame | None = None, most_megabytes: float = MOST_MEGABYTES
) -> tuple[int, int]:
    """Write the gallery into one file, and say how many bytes it has and the long edge of its images in pixels.

    `trials` are the rows of `load` to show; None shows the whole run. The images are the largest small copies with
    which the file stays below `most_megabytes`. Raises SheetError where there is no trial, RunError where not even the
    smallest images fit, or where the file cannot be written.
    """
    trials = load(run.location, missing=True) if trials is None else trials
    contents = page_contents([Shown(run, "../")], [trials])
    data = contents.data | {"snapshots": None}  # they would be most of the file
    pictures = {f"../{name}": run.read(name) for name in _references(run, trials)}
    texts, later = list(contents.curves.values()), contents.later
    for edge in sorted(EDGES, reverse=True):
        images = dict(_images(run, trials, edge))
        embedded = {"edge": edge, "pictures": _embedded(pictures, "png"), "images": _embedded(images, "webp")}
        content = _html(data, later, texts, embedded)
        if len(content) <= most_megabytes * 1e6:
            break
    else:
        raise RunError(
            f"a single file of {run.location} would have {len(content) / 1e6:.1f} MB even with its smallest images; "
            f"raise the limit of {most_megabytes:g} MB with --most-megabytes"
        )
    try:
        path.write_bytes(content)
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror}") from error
    return len(content), edge


def _references(run: Run, trials: pd.DataFrame) -> list[str]:
    """The small copies of the content and style pictures of trials, those that are there."""
    columns = [trials[f"{picture}_sha256"].dropna().unique() for picture in PICTURES if f"{picture}_sha256" in trials]
    used = {Run.reference_path(sha256) for column in columns for sha256 in column}
    return [name for name in run.names("references/*.png") if name in used]


def _images(run: Run, trials: pd.DataFrame, edge: int) -> Iterator[tuple[str, bytes]]:
    """The small copies of one size, or of the largest below it that an image has, by the name that they start with."""
    here = set(run.names("gallery/thumbnails/**"))
    for sha256 in trials["pixels_sha256"].dropna().unique():
        found = [Run.thumbnail_path(sha256, one) for one in sorted(EDGES, reverse=True) if one <= edge]
        if path := next((path for path in found if path in here), None):
            yield path.removeprefix("gallery/thumbnails/").rpartition("-")[0], run.read(path)


def _embedded(images: dict[str, bytes], kind: str) -> dict[str, str]:
    return {name: f"data:image/{kind};base64,{_base64(content)}" for name, content in images.items()}


def _html(data: dict[str, Any], later: bytes, curves: list[bytes], embedded: dict[str, Any]) -> bytes:
    files = page_files()
    page = files["index.html"].decode()
    scripts = re.findall(r'<script defer src="([\w./-]+)"></script>\n', page)
    styles = re.findall(r'<link rel="stylesheet" href="([\w./-]+)">\n', page)
    page = re.sub(r'<script defer src="[\w./-]+"></script>\n|<link rel="(?:stylesheet|icon)"[^>]*>\n', "", page)
    state = {"version": data["version"], "written": "", "nextIn": None}
    parts = [files[name] for name in scripts if name != "state.js"]
    # What is embedded comes first: the data say by which names it is found.
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
