"""A lease on a run in an object store, which has no locks: it keeps a second sweep out, and expires when its sweep is
dead.

The lease is a small file. A sweep creates it where there is none, writes its own name into it, and changes a number in
it every `HEARTBEAT` seconds. A second sweep that finds a lease watches it: a lease that does not change for `WATCH`
seconds belongs to a dead sweep and is taken over. No clocks of different machines are compared. After taking a lease a
sweep waits a moment and reads it again, so that of two sweeps that take it at the same time only one goes on.
"""

from __future__ import annotations

import contextlib
import getpass
import itertools
import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from results.errors import RunError

HEARTBEAT, WATCH, SETTLE = 15.0, 50.0, 2.0
"""In seconds: how often a lease is changed; how long it may stay unchanged before its owner counts as dead; and the
wait between taking a lease and reading it again.
"""


@contextlib.contextmanager
def leased(
    files: Any,
    path: str,
    location: str,
    on_lost: Callable[[], None] | None = None,
    say: Callable[[str], None] | None = None,
) -> Iterator[None]:
    """Hold the lease at `path` of an fsspec filesystem.

    `on_lost` is called, in a thread, when another sweep has taken the lease over. `say` is called with a line of text
    before another sweep's lease is watched, because that takes a while. Raises RunError if another sweep holds it.
    """
    me = uuid.uuid4().hex
    _take(files, path, location, me, say)
    ended = threading.Event()
    beating = threading.Thread(target=_beat, args=(files, path, me, ended, on_lost), daemon=True)
    beating.start()
    try:
        yield
    finally:
        ended.set()
        beating.join()
        with contextlib.suppress(Exception):  # a lease that is not removed expires by itself
            if _owner(files, path).get("id") == me:
                files.rm_file(path)


def _take(files: Any, path: str, location: str, me: str, say: Callable[[str], None] | None) -> None:
    try:
        try:
            files.pipe_file(path, _content(me), mode="create")
        except FileExistsError:
            _watch(files, path, location, say)
            files.pipe_file(path, _content(me))
        # Another sweep may have taken it at the same moment: not every store can create a file only where none is.
        time.sleep(SETTLE)
        files.invalidate_cache()
        mine = _owner(files, path).get("id") == me
    except RunError:
        raise
    except Exception as error:  # each kind of object store has exceptions of its own
        raise RunError(f"cannot write in {location}: {error}") from error
    if not mine:
        raise RunError(f"another sweep has started in {location} at the same moment; wait for it")


def _watch(files: Any, path: str, location: str, say: Callable[[str], None] | None) -> None:
    """Return when the lease has not changed for WATCH seconds. Raises RunError as soon as it changes."""
    owner, before = _owner(files, path), _raw(files, path)
    who = f"process {owner.get('process')} of {owner.get('user')} on {owner.get('host')}"
    if say:
        say(f"{location} is in use by {who}; watching for {WATCH:.0f} s whether it still lives")
    deadline = time.monotonic() + WATCH
    while time.monotonic() < deadline:
        time.sleep(HEARTBEAT / 5)
        files.invalidate_cache()
        now = _raw(files, path)
        if not now:
            return  # its sweep has just ended
        if now != before:
            raise RunError(
                f"another sweep is running in {location}: {who}. Wait for it, or choose another place with --out"
            )


def _beat(files: Any, path: str, me: str, ended: threading.Event, on_lost: Callable[[], None] | None) -> None:
    for beat in itertools.count(1):
        if ended.wait(HEARTBEAT):
            return
        with contextlib.suppress(Exception):  # an unreachable store is reported by other writes
            if _owner(files, path).get("id", me) != me:
                if on_lost:
                    on_lost()
                return
            files.pipe_file(path, _content(me, beat))


def _content(me: str, beat: int = 0) -> bytes:
    owner = {"id": me, "host": socket.gethostname(), "process": os.getpid(), "user": _user(), "beat": beat}
    return json.dumps(owner).encode()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without users
        return "somebody"


def _owner(files: Any, path: str) -> dict[str, Any]:
    """The owner of the lease; empty if it is gone or damaged."""
    try:
        found = json.loads(_raw(files, path))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _raw(files: Any, path: str) -> bytes:
    try:
        return bytes(files.cat_file(path))
    except FileNotFoundError:
        return b""
