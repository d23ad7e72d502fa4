"""Joins a Ray cluster, or starts one on this machine for as long as a sweep takes.

A local cluster leaves nothing behind, in the home folder or elsewhere. If a cluster does not answer within
`JOIN_SECONDS`, that is an error; Ctrl-C and SIGTERM work meanwhile.
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
"""How many seconds a cluster may take to answer. Ray itself would try for ten minutes or more, and ignore signals."""

LONG = 3.0
"""After this many seconds the sweep says that it waits for a cluster."""

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

    Ray sends no usage reports, opens no dashboard, and does not log to the terminal. A connection that is already open
    is used and left open. `interrupted`: whether a signal has asked to stop. `say`: called with a line of text after
    some seconds without an answer. Raises EngineError if the cluster cannot be reached, and KeyboardInterrupt if a
    signal came before it answered.
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
    """Start Ray on this machine; its files are removed when the stack unwinds."""
    if not os.environ.get(TOKEN) and not os.environ.get("RAY_AUTH_TOKEN_PATH"):
        # Ray protects a local cluster with a token. Without this, it would store the token in the home folder for ever,
        # and clusters that are started later on this machine would demand it.
        os.environ[TOKEN] = secrets.token_hex(32)
        stack.callback(_forget_token, os.environ.get("RAY_AUTH_MODE"))
    folder = stack.enter_context(session_folder())
    try:
        ray.init(address="local", include_dashboard=False, _temp_dir=folder, **_QUIET)
    except Exception as error:  # of many kinds: sockets, memory, a home that cannot be read
        raise EngineError(f"cannot start Ray on this machine: {_cause(error)}") from error


def _forget_token(mode: str | None) -> None:
    """Remove the token of a local cluster from this process, for a caller that joins another cluster afterwards."""
    os.environ.pop(TOKEN, None)
    if mode is None:
        os.environ.pop("RAY_AUTH_MODE", None)
    with contextlib.suppress(Exception):  # internal names of Ray's, which may change
        from ray._raylet import AuthenticationTokenLoader, Config  # type: ignore[attr-defined]

        AuthenticationTokenLoader.instance().reset_cache()
        Config.initialize("")


def _join(address: str, interrupted: Callable[[], bool], say: Callable[[str], None]) -> None:
    """Join a cluster. Ray's attempts to connect ignore signals and have no deadline, so they run in a thread."""
    deadline = time.monotonic() + JOIN_SECONDS
    where = f"the Ray cluster at {address}"
    try:
        _wait_until_something_listens(address, deadline, interrupted, lambda: say(f"waiting for {where}"))
    except OSError as error:
        raise EngineError(f"cannot reach {where}: {_cause(error)}") from error
    failures: list[Exception] = []

    def connect() -> None:
        try:
            _connect(address)
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    with _nothing_on_stderr(thread.is_alive):  # Ray's C++ part prints many lines; the message below has what matters
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
    """Try to open a connection until one opens or a signal comes, if the address has a host and a port.

    `on_long` is called once if this takes some seconds. Raises OSError after the deadline.
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


def _connect(address: str) -> None:
    """Connect as the environment says. If the cluster then demands a token, present the one of this machine, if any.

    By itself Ray does that only for the address `auto`. A token must not be presented before it is demanded: a driver
    with a token demands it from the cluster, too, and one without tokens then takes all its workers for lost.
    """
    try:
        ray.init(address=address, **_QUIET)
    except Exception as error:
        if _cause(error) != TOKEN_HINT or not _use_token_of_this_machine():
            raise
        ray.init(address=address, **_QUIET)


def _use_token_of_this_machine() -> bool:
    """Make Ray present a token that it finds on this machine. Returns False if there is none, or it may not be used."""
    if "RAY_AUTH_MODE" in os.environ:
        return False
    try:
        from ray._private.authentication.authentication_token_setup import maybe_enable_token_auth_if_token_available
    except ImportError:  # an older Ray, or one with other internal names
        return False
    ray.shutdown()
    return bool(maybe_enable_token_auth_if_token_available(warn_if_disabled=False))


def _cause(error: BaseException) -> str:
    """The first of an error's causes as one line; in Ray's errors, that one says what happened."""
    if "AuthToken" in str(error) or type(error).__name__ == "AuthenticationError":
        return TOKEN_HINT
    if error.__cause__ is not None:
        return _cause(error.__cause__)
    text = (error.strerror if isinstance(error, OSError) else None) or str(error)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else type(error).__name__


@contextlib.contextmanager
def _nothing_on_stderr(goes_on: Callable[[], bool]) -> Iterator[None]:
    """Discard what this process writes to stderr, also from C++.

    If `goes_on` says at the end that the writing code still runs, only Python's own messages appear from then on.
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
