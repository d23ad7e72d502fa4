"""Checksums as manifests write them: `sha256:<hex>`, whole or a prefix, or `git:<blob id>`."""

from __future__ import annotations

import functools
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from downloads.errors import ChecksumError

_PATTERN = re.compile(r"(sha256):([0-9a-f]{8,64})|(git):([0-9a-f]{40})")
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Checksum:
    """What a file's contents must hash to.

    sha256: eight or more of its hexadecimal digits; the file names of torchvision carry the first eight.
    git: the id of the file as a git blob, the SHA-1 of `blob <length>\\0<contents>`. A repository shows it where no
    SHA-256 is published.
    """

    kind: Literal["sha256", "git"]
    digits: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `sha256:…` or `git:…`. Raises ValueError for anything else."""
        match = _PATTERN.fullmatch(text)
        if not match:
            raise ValueError(f"{text!r} is no checksum: write sha256:<8 to 64 hex digits> or git:<40 hex digits>")
        return cls("sha256", match[2]) if match[1] else cls("git", match[4])

    def __str__(self) -> str:
        return f"{self.kind}:{self.digits}"

    def verify(self, path: Path) -> None:
        """Raise ChecksumError, which says what the file seems to be, unless its contents match."""
        digest = sha256(path) if self.kind == "sha256" else _git_blob(path)
        if not digest.startswith(self.digits):
            raise ChecksumError(
                f"{path} is not the file it should be: {self.kind} is {digest}, expected {self.digits}{_hint(path)}"
            )


def sha256(path: Path) -> str:
    """SHA-256 of a file's contents in hexadecimal digits. It is kept in memory, so that half a gigabyte of weights is
    read only once.
    """
    status = path.stat()
    return _sha256(path, status.st_size, status.st_mtime_ns)


@functools.lru_cache(maxsize=4096)
def _sha256(path: Path, size: int, modified: int) -> str:
    return _digest(path, hashlib.sha256())


def _git_blob(path: Path) -> str:
    return _digest(path, hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False))


def _digest(path: Path, digest: hashlib._Hash) -> str:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _hint(path: Path) -> str:
    """What the file seems to be instead, for the usual ways in which a download goes wrong."""
    if path.stat().st_size == 0:
        return " (it is empty)"
    return " (it is an HTML page, not the file itself)" if looks_like_html(path) else ""


def looks_like_html(path: Path) -> bool:
    """Whether a file starts as a web page does: the commonest wrong download."""
    with path.open("rb") as file:
        start = file.read(512).lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html", b"<?xml"))
