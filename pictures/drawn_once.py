"""Keeps the paintings that code draws in the user's cache: each takes a second or two, and its pixels never change."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
from importlib.metadata import version
from pathlib import Path

from PIL import Image

from downloads import cache_folder


def drawn_once(name: str) -> Image.Image:
    """The painting of this name in `pictures/drawn.py`: from the cache, or else drawn and put there.

    A file that cannot be read is drawn again. Nothing is kept where there is no folder for it.
    """
    try:
        file = cache_folder("drawn") / f"{name}-{_how_it_is_drawn()}.png"
        with Image.open(file, formats=("PNG",)) as kept:
            return kept.convert("RGB")
    except Exception:  # no cache, no such file, or any error of Pillow's for a damaged one
        from pictures.drawn import draw  # SciPy takes a while to import

        painting = draw(name)
    with contextlib.suppress(Exception):
        _keep(painting, file)
    return painting


def _keep(painting: Image.Image, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(f".{os.getpid()}.part")
    painting.save(part, "PNG")
    part.replace(file)


@functools.cache
def _how_it_is_drawn() -> str:
    """Another name for another version of the code, or of a library that it draws with."""
    code = Path(__file__).with_name("drawn.py").read_bytes()
    libraries = "".join(version(one) for one in ("numpy", "scipy", "pillow"))
    return hashlib.sha256(code + libraries.encode()).hexdigest()[:16]
