"""A lease on a run in an object store, where no system keeps locks: two sweeps stay apart, and a dead one's lease ends.

The lease is a small file that is created only where there is none, names its owner, and is written anew every
`HEARTBEAT` seconds with another number. Whoever finds one watches it: if it does not change for `WATCH` seconds its
owner is dead and it is taken over. Nothing depends on what any machine's clock says. Whoever takes it over waits a
moment and looks whether it is still its own: of two that try at once, one stays.
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
"""Seconds: between two signs of life, until an owner without any counts as dead, and between taking and being sure."""


@contextlib.contextmanager
def leased(
    files: Any,
    path: str,
    location: str,
    on_lost: Callable[[], None] | None = None,
    say: Callable[[str], None] | None = None,
) -> Iterator[None]:
    """Hold the lease at `path` of an fsspec filesystem. `on_lost` is called, in a thread, when another has taken it,
    and `say` before another's lease is watched.

    Raises RunError where another sweep holds it.
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
        with contextlib.suppress(Exception):  # it would end by itself
            if _owner(files, path).get("id") == me:
                files.rm_file(path)


def _take(files: Any, path: str, location: str, me: str, say: Callable[[str], None] | None) -> None:
    try:
        try:
            files.pipe_file(path, _content(me), mode="create")
        except FileExistsError:
            _watch(files, path, location, say)
            files.pipe_file(path, _content(me))
        # Another may have taken it over at the same moment, and not every store knows how to create only.
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
    """Return when the lease has not changed for WATCH seconds; raise RunError when it has."""
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
            return  # it has just ended
        if now != before:
            raise RunError(
                f"another sweep is running in {location}: {who}. Wait for it, or choose another place with --out"
            )


def _beat(files: Any, path: str, me: str, ended: threading.Event, on_lost: Callable[[], None] | None) -> None:
    for beat in itertools.count(1):
        if ended.wait(HEARTBEAT):
            return
        with contextlib.suppress(Exception):  # a store that cannot be reached now: the sweep's own writes will say so
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
    """What the lease says; nothing where it is gone or damaged."""
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
