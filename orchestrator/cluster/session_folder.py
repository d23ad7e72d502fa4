"""The temporary folder of a local Ray cluster, and the removal of such folders that killed sweeps left.

A sweep holds a lock in its folder. The operating system releases it when the process ends, however it ends. So if the
lock can be taken, nobody uses the folder any more.
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
"""In seconds. Younger folders are not touched: their sweep may not have taken the lock yet."""


@contextlib.contextmanager
def session_folder(parent: Path | None = None) -> Iterator[str]:
    """A folder for one cluster. Its path is short, because the names of unix sockets must be short. It is removed
    afterwards. Folders that killed sweeps left are removed before it is made.
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
    """Remove this user's folders of clusters whose sweep has ended, and return their paths. Other folders are not
    touched.
    """
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
