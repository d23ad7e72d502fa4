"""Download one file over http(s) into a folder: resumed where it stopped, verified, and only then given its name."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from downloads.checksum import Checksum
from downloads.errors import ChecksumError, DownloadError

if TYPE_CHECKING:
    import requests

_CHUNK = 1 << 18
Watch = Callable[[str], AbstractContextManager[Callable[[int, int | None], None]]]
"""Entered with a file's name for as long as it is downloaded. What it gives is called with the bytes that have arrived
and, where the server says so, the bytes in all: once before the first arrives, then with each chunk.
"""


def download(
    url: str,
    destination: Path,
    checksum: Checksum | None,
    *,
    largest: int,
    timeout: float = 30.0,
    watch: Watch | None = None,
    public_only: bool = False,
) -> None:
    """Fetch `url` to `destination`, unless another process just did. At most `largest` bytes; `timeout` in seconds;
    with `public_only` from public addresses only.

    What has arrived stays in `<destination>.part`. The next attempt continues it if there is a checksum that can verify
    the whole file. Raises DownloadError or ChecksumError; `destination` is then not created.
    """
    import requests

    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        # One process at a time holds the lock, and the system releases it when that process dies, however it dies.
        with FileLock(destination.with_name(destination.name + ".lock")):
            if destination.exists():
                return
            part = destination.with_name(destination.name + ".part")
            if not checksum:
                part.unlink(missing_ok=True)  # nothing could show that both parts are of the same file
            with watch(destination.name) if watch else contextlib.nullcontext(_unseen) as report:
                _fetch(url, part, largest, timeout, report, public_only=public_only)
            if checksum:
                _verify(part, checksum, url)
            part.replace(destination)
    except OSError as error:
        if isinstance(error, requests.RequestException):
            raise DownloadError(f"{url}: {_reason(error)}; run again to go on where it stopped") from error
        raise DownloadError(f"cannot write {destination}: {error.strerror or error}") from error
    except ValueError as error:  # some addresses that make no sense get past requests
        raise DownloadError(f"{url}: {error}") from error


def _unseen(here: int, total: int | None) -> None:
    """For downloads that nobody watches."""


def _fetch(
    url: str,
    part: Path,
    largest: int,
    timeout: float,
    report: Callable[[int, int | None], None],
    *,
    public_only: bool,
) -> None:
    import requests

    from downloads.public import session

    here = part.stat().st_size if part.exists() else 0
    # "identity": the bytes of a compressed answer would not be those of the file, and could not be resumed.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={here}-"} if here else {})
    with (
        session(public_only=public_only) as connection,
        connection.get(url, headers=headers, stream=True, timeout=timeout) as response,
    ):
        if here and response.status_code == requests.codes.requested_range_not_satisfiable:
            return  # all of it is here already; the checksum decides
        if not response.ok:
            raise DownloadError(f"{url}: the server answered {response.status_code} {response.reason}")
        if response.status_code != requests.codes.partial_content:
            here = 0  # the server sends it from the start
        length = response.headers.get("Content-Length", "")
        total = here + int(length) if length.isdecimal() else None
        if (total or 0) > largest:
            raise DownloadError(f"{url}: {total:,} bytes are more than the {largest:,} that such a file may have")
        report(here, total)
        with part.open("ab" if here else "wb") as file:
            for chunk in response.iter_content(_CHUNK):
                file.write(chunk)
                here += len(chunk)
                if here > largest:
                    raise DownloadError(f"{url}: more than the {largest:,} bytes that such a file may have")
                report(here, total)
        if total is not None and here < total:
            raise DownloadError(f"{url}: stopped after {here:,} of {total:,} bytes; run again to go on")


def _verify(part: Path, checksum: Checksum, url: str) -> None:
    try:
        checksum.verify(part)
    except ChecksumError as error:
        part.unlink()  # it cannot be resumed
        raise ChecksumError(str(error).replace(str(part), url)) from error


def _reason(error: requests.RequestException) -> str:
    import requests

    if isinstance(error, requests.Timeout):
        return "the server took too long to answer"
    if isinstance(error, requests.ConnectionError | requests.exceptions.ChunkedEncodingError):
        return "no connection to the server, or it broke off"
    return str(error)
