"""The folder below the temporary directory in which a local Ray cluster lives, and the removal of those of killed ones.

A sweep holds a lock in its folder. The system lets go of it when the process ends, however it ends, so that a lock that
can be taken says that nobody uses the folder any more.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

PREFIX, OWNER = "sweep-", "owner.lock"

LEAST_AGE = 10.0
"""Seconds. A younger folder is left alone: its sweep may be about to take the lock."""


@contextlib.contextmanager
def session_folder(parent: Path | None = None) -> Iterator[str]:
    """A folder for one cluster, with a short path because the names of unix sockets may not be long. It is removed
    afterwards, and before it is made those are removed that killed sweeps left.
    """
    parent = parent or (Path("/tmp") if Path("/tmp").is_dir() else Path(tempfile.gettempdir()))
    remove_abandoned(parent)
    folder = tempfile.mkdtemp(prefix=PREFIX, dir=parent)
    lock = FileLock(Path(folder) / OWNER)
    lock.acquire()
    try:
        yield folder
    finally:
        lock.release()
        shutil.rmtree(folder, ignore_errors=True)


def remove_abandoned(parent: Path) -> list[Path]:
    """Remove this user's folders of clusters whose sweep is gone, and say which. Other folders are not touched."""
    removed = []
    for folder in parent.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError, Timeout):
            owner = folder / OWNER
            about = owner.lstat()  # raises for a folder that is not a cluster's
            if folder.is_symlink() or about.st_uid != os.getuid() or time.time() - about.st_mtime < LEAST_AGE:
                continue
            with FileLock(owner, timeout=0):
                shutil.rmtree(folder, ignore_errors=True)
                removed.append(folder)
    return removed
