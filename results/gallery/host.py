"""A run's gallery as a folder that any static web server can show, without the rest of the run."""

from __future__ import annotations

from results.gallery.write import write_gallery
from results.run.storage import Run

_SHOWN = ("gallery/**", "images/**", "references/*.png", "frames/**")


def copy_for_host(run: Run, folder: Run) -> tuple[int, int]:
    """Copy the page and every image that it shows, and say how many files and bytes these are.

    Rows, plan, weights' names and votes stay behind: a stranger gets what the page shows. Files that are there already
    under the same name are replaced. Raises RunError where something cannot be read or written.
    """
    write_gallery(run)
    count = size = 0
    for pattern in _SHOWN:
        for path in run.names(pattern):
            content = run.read(path)
            folder.write(path, content)
            count, size = count + 1, size + len(content)
    return count, size
