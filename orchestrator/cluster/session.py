"""Joining a Ray cluster, or starting one on this machine for as long as a sweep takes.

Nothing of a local cluster stays behind, in the home folder or elsewhere. A cluster that does not answer is given up
after `JOIN_SECONDS`, and Ctrl-C and SIGTERM are heard meanwhile.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import ray

from orchestrator.cluster.session_folder import session_folder
from orchestrator.errors import EngineError

JOIN_SECONDS = 30.0
"""How long a cluster may take to answer. Ray itself would try for ten minutes and more, and hear no signal."""

LONG = 3.0
"""Seconds after which it is said that a cluster is waited for."""

TOKEN = "RAY_AUTH_TOKEN"
TOKEN_HINT = (
    "it demands a token that was not given: set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN_PATH to a file with the "
    "cluster's token (or RAY_AUTH_TOKEN to the token itself)"
)

_QUIET: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL}


@contextlib.contextmanager
def session(
    address: str | None,
    interrupted: Callable[[], bool] = lambda: False,
    say: Callable[[str], None] = lambda line: None,
) -> Iterator[None]:
    """A connection to the cluster at `address` or $RAY_ADDRESS, or else to one started here, which ends with it.

    Ray reports nothing home, opens no dashboard, and keeps its log off the terminal. A connection that is open
    already is used and left open. `interrupted`: whether a signal has asked to stop; `say` is told, after some
    seconds, that the cluster has not answered yet. Raises EngineError where the cluster cannot be reached, and
    KeyboardInterrupt where it was waited for in vain until a signal came.
    """
    if ray.is_initialized():
        yield
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # Ray's next default; without it, it warns
    address = address or os.environ.get("RAY_ADDRESS")
    with contextlib.ExitStack() as stack:
        if address and address != "local":
            _join(address, interrupted, say)
        else:
            _start(stack)
        stack.callback(ray.shutdown)
        yield


def _start(stack: contextlib.ExitStack) -> None:
    """Start Ray on this machine; what it leaves behind goes when the stack unwinds."""
    if not os.environ.get(TOKEN) and not os.environ.get("RAY_AUTH_TOKEN_PATH"):
        # Ray protects a local cluster by a token, and without this it would keep that in the home folder, for good:
        # clusters started later on this machine would demand it.
        os.environ[TOKEN] = secrets.token_hex(32)
        stack.callback(_forget_token, os.environ.get("RAY_AUTH_MODE"))
    folder = stack.enter_context(session_folder())
    try:
        ray.init(address="local", include_dashboard=False, _temp_dir=folder, **_QUIET)
    except Exception as error:  # of many kinds: sockets, memory, a home that cannot be read
        raise EngineError(f"cannot start Ray on this machine: {_cause(error)}") from error


def _forget_token(mode: str | None) -> None:
    """Take back what a local cluster set in this process, for a caller that joins another one afterwards."""
    os.environ.pop(TOKEN, None)
    if mode is None:
        os.environ.pop("RAY_AUTH_MODE", None)
    with contextlib.suppress(Exception):  # Ray's own names, which may change; then only such a caller suffers
        from ray._raylet import AuthenticationTokenLoader, Config  # type: ignore[attr-defined]

        AuthenticationTokenLoader.instance().reset_cache()
        Config.initialize("")


def _join(address: str, interrupted: Callable[[], bool], say: Callable[[str], None]) -> None:
    """Join a cluster. Ray's attempts to connect hear no signal and know no deadline, so they run in a thread."""
    deadline = time.monotonic() + JOIN_SECONDS
    where = f"the Ray cluster at {address}"
    try:
        _wait_until_something_listens(address, deadline, interrupted, lambda: say(f"waiting for {where}"))
    except OSError as error:
        raise EngineError(f"cannot reach {where}: {_cause(error)}") from error
    failures: list[Exception] = []

    def connect() -> None:
        try:
            _use_token_of_this_machine()
            ray.init(address=address, **_QUIET)
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    with _nothing_on_stderr(thread.is_alive):  # Ray's C++ part repeats itself; what matters is in the message below
        while thread.is_alive() and time.monotonic() < deadline and not interrupted():
            thread.join(0.1)
    if interrupted():
        raise KeyboardInterrupt
    if failures:
        raise EngineError(f"cannot reach {where}: {_cause(failures[0])}") from failures[0]
    if thread.is_alive():
        raise EngineError(f"cannot reach {where}: it did not answer within {JOIN_SECONDS:g} s")


def _wait_until_something_listens(
    address: str, deadline: float, interrupted: Callable[[], bool], on_long: Callable[[], None]
) -> None:
    """Try to open a connection, where the address has a host and a port, until one opens or a signal comes.

    `on_long` is called once when this takes seconds. Raises OSError after the deadline.
    """
    parts = urlsplit(address if "//" in address else f"//{address}")
    if not parts.hostname or not parts.port:
        return  # `auto`: Ray looks for it on this machine
    long = time.monotonic() + LONG
    while not interrupted():
        try:
            socket.create_connection((parts.hostname, parts.port), timeout=2.0).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            if time.monotonic() > long:
                on_long()
                long = deadline
            time.sleep(0.2)


def _use_token_of_this_machine() -> None:
    """Let Ray present a token that it finds on this machine, which it does by itself only for the address `auto`.

    A cluster that demands none does not mind (tried with Ray 2.60).
    """
    with contextlib.suppress(ImportError):
        from ray._private.authentication import authentication_token_setup

        authentication_token_setup.maybe_enable_token_auth_if_token_available(warn_if_disabled=False)


def _cause(error: BaseException) -> str:
    """One line that says why: the first of an error's causes, which in Ray's errors is the one that knows."""
    if "AuthToken" in str(error) or type(error).__name__ == "AuthenticationError":
        return TOKEN_HINT
    if error.__cause__ is not None:
        return _cause(error.__cause__)
    text = (error.strerror if isinstance(error, OSError) else None) or str(error)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else type(error).__name__


@contextlib.contextmanager
def _nothing_on_stderr(goes_on: Callable[[], bool]) -> Iterator[None]:
    """Send what this process writes to stderr, its C++ parts included, nowhere.

    Where what writes there still `goes_on` at the end, only Python's own messages come through from then on.
    """
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        if goes_on():
            sys.stderr = os.fdopen(kept, "w", buffering=1)
        else:
            os.dup2(kept, 2)
            os.close(kept)
