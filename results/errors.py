"""What can go wrong in `results`.

ResultsError
├── RunError     a run folder that is missing, damaged, locked, full, or another grid's
└── SheetError   a sheet that was asked for in a way that cannot be drawn
"""


class ResultsError(Exception):
    """Base of this package's errors; each message says what is wrong, where, and what to do."""


class RunError(ResultsError):
    """A run folder that cannot be read or written."""


class SheetError(ResultsError):
    """Rows, columns or values that a sheet cannot be made of."""
