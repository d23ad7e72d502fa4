"""Copies a gallery to a folder that any static web server can show, without the rest of its runs."""

from __future__ import annotations

from collections.abc import Sequence

from results.gallery.write import write_apart, write_gallery
from results.run.storage import Run

_PICTURES = ("images/**", "references/*.png", "frames/**")


def copy_for_host(runs: Sequence[Run], folder: Run) -> tuple[int, int]:
    """Copy the page and every image that it shows. Returns the number of files and of bytes.

    Rows, plan, names of weights and votes are not copied: strangers get only what the page shows. Files with the same
    names are replaced. Raises RunError if something cannot be read or written.
    """
    if len(runs) == 1:
        write_gallery(runs[0])
        return _copy(runs[0], folder, ("gallery/**", *_PICTURES), "")
    shown = write_apart(runs, folder)
    page = folder.sizes("gallery/**")
    counts = [_copy(one.run, folder, ("gallery/thumbnails/**", *_PICTURES), f"{one.folder}/") for one in shown]
    return len(page) + sum(count for count, _ in counts), sum(page.values()) + sum(size for _, size in counts)


def _copy(run: Run, folder: Run, patterns: Sequence[str], below: str) -> tuple[int, int]:
    count = size = 0
    for pattern in patterns:
        for path in run.names(pattern):
            content = run.read(path)
            folder.write(below + path, content)
            count, size = count + 1, size + len(content)
    return count, size
