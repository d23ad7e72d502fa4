"""Verified files: where a picture or a weights file is, or how to get it, and proof that it is the right one.

Knows of neither pictures nor weights: only of names, addresses and checksums.
"""

from downloads.checksum import Checksum
from downloads.download import Watch
from downloads.errors import ChecksumError, DownloadError, NoFolderError, NotHereError, VerifiedFileError
from downloads.find import EVERYTHING_ALLOWED, Access, Remote, cache_folder, find

__all__ = [
    "EVERYTHING_ALLOWED",
    "Access",
    "Checksum",
    "ChecksumError",
    "DownloadError",
    "NoFolderError",
    "NotHereError",
    "Remote",
    "VerifiedFileError",
    "Watch",
    "cache_folder",
    "find",
]
