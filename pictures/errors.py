"""What can go wrong in `pictures`.

PictureError
├── UnknownPictureError   a name that no catalogue and no folder has
└── UnreadableError       a file that is not a picture, is damaged, or is too large or too small
"""


class PictureError(Exception):
    """Base of this package's errors; each message says what is wrong, where, and what to do."""


class UnknownPictureError(PictureError):
    """A name, path or address behind which there is no picture."""


class UnreadableError(PictureError):
    """A file that cannot be used as a picture."""
