"""A folder of pictures from which an auto-painter learns, as one thing with one hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pictures.errors import UnknownPictureError, UnreadableError
from pictures.read import FORMATS, read

FEWEST, MOST = 16, 1000
"""Pictures that a folder may have: fewer teach a generator nothing, and more need gigabytes in each worker."""

SMALLEST_EDGE, KEPT_EDGE = 96, 256
"""Pixels of the shorter edge: the least that a picture may have, and the most that is kept of it."""


@dataclass(frozen=True)
class PictureFolder:
    """files: in an order that depends on their contents alone. sha256: of all contents; names make no difference."""

    path: Path
    files: tuple[Path, ...]
    sha256: str

    def pictures(self) -> list[NDArray[np.uint8]]:
        """Its pictures as h×w×3 in 8-bit sRGB, the shorter edge at most KEPT_EDGE pixels. Raises UnreadableError."""
        return [_small(read(file)) for file in self.files]


def picture_folder(path: Path, suffixes: tuple[str, ...], within: Path | None = None) -> PictureFolder:
    """The folder at a path, of which files with these suffixes count. within: a folder that no link may lead out of.

    Raises UnknownPictureError for a folder with too few pictures, with too many, or with one that is too small, and
    UnreadableError for a damaged one.
    """
    files = sorted(file for file in path.iterdir() if file.is_file() and file.name.lower().endswith(suffixes))
    if not FEWEST <= len(files) <= MOST:
        raise UnknownPictureError(f"the folder {path} has {len(files)} pictures; a training needs {FEWEST} to {MOST:,}")
    contents = {}
    for file in files:
        if within and not file.resolve().is_relative_to(within.resolve()):
            raise UnknownPictureError(f"{file} is a link out of {within}, which --untrusted grids may not follow")
        _check(file)
        contents[file] = hashlib.sha256(file.read_bytes()).hexdigest()
    files.sort(key=contents.__getitem__)
    sha256 = hashlib.sha256("\n".join(contents[file] for file in files).encode()).hexdigest()
    return PictureFolder(path, tuple(files), sha256)


def _check(file: Path) -> None:
    try:
        with Image.open(file, formats=FORMATS) as image:
            edge = min(image.size)
    except Exception as error:  # Pillow's readers raise nearly anything for damaged files
        raise UnreadableError(f"{file} is damaged, or no picture: {error}") from error
    if edge < SMALLEST_EDGE:
        raise UnknownPictureError(
            f"{file} has an edge of {edge} pixels; a training needs pictures with at least {SMALLEST_EDGE}"
        )


def _small(image: Image.Image) -> NDArray[np.uint8]:
    scale = KEPT_EDGE / min(image.size)
    if scale < 1:
        image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
    return np.asarray(image)
