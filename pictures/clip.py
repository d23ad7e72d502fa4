"""Clips: the frames of a film, of an animated GIF, or of a folder of numbered pictures.

Films may come from strangers. FFmpeg is therefore given an open file, so that it follows no address, and a list of the
containers that it may read, so that no playlist makes it open other files.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from PIL import Image

from pictures.errors import UnreadableError
from pictures.read import FORMATS, MOST_PIXELS, SMALLEST_EDGE, pixels_sha256, read

FILM_SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi")
_CONTAINERS = "mov,mp4,matroska,webm,avi"
USUAL_RATE = Fraction(12)
"""Frames per second where a clip does not say: a folder of pictures."""


@dataclass
class Clip:
    """The frames of a moving picture, in order.

    origin: the file or folder, for people to read. rate: frames per second. sound: whether its file has any.
    """

    origin: str
    count: int
    rate: Fraction
    sound: bool
    _frames: Callable[[], Iterator[Image.Image]]  # from the first one on
    _identity: str
    _at: int = field(default=0, init=False)
    _running: Iterator[Image.Image] | None = field(default=None, init=False)

    def frame(self, number: int) -> Image.Image:
        """A frame in 8-bit sRGB, counted from 0. Fast in ascending order; going back decodes from the start again.

        Raises UnreadableError.
        """
        if self._running is None or number < self._at:
            self._running, self._at = self._frames(), 0
        while True:
            image = next(self._running, None)
            if image is None:
                raise UnreadableError(f"{self.origin} ends after {self._at} frames, and says that it has {self.count}")
            self._at += 1
            if self._at > number:
                return image

    @functools.cached_property
    def size(self) -> tuple[int, int]:
        """Width and height of the first frame in pixels. Raises UnreadableError."""
        return self.frame(0).size

    def sha256(self, number: int) -> str:
        """Identifies this frame: a hash of its file and its number, because decoding would take long."""
        return hashlib.sha256(f"{self._identity} {number}".encode()).hexdigest()


def is_clip(path: Path) -> bool:
    """Whether a path is a film, a folder, or a GIF that moves."""
    if path.is_dir() or path.suffix.lower() in FILM_SUFFIXES:
        return True
    if path.suffix.lower() != ".gif":
        return False
    try:
        with Image.open(path, formats=("GIF",)) as image:
            return bool(getattr(image, "is_animated", False))
    except Exception:  # no GIF: reading it as a picture says what is wrong
        return False


def open_clip(path: Path, *, within: Path | None = None) -> Clip:
    """The clip in a file or folder.

    `within`: a folder that must contain every frame, links followed. Raises UnreadableError for what is no clip, is
    damaged, or has frames that are too small or elsewhere.
    """
    clip = _folder(path, within) if path.is_dir() else _gif(path) if path.suffix.lower() == ".gif" else _film(path)
    width, height = clip.size
    if min(width, height) < SMALLEST_EDGE or width * height > MOST_PIXELS:
        raise UnreadableError(f"{path} has frames of {width}×{height} pixels; each edge needs at least {SMALLEST_EDGE}")
    return clip


def drawn_clip(name: str, count: int, draw: Callable[[int], Image.Image]) -> Clip:
    """A clip whose frames are drawn by code."""
    identity = pixels_sha256(draw(0)) + pixels_sha256(draw(count - 1))
    return Clip(name, count, USUAL_RATE, False, lambda: (draw(number) for number in range(count)), identity)


def _folder(path: Path, within: Path | None) -> Clip:
    def number_aware(file: Path) -> list[tuple[int, str]]:
        return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", file.name)]

    suffixes = tuple(Image.registered_extensions())
    files = [file for file in path.iterdir() if file.is_file() and file.name.lower().endswith(suffixes)]
    files.sort(key=number_aware)
    if not files:
        raise UnreadableError(f"{path} is a folder without pictures; a clip is a film, a GIF, or a folder of frames")
    if within is not None:
        files = [_inside(file, within.resolve()) for file in files]
    digest = hashlib.sha256()
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return Clip(str(path), len(files), USUAL_RATE, False, lambda: map(read, files), digest.hexdigest())


def _inside(file: Path, folder: Path) -> Path:
    """The file itself where `file` may be a link to it. Raises UnreadableError for one outside the folder."""
    real = file.resolve()
    if not real.is_relative_to(folder):
        raise UnreadableError(f"{file} is a link to a file outside {folder}, which --untrusted grids may not read")
    return real


def _gif(path: Path) -> Clip:
    def frames() -> Iterator[Image.Image]:
        with _named(path), Image.open(path, formats=("GIF",)) as image:
            for number in range(image.n_frames):  # type: ignore[attr-defined]  # of animated kinds
                image.seek(number)
                white = Image.new("RGBA", image.size, "white")
                yield Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")

    with _named(path), Image.open(path, formats=FORMATS) as image:
        count: int = getattr(image, "n_frames", 1)
        milliseconds = image.info.get("duration") or 0
    rate = Fraction(1000, int(milliseconds)) if milliseconds >= 1 else USUAL_RATE
    return Clip(str(path), count, rate, False, frames, _file_sha256(path))


def _film(path: Path) -> Clip:
    def frames() -> Iterator[Image.Image]:
        with _named(path), path.open("rb") as file, _container(file) as container:
            for frame in container.decode(video=0):
                yield frame.to_image()

    with _named(path), path.open("rb") as file, _container(file) as container:
        if not container.streams.video:
            raise UnreadableError(f"{path} has no picture")
        stream = container.streams.video[0]
        rate = stream.average_rate or stream.guessed_rate or USUAL_RATE
        sound = bool(container.streams.audio)
        # Counted, because containers often state a wrong number; without decoding, that is fast.
        count = sum(1 for packet in container.demux(stream) if packet.size)
    return Clip(str(path), count, Fraction(rate), sound, frames, _file_sha256(path))


def _container(file: Any) -> Any:
    import av

    return av.open(file, options={"format_whitelist": _CONTAINERS, "protocol_whitelist": "file"})


class _named:
    """Turns whatever a decoder raises into one message with the file's name."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, UnreadableError):
            raise UnreadableError(f"{self._path} is no clip that can be read, or is damaged: {error}") from error


def _file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
