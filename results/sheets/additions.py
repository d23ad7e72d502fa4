"""What a user may add to a sheet: a title, a caption, text below the images, and borders that show a value.

Only their texts and values are here. They are placed in `place` and `surroundings`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from results.errors import SheetError
from results.table.template import filled_in, unknown_column


@dataclass(frozen=True)
class Additions:
    """annotate: a template for what stands below each image. border: the column whose values colour the borders.

    title: instead of the grid's. caption: below the sheet. author: in the properties of a PDF. page: the number of this
    page, and how many there are.
    """

    annotate: str | None = None
    border: str | None = None
    title: str | None = None
    caption: str | None = None
    author: str | None = None
    page: tuple[int, int] | None = None

    def on_page(self, number: int, count: int) -> Additions:
        """The same on one page of several."""
        return replace(self, page=(number, count))

    def note(self, row: pd.Series) -> str:
        """What stands below the image of a trial. Raises SheetError for a template that cannot be filled in."""
        return filled_in(self.annotate or "", row, "--annotate", SheetError)

    def check(self, trials: pd.DataFrame) -> None:
        """Raises SheetError for a template that cannot be filled in, or a border that is not a column of numbers."""
        if self.annotate is not None:
            for _, row in trials.iterrows():
                self.note(row)
        if self.border is not None:
            if reason := unknown_column(self.border, trials.columns):
                raise SheetError(f"--border: {reason}")
            if not pd.api.types.is_numeric_dtype(trials[self.border]):
                raise SheetError(f"--border {self.border}: that is no number")


NOTHING_ADDED = Additions()
