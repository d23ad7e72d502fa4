"""What can go wrong in `results`.

ResultsError
├── RunError     a run folder that is missing, damaged, locked, full, or another grid's
│   └── MissingFileError   one of its files is not there
├── PlotError    a figure that was asked for in a way that cannot be drawn
├── QueryError   a question to the tables that cannot be answered
├── SelectionError   trials that were asked for in a way that chooses none
├── ExportError  images that cannot be copied as they were asked for
├── SheetError   a sheet that was asked for in a way that cannot be drawn
└── FilmError    a film that was asked for in a way that cannot be made

SheetWarning     what is to be known of a sheet that was drawn
├── GlyphWarning     it has characters that its font lacks
└── ThinnedWarning   it shows some of very many trials
"""


class ResultsError(Exception):
    """Base of this package's errors; each message says what is wrong, where, and what to do."""


class RunError(ResultsError):
    """A run folder that cannot be read or written."""


class MissingFileError(RunError):
    """A file of a run that is not there, where others could be read."""


class PlotError(ResultsError):
    """Columns that a figure cannot be made of."""


class QueryError(ResultsError):
    """A question to the tables that cannot be answered."""


class SelectionError(ResultsError):
    """A condition, a metric or a mark that no trials can be chosen by."""


class ExportError(ResultsError):
    """A folder, a file or a pattern of names that images cannot be copied to."""


class SheetError(ResultsError):
    """Rows, columns or values that a sheet cannot be made of."""


class FilmError(ResultsError):
    """Frames, a rate, a sound or a kind of file that no film can be made of."""


class SheetWarning(UserWarning):
    """Something is to be known of a sheet that was drawn."""


class ThinnedWarning(SheetWarning):
    """A sheet shows some of the trials, because there are more than one sheet can show."""


class GlyphWarning(SheetWarning):
    """A sheet has characters that its font lacks; they are drawn as boxes."""
