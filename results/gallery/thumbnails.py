"""Makes small copies of the images, each once: no browser can show 10,000 images at full size.

Workers make them beside the images. Copies that are missing, of older runs for instance, are made with the gallery.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from PIL import Image

from results.errors import RunError
from results.run.image_file import open_image
from results.run.storage import Run

EDGES = (96, 256, 640)
"""Pixels of the long edge. An image has copies with the sizes below its own, and one with its own size."""

QUALITY = 82
"""The quality of the WebPs. It may be low, because differences between images are shown with the PNGs."""


def edges(width: int, height: int) -> tuple[int, ...]:
    """The long edges of the thumbnails of an image of this size."""
    longest = max(width, height)
    below = tuple(edge for edge in EDGES if edge < longest)
    return EDGES[: len(below) + 1]


def make_thumbnails(run: Run, images: Iterable[tuple[str, str, int, int]], make: bool = True) -> set[str]:
    """Make missing thumbnails of images, given as path, hash of the pixels, width and height. Without `make`, make
    none.

    Returns the hashes of images that have all their thumbnails now; missing or damaged images have none. Raises
    RunError if thumbnails cannot be written.
    """
    here = set(run.names("gallery/thumbnails/**"))
    whole: set[str] = set()
    to_make: dict[str, tuple[str, tuple[int, ...]]] = {}
    for path, sha256, width, height in images:
        wanted = edges(width, height)
        if all(Run.thumbnail_path(sha256, edge) in here for edge in wanted):
            whole.add(sha256)
        else:
            to_make[sha256] = (path, wanted)
    if not make:
        return whole
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as threads:  # Pillow releases the lock
        made = threads.map(lambda sha256: _make(run, sha256, *to_make[sha256]), to_make)
        return whole | {sha256 for sha256, success in zip(to_make, made, strict=True) if success}


def _make(run: Run, sha256: str, path: str, wanted: Sequence[int]) -> bool:
    try:
        with open_image(run.read(path)) as opened:
            picture = opened.convert("RGB")
    except (RunError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False  # the page tries the image itself, and says that it is missing
    write_thumbnails(run.write, sha256, picture, wanted)
    return True


def write_thumbnails(
    write: Callable[[str, bytes], object], sha256: str, picture: Image.Image, wanted: Sequence[int]
) -> None:
    """Make small copies of these edges, named by the hash of the pixels. `write` is given the path and content of each,
    as `Run.write` is.
    """
    smaller = picture
    for edge in sorted(wanted, reverse=True):
        if max(smaller.size) > edge:
            smaller = smaller.copy()
            smaller.thumbnail((edge, edge), Image.Resampling.LANCZOS)
        buffer = io.BytesIO()
        smaller.save(buffer, "WEBP", quality=QUALITY, method=4)
        write(Run.thumbnail_path(sha256, edge), buffer.getvalue())
