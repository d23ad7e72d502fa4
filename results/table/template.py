"""Templates that users write: `{column}` and `{column:format}`, filled in with the values of a trial.

They are not Python's format strings: `{x.__class__}` in a stranger's command must not be evaluated.
"""

from __future__ import annotations

import difflib
import re
import string
from collections.abc import Callable
from typing import Any

import pandas as pd

from results.errors import ResultsError
from stylize.settings.value_text import value_text

LONGEST = 500
"""The most characters of a text that is filled in: {total_loss:>99999999} would cost a gigabyte."""


def filled_in(
    template: str,
    row: pd.Series,
    option: str,
    error: type[ResultsError],
    write: Callable[[str, Any], str] = value_text,
) -> str:
    """A template with the values of a row; those without a format are written by `write`, missing ones as a dash.

    Raises `error` for a template that cannot be filled in; the message names it by `option`, such as "--annotate".
    """
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as reason:
        raise error(f"{option} {template!r}: {reason}; a brace itself is written twice") from reason
    text = ""
    for literal, name, form, conversion in parts:
        text += literal
        if name is None:
            continue
        if conversion or "{" in (form or ""):
            raise error(f"{option} {template!r}: only {{column}} and {{column:format}} are filled in")
        if unknown := unknown_column(name, row.index):
            raise error(f"{option}: {unknown}")
        value = row[name]
        if value is None or value != value:
            text += "–"
        else:
            text += _formatted(name, value, form, f"{option} {template!r:.80}", error) if form else write(name, value)
        if len(text) > LONGEST:
            raise error(f"{option} {template!r:.80}: that is more than {LONGEST} characters for one image")
    return text.replace("\\n", "\n")


def unknown_column(name: str, columns: Any) -> str | None:
    """What to say to the name of a column that there is not; None where there is one."""
    names = [str(one) for one in columns]
    if name in names:
        return None
    close = difflib.get_close_matches(name, names, n=3)
    hint = f"did you mean {' or '.join(close)}?" if close else "`sweep table RUN --columns all --csv` names them"
    return f"there is no column {name!r}; {hint}"


def _formatted(name: str, value: Any, form: str, which: str, error: type[ResultsError]) -> str:
    if any(int(number) > LONGEST for number in re.findall(r"[0-9]+", form)):
        raise error(f"{which}: {form!r:.40} asks for more than {LONGEST} characters or digits")
    try:
        return format(value.item() if hasattr(value, "item") else value, form)
    except (ValueError, TypeError) as reason:
        raise error(f"{which}: {name} is {value!r:.40}: {reason}") from reason
