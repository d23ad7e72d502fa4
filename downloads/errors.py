"""What can go wrong with files that are downloaded and verified.

VerifiedFileError
├── ChecksumError   a file that is not the one it should be
├── DownloadError   the network, the server or the disk failed
├── NoFolderError   no place where downloads could be kept
└── NotHereError    not in any folder, and the network may not be used
"""


class VerifiedFileError(Exception):
    """Base of this package's errors; each message says what is wrong, where, and what to do."""


class ChecksumError(VerifiedFileError):
    """A file whose contents are not those that its name promises."""


class DownloadError(VerifiedFileError):
    """A download that failed; running again goes on where it stopped."""


class NoFolderError(VerifiedFileError):
    """There is no folder in which downloads could be kept."""


class NotHereError(VerifiedFileError):
    """A file that is nowhere on this machine while the network is off."""
