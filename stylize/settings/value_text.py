"""How settings and their values are written for people: on sheets, in galleries, plots and films.

The words themselves are declared with each setting. Grid files and messages write numbers plainly (0.001, not 10⁻³) and
do not use this file.
"""

from __future__ import annotations

import math
import mimetypes
import numbers
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from stylize.settings.picture_and_network_settings import ABOUT, PICTURES

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def setting_name(column: str) -> str:
    """What a setting, or any other column of a table, is called: `ratio` is α/β, `learning_rate` is learning rate."""
    title = ABOUT[column].title if column in ABOUT else ""
    return title or column.replace("_", " ")


def value_text(column: str, value: Any) -> str:
    """One value of a setting, or of any other column; a list of layers has a line for each."""
    if isinstance(value, tuple):
        return "\n".join(_item_texts(column, value)) or "none"
    if column in ABOUT and ABOUT[column].words and value in ABOUT[column].words:
        return ABOUT[column].words[value]
    if value is None or value != value:
        return "default"
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        return number_text(float(value))
    return file_name(value) if column in PICTURES and isinstance(value, str) else str(value)


def file_name(reference: str) -> str:
    """What a picture is called: of a path or URL only the name of the file, without its suffix."""
    path = PurePosixPath((urlsplit(reference).path if "://" in reference else reference).replace("\\", "/"))
    kind = (mimetypes.guess_type(path.name)[0] or "").partition("/")[0]
    is_file = len(path.parts) > 1 or kind in ("image", "video")
    return path.stem if is_file and path.stem else reference


def _item_texts(column: str, items: tuple[Any, ...]) -> list[str]:
    """One text per item. Of pairs of a name and a weight only the name is written where equal weights are usual."""
    if not all(isinstance(item, tuple) for item in items):
        return [str(item) for item in items]
    weights = ABOUT[column].weights if column in ABOUT else None
    if weights and weights.equal_is_usual and len({weight for _, weight in items}) == 1:
        return [str(name) for name, _ in items]
    return [f"{name} × {number_text(weight)}" for name, weight in items]


def value_texts(column: str, values: Sequence[Any]) -> list[str]:
    """The values along an axis as they stand beside each other.

    Numbers have one notation: all have powers of ten, or none. Of pictures with the same name the paths are written.
    """
    texts = [value_text(column, value) for value in values]
    if column in PICTURES:  # files of one name in two folders
        texts = [str(value) if texts.count(text) > 1 else text for text, value in zip(texts, values, strict=True)]
    # Values that have words of their own, such as `style only` for a ratio of 0, keep them.
    numeric = {at: float(value) for at, value in enumerate(values) if _is_number(value) and _is_written(texts[at])}
    for at, text in zip(numeric, number_texts(list(numeric.values())), strict=True):
        texts[at] = text
    return texts


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)


def _is_written(text: str) -> bool:
    """Whether a text is a number, not words."""
    return text[:1] in "-0123456789"


def number_texts(given: Sequence[float]) -> list[str]:
    """Numbers that stand beside each other, in one notation: 10⁻³, 3.16·10⁻³, 10⁻² and 10⁻¹, or 0.01, 0.1 and 1.

    Long fractions, as a logarithmic scale gives them, are written with three digits if that tells the numbers apart.
    """
    whole = all(number.is_integer() for number in given)
    sizes = [abs(number) for number in given if number]
    plain = not sizes or (min(sizes) >= 0.01 and max(sizes) < 100_000) or (whole and max(sizes) < 10_000_000)
    for digits in (3, 6, 17):
        texts = [_number_text(number, plain, digits) for number in given]
        if len(set(texts)) == len(set(given)):
            break
    return texts


def _number_text(number: float, plain: bool, digits: int) -> str:
    """A number with all its digits if it has at most four of them or is whole, else with so many."""
    if number.is_integer() and plain:
        return f"{number:.0f}"
    if not number:
        return "0"
    short = f"{number:.3e}"
    mantissa, exponent = (short if float(short) == number else f"{number:.{digits - 1}e}").split("e")
    if plain or int(exponent) in (0, 1):
        return f"{float(f'{mantissa}e{exponent}'):.15g}"
    return _with_power(mantissa.rstrip("0").rstrip("."), int(exponent))


def _with_power(mantissa: str, exponent: int) -> str:
    """Such as 2.5·10⁻⁶, or 10⁻⁶ for a mantissa of 1."""
    power = f"10{str(exponent).translate(_SUPERSCRIPTS)}"
    return power if mantissa == "1" else f"-{power}" if mantissa == "-1" else f"{mantissa}·{power}"


def number_text(number: float, plain: tuple[float, float] = (0.01, 100_000)) -> str:
    """A number as it would be written by hand: 10⁻⁴, 2.5·10⁻⁶, 0.94, 448. Between the two numbers of `plain` no power
    of ten is used.
    """
    if number == 0 or not math.isfinite(number) or plain[0] < abs(number) < plain[1]:
        return f"{number:g}"
    digits, exponent = f"{number:.5e}".split("e")
    return _with_power(digits.rstrip("0").rstrip("."), int(exponent))
