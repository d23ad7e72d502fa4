"""From what a grid calls a picture (a name, a path or a URL) to the picture."""

from __future__ import annotations

import difflib
import functools
import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from PIL import Image

from downloads import EVERYTHING_ALLOWED, Access, NotHereError, Remote, cache_folder, find
from pictures import drawn_once
from pictures.catalogue import LARGEST_FILE, Entry, catalogue
from pictures.clip import FILM_SUFFIXES, Clip, drawn_clip, is_clip, open_clip
from pictures.errors import UnknownPictureError
from pictures.folder import PictureFolder, picture_folder
from pictures.read import pixels_sha256, read, read_layer

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".tif", ".tiff", ".bmp", ".ppm", ".pgm", ".jp2", ".avif")


@dataclass(frozen=True)
class Picture:
    """A picture that is on this machine, or (if `source` is None) one that will be downloaded when the sweep runs.

    reference: as the grid wrote it. origin: the file, package or address it comes from, for people to read.
    stand_in: the name of the built-in picture that takes its place, or None.
    """

    reference: str
    origin: str
    credit: str | None
    stand_in: str | None
    source: Callable[[], Image.Image] | None
    known: tuple[str, tuple[int, int]] | None = None  # hash and size, if they are known without reading the picture
    file: Path | None = None  # the file that it is read from

    @functools.cached_property
    def _facts(self) -> tuple[str, tuple[int, int]]:
        if self.known:
            return self.known
        image = self.image()
        return pixels_sha256(image), image.size

    @property
    def sha256(self) -> str:
        """The hash of its pixels in 8-bit sRGB at full size. Raises UnreadableError."""
        return self._facts[0]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels. Raises UnreadableError."""
        return self._facts[1]

    def image(self) -> Image.Image:
        """The picture in 8-bit sRGB. Each call reads it, as a sweep may have thousands. Raises UnreadableError."""
        assert self.source is not None, f"{self.reference} is not here yet"
        return self.source()

    def layer(self) -> Image.Image:
        """The picture with its transparency (RGBA); opaque if it is not read from a file. Raises UnreadableError."""
        return read_layer(self.file) if self.file else self.image().convert("RGBA")


class Finder:
    """Finds pictures. Files are looked for in `folder` (the user's `--pictures`), the cache, and on the network.

    Paths are relative to `base`, the grid's folder, or else to the working directory. Where `access`
    is offline, built-in pictures stand in for named ones that are missing; where the grid is untrusted, it reaches no
    file outside its own folder and no address that is not public.
    """

    def __init__(
        self,
        base: Path,
        folder: Path | None = None,
        access: Access = EVERYTHING_ALLOWED,
    ) -> None:
        self._base = base
        self._folder = folder
        self._access = access

    def find(self, reference: str) -> Picture:
        """Raises UnknownPictureError, and downloads.VerifiedFileError where a file cannot be had."""
        if is_url(reference):
            return self._from_remote(
                reference, _unnamed_remote(reference, public_only=self._access.untrusted), credit=None
            )
        if is_path(reference):
            return self._from_path(reference)
        entry = catalogue().get(reference)
        if entry:
            return self._from_entry(reference, entry)
        return self._from_folder(reference)

    def find_clip(self, reference: str) -> Clip | None:
        """The clip of this name, or None for a still picture. Raises UnknownPictureError and UnreadableError."""
        entry = catalogue().get(reference)
        if entry and entry.frames:
            from pictures.drawn_clip import passing_ball

            return drawn_clip(reference, entry.frames, passing_ball)
        if is_url(reference):
            if _url_path(reference).lower().endswith(FILM_SUFFIXES):
                raise UnknownPictureError(f"{reference} is a film elsewhere; download it and give its path")
            return None
        if not is_path(reference):
            return None
        path = self._path(reference)
        return open_clip(path, within=self._base if self._access.untrusted else None) if is_clip(path) else None

    def find_folder(self, reference: str) -> PictureFolder:
        """The folder of pictures at this path. Raises UnknownPictureError and UnreadableError."""
        path = self._path(reference)
        if not path.is_dir():
            raise UnknownPictureError(f"{reference} is a file, not a folder of pictures")
        return picture_folder(path, SUFFIXES, within=self._base if self._access.untrusted else None)

    def _from_path(self, reference: str) -> Picture:
        path = self._path(reference)
        if path.is_dir() or path.suffix.lower() in FILM_SUFFIXES:
            raise UnknownPictureError(f"{reference} is a clip, and only `content` may be one")
        return Picture(reference, str(path), None, None, functools.partial(read, path), file=path)

    def _path(self, reference: str) -> Path:
        """The file or folder of this name. Raises UnknownPictureError."""
        if self._access.untrusted:
            base = self._base.resolve()
            path = (base / reference).resolve()
            if path.is_relative_to(base) and _is_here(path):
                return path
            raise UnknownPictureError(
                f"there is no file {reference!r} in {base}, and --untrusted grids may name no other"
            )
        places = [self._base, Path.cwd()]
        if self._folder and PurePosixPath(reference).name == reference:
            places.append(self._folder)
        for place in places:
            path = place / os.path.expanduser(reference)
            if _is_here(path):
                return path
        looked = ", ".join(dict.fromkeys(str(place.resolve()) for place in places))
        name = PurePosixPath(reference).stem
        hint = f"; did you mean the named picture {name}?" if name in catalogue() else ""
        raise UnknownPictureError(f"there is no file {reference!r} in any of {looked}{hint}")

    def _from_folder(self, name: str) -> Picture:
        """A file of the user's own picture folder, by its name without the suffix."""
        if self._folder and re.fullmatch(r"[^\\/:*?\"<>|]+", name):
            files = sorted(path for path in self._folder.glob("*") if path.stem == name and _has_suffix(path.name))
            if files:
                return Picture(name, str(files[0]), None, None, functools.partial(read, files[0]), file=files[0])
        own = [path.stem for path in self._folder.glob("*") if _has_suffix(path.name)] if self._folder else []
        close = difflib.get_close_matches(name, [*own, *catalogue()], n=1)
        hint = f"did you mean {close[0]}?" if close else f"named pictures are {', '.join(catalogue())}."
        where = f", nor a file of that name in {self._folder}" if self._folder else ""
        raise UnknownPictureError(
            f"there is no picture {name!r}{where}; {hint} A path has a slash or a suffix such as .jpg"
        )

    def _from_entry(self, reference: str, entry: Entry) -> Picture:
        credit = f"{entry.title}, {entry.by}" + (f", {entry.year}" if entry.year else "")
        if entry.drawn:
            if entry.frames:
                from pictures.drawn_clip import passing_ball

                return Picture(reference, "drawn by this project", credit, None, functools.partial(passing_ball, 0))
            return Picture(reference, "drawn by this project", credit, None, functools.partial(_drawn, entry.drawn))
        if entry.package:
            path = Path(str(resources.files(entry.package).joinpath(entry.file or "")))
            origin = f"{entry.package}, {entry.file}"
            return Picture(reference, origin, credit, None, functools.partial(read, path), file=path)
        try:
            return self._from_remote(reference, entry.remote, credit)
        except NotHereError:
            if not entry.stand_in:
                raise
            built_in = self._from_entry(entry.stand_in, catalogue()[entry.stand_in])
            return Picture(reference, built_in.origin, built_in.credit, entry.stand_in, built_in.source)

    def _from_remote(self, reference: str, remote: Remote, credit: str | None) -> Picture:
        path = find(remote, self._folder, cache_folder("pictures"), self._access)
        if path is None:
            return Picture(reference, remote.url, credit, None, None)
        return Picture(reference, str(path), credit, None, functools.partial(read, path), file=path)


def _drawn(name: str) -> Image.Image:
    """A painting by its name, or `cartoon 7` or `sketch 7`: cartoon 7 or its ink."""
    layer, _, number = name.partition(" ")
    if number:
        from pictures.cartoons import SIZE, cartoon

        drawn = cartoon(int(number), SIZE)
        return Image.fromarray(drawn.picture() if layer == "cartoon" else drawn.sketch()).convert("RGB")
    return drawn_once.drawn_once(name)


def _is_here(path: Path) -> bool:
    """Whether there is a file or folder of this name. False for devices and pipes, which may never end, and for names
    that no file can have.
    """
    return os.path.isfile(path) or os.path.isdir(path)


def is_url(reference: str) -> bool:
    """Whether a reference is an address of the web."""
    return reference.startswith(("http://", "https://"))


def is_path(reference: str) -> bool:
    """Whether a reference is a path and not a name: it has a separator or a picture's suffix."""
    return "/" in reference or "\\" in reference or _has_suffix(reference) or reference.endswith(FILM_SUFFIXES)


def _url_path(url: str) -> str:
    """The path in an address. Raises UnknownPictureError for what is no address."""
    try:
        return urlsplit(url).path
    except ValueError as error:
        raise UnknownPictureError(f"{url!r} is no address: {error}") from error


def _has_suffix(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)


def _unnamed_remote(url: str, *, public_only: bool) -> Remote:
    """A picture that has no name but its address. Its file's name begins with a hash of the address, so that the
    `photo.jpg` of two sites are two files.
    """
    name = re.sub(r"[^A-Za-z0-9._-]", "_", PurePosixPath(_url_path(url)).name)[-60:]
    return Remote(f"{hashlib.sha256(url.encode()).hexdigest()[:16]}-{name}", url, None, LARGEST_FILE, public_only)
