"""Verified files: where a picture or a weights file is, or how to get it, and proof that it is the right one.

Knows of neither pictures nor weights: only of names, addresses and checksums.
"""

from store.checksum import Checksum
from store.download import Watch
from store.errors import ChecksumError, DownloadError, NotHereError, StoreError
from store.find import EVERYTHING_ALLOWED, Access, Remote, cache_folder, find

__all__ = [
    "EVERYTHING_ALLOWED",
    "Access",
    "Checksum",
    "ChecksumError",
    "DownloadError",
    "NotHereError",
    "Remote",
    "StoreError",
    "Watch",
    "cache_folder",
    "find",
]
