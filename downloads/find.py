"""Find a file by name: in a folder the user gave, in the cache, and then on the network."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from downloads.checksum import Checksum
from downloads.download import Watch, download
from downloads.errors import ChecksumError, DownloadError, NoFolderError, NotHereError


@dataclass(frozen=True)
class Remote:
    """A file that has an address: its name on disk, where it comes from, and its checksum where one is known."""

    name: str
    url: str
    checksum: Checksum | None
    largest: int  # bytes that such a file may have at most
    public_only: bool = False  # whether only public addresses are allowed, because a stranger wrote this one


@dataclass(frozen=True)
class Access:
    """What may be done to get a file.

    offline: the network is off, and what is missing stays missing or has a stand-in. fetch: whether files are
    downloaded now, or only found out about. untrusted: a stranger wrote the names, paths and addresses. watch: shows
    downloads while they run.
    """

    offline: bool = False
    fetch: bool = True
    untrusted: bool = False
    watch: Watch | None = None


EVERYTHING_ALLOWED = Access()


def cache_folder(kind: str) -> Path:
    """Where downloads of this kind (`pictures`, `weights`) are kept: below $SWEEP_CACHE or the user's cache folder.

    Raises NoFolderError for a user without a home, as in some containers.
    """
    try:
        root = os.environ.get("SWEEP_CACHE") or platformdirs.user_cache_dir("sweep", appauthor=False)
    except RuntimeError as error:
        raise NoFolderError("this user has no home folder to keep downloads in; set SWEEP_CACHE to a folder") from error
    return Path(root) / kind


def find(
    remote: Remote,
    folder: Path | None,
    cache: Path,
    access: Access = EVERYTHING_ALLOWED,
) -> Path | None:
    """The verified file: from `folder`, else from `cache`, else downloaded into `cache`.

    None stands for a file that would be downloaded if `access` allowed to fetch. Raises ChecksumError for a file that
    is not the right one, NotHereError where it is not here and the network may not be used, and DownloadError.
    """
    for place in (folder, cache):
        candidate = place / remote.name if place else None
        if candidate and candidate.is_file():
            try:
                if remote.checksum:
                    remote.checksum.verify(candidate)
            except ChecksumError as error:
                raise ChecksumError(f"{error}; remove or rename it") from error
            return candidate
    if access.offline:
        looked = " and ".join(str(place) for place in (folder, cache) if place)
        raise NotHereError(
            f"{remote.name} is not in {looked}, and --offline keeps it from being fetched from {remote.url}"
        )
    if not access.fetch:
        return None
    destination = cache / remote.name
    try:
        download(
            remote.url,
            destination,
            remote.checksum,
            largest=remote.largest,
            watch=access.watch,
            public_only=remote.public_only,
        )
    except DownloadError as error:
        message = (
            f"{error}\nOr put the file at {destination} yourself, or give --offline and let a stand-in take its place."
        )
        raise DownloadError(message) from error
    return destination
