"""What can go wrong in `stylize`.

StylizeError
├── SettingsError   settings that are invalid, or that do not fit the network or the pictures
└── PictureError    a picture tensor of the wrong shape, type or range
"""


class StylizeError(Exception):
    """Base of this package's errors; each message says what is wrong and what to do."""


class SettingsError(StylizeError, ValueError):
    """Settings that are invalid or do not fit together. `setting` names the wrong one, if it is a single one.

    A ValueError, so that Pydantic reports it with the name of the setting.
    """

    def __init__(self, message: str, setting: str | None = None) -> None:
        super().__init__(message)
        self.setting = setting


class PictureError(StylizeError, ValueError):
    """A picture that is not a 3×H×W tensor of numbers in 0–255."""
