"""What a user may add to a sheet: a title, a caption, text below the images, and borders that show a value.

This is about words and values. Where they stand is in `place` and `surroundings`.
"""

from __future__ import annotations

import difflib
import re
import string
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from results.errors import SheetError
from results.table.labels import value_text


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

    def check(self, trials: pd.DataFrame) -> None:
        """Raises SheetError for a template that cannot be filled in, or a border that is no number."""
        if self.annotate is not None:
            for _, row in trials.iterrows():
                filled_in(self.annotate, row)
        if self.border is not None:
            _check_column(self.border, trials.columns, "--border")
            if not pd.api.types.is_numeric_dtype(trials[self.border]):
                raise SheetError(f"--border {self.border}: that is no number")


NOTHING_ADDED = Additions()

LONGEST_NOTE = 500
"""Characters below one image. More would be no note, and a format such as {total_loss:>99999999} costs a gigabyte."""


def filled_in(template: str, row: pd.Series) -> str:
    """A template with the values of a row: `{column}` or `{column:format}`, nothing else of Python's format strings.

    Missing values become a dash. Raises SheetError.
    """
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        raise SheetError(f"--annotate {template!r}: {error}; a brace itself is written twice") from error
    text = ""
    for literal, name, form, conversion in parts:
        text += literal
        if name is None:
            continue
        if conversion or "{" in (form or ""):
            raise SheetError(f"--annotate {template!r}: only {{column}} and {{column:format}} are filled in")
        _check_column(name, row.index, "--annotate")
        text += _formatted(name, row[name], form or "", template)
        if len(text) > LONGEST_NOTE:
            raise SheetError(f"--annotate {template!r:.80}: that is more than {LONGEST_NOTE} characters for one image")
    return text.replace("\\n", "\n")


def _formatted(name: str, value: Any, form: str, template: str) -> str:
    if value is None or value != value:
        return "–"
    if not form:
        return value_text(name, value)
    if any(int(number) > LONGEST_NOTE for number in re.findall(r"[0-9]+", form)):
        raise SheetError(
            f"--annotate {template!r:.80}: {form!r:.40} asks for more than {LONGEST_NOTE} characters or digits"
        )
    try:
        return format(value.item() if hasattr(value, "item") else value, form)
    except (ValueError, TypeError) as error:
        raise SheetError(f"--annotate {template!r}: {name} is {value!r:.40}: {error}") from error


def _check_column(name: str, columns: Any, option: str) -> None:
    names = [str(one) for one in columns]
    if name not in names:
        close = difflib.get_close_matches(name, names, n=3)
        hint = f"did you mean {' or '.join(close)}?" if close else "`sweep table RUN --columns all --csv` names them"
        raise SheetError(f"{option}: there is no column {name!r}; {hint}")
