"""Files that a process was writing when it was killed. They have temporary names, and the next sweep removes them.

The name of a temporary file says which process writes it. Files of living processes are kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import socket
import time
from pathlib import Path

import psutil

ABANDONED_SECONDS = 86_400.0
"""Age of a temporary file after which it counts as left over where its process cannot be looked for: it is another
machine's, or an older version wrote it.
"""

_NAME = re.compile(r"\.(?P<host>[0-9a-f]{8})-(?P<process>\d{1,10})-\w+\.tmp")


def temporary_prefix() -> str:
    """What the name of a temporary file of this process begins with; it ends with `.tmp`."""
    return f".{_host()}-{os.getpid()}-"


def remove_leftovers(folder: Path) -> int:
    """Remove temporary files anywhere below a folder whose process is gone, and say how many there were.

    A file that cannot be removed stays: it does no harm.
    """
    removed = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            if name.startswith(".") and name.endswith(".tmp"):
                path = Path(parent) / name
                with contextlib.suppress(OSError):
                    if _is_left_over(path):
                        path.unlink()
                        removed += 1
    return removed


def _is_left_over(path: Path) -> bool:
    found = _NAME.fullmatch(path.name)
    if found and found["host"] == _host():
        return not psutil.pid_exists(int(found["process"]))
    return time.time() - path.stat().st_mtime > ABANDONED_SECONDS


def _host() -> str:
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]
