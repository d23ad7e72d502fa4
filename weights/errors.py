"""What can go wrong in `weights`.

WeightsError
├── UnknownWeightsError   a name or path behind which there are no weights
└── UnusableError         a file that is damaged, is not a weights file, or does not fit the architecture
"""


class WeightsError(Exception):
    """Base of this package's errors; each message says what is wrong, where, and what to do."""


class UnknownWeightsError(WeightsError):
    """A name or path behind which there are no weights."""


class UnusableError(WeightsError):
    """A file that cannot be used as weights of its architecture."""
