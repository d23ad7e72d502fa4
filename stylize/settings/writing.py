"""How settings and their values are written for people: on sheets, in galleries, plots and films. The words themselves
are declared with each setting; what a grid file or a message says (0.001, not 10⁻³) is not written here.
"""

from __future__ import annotations

import math
import numbers
from typing import Any

from stylize.settings.trial_settings import ABOUT

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
    return str(value)


def _item_texts(column: str, items: tuple[Any, ...]) -> list[str]:
    """One text per item. Of pairs of a name and a weight only the name is written where equal weights are usual."""
    if not all(isinstance(item, tuple) for item in items):
        return [str(item) for item in items]
    weights = ABOUT[column].weights if column in ABOUT else None
    if weights and weights.equal_is_usual and len({weight for _, weight in items}) == 1:
        return [str(name) for name, _ in items]
    return [f"{name} × {number_text(weight)}" for name, weight in items]


def number_text(number: float, plain: tuple[float, float] = (0.01, 100_000)) -> str:
    """A number as it would be written by hand: 10⁻⁴, 2.5·10⁻⁶, 0.94, 448. Between the two numbers of `plain` no power
    of ten is used.
    """
    if number == 0 or not math.isfinite(number) or plain[0] < abs(number) < plain[1]:
        return f"{number:g}"
    digits, exponent = f"{number:.5e}".split("e")
    digits = digits.rstrip("0").rstrip(".")
    power = f"10{str(int(exponent)).translate(_SUPERSCRIPTS)}"
    return power if digits == "1" else f"-{power}" if digits == "-1" else f"{digits}·{power}"
