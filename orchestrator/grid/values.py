"""Single values of settings: checks them against the settings' types, writes them in messages, and spaces them on an
axis.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Iterable
from typing import Annotated, Any, NoReturn

from pydantic import ConfigDict, TypeAdapter, ValidationError

from orchestrator.errors import GridError
from orchestrator.grid.yaml12 import parse_value
from results.suggestion import suggestion
from stylize import LayerWeight
from stylize.settings import ABOUT, SETTING_NAMES, PictureShare, TrialSettings


@functools.cache
def _adapter(setting: str) -> TypeAdapter[Any]:
    field = TrialSettings.model_fields[setting]
    annotation: Any = Annotated[field.annotation, field]
    return TypeAdapter(annotation, config=ConfigDict(strict=True, allow_inf_nan=False))


def check_value(setting: str, value: Any) -> Any:
    """Check the value of one setting by itself, and return it. Raises GridError without a position."""
    try:
        return _adapter(setting).validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        message = first["msg"].removeprefix("Value error, ")
        message = re.sub("^(Input|String) should", "should", message)
        shown = "" if first["type"] == "value_error" else f", not {shown_value(value)}"
        number_expected = setting == "size" or first["type"].startswith(("int", "float"))
        hint = "; write numbers without quotes" if number_expected and _has_quoted_number(value) else ""
        raise GridError(f"{setting} {message}{shown}{hint}") from error


def _has_quoted_number(value: Any) -> bool:
    """Whether a value, or an item of a list, is a text that would be a number without its quotes."""
    if isinstance(value, list):
        return any(_has_quoted_number(one) for one in value if not isinstance(one, list))
    try:
        return isinstance(value, str) and math.isfinite(float(value))
    except ValueError:
        return False


def is_value(setting: str, value: Any) -> bool:
    """Whether a setting can have this value."""
    try:
        check_value(setting, value)
    except GridError:
        return False
    return True


def shown_value(value: Any) -> str:
    """A value as a message or a plan shows it; long ones are cut."""
    if isinstance(value, tuple) and all(isinstance(one, LayerWeight) for one in value):
        equal = len({weight for _, weight in value}) <= 1
        text = "+".join(layer if equal else f"{layer}·{weight:g}" for layer, weight in value) or "[]"
    elif isinstance(value, tuple) and value and all(isinstance(one, PictureShare) for one in value):
        text = " + ".join(f"{share:g} {picture}" for picture, share in value)
    else:
        text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def unknown(what: str, name: Any, known: Iterable[str]) -> str:
    """A message for a name that is not among the known ones, with the closest of them."""
    known = list(known)
    if not known:
        return f"there is no {what} {shown_value(name)}; there are none here"
    return f"there is no {what} {shown_value(name)}; {suggestion(name, known)}"


def unknown_setting(name: str) -> str:
    """A message for a setting that does not exist. If other programs use this name, it says what the setting is called
    here.
    """
    for setting, about in ABOUT.items():
        if name.lower() in about.also_called:
            title = f" ({about.title})" if about.title else ""
            return f"there is no setting {shown_value(name)}; it is called {setting}{title} here"
    return unknown("setting", name, ABOUT)


def read_override(text: str) -> tuple[str, Any]:
    """The setting and the value of a `name=value` of `--set`. Raises GridError, which names it."""
    name, equals, value = text.partition("=")
    name, path = name.strip(), f"--set {name.strip()}"
    if not equals:
        raise GridError("write --set name=value", path)
    if name not in SETTING_NAMES:
        raise GridError(unknown_setting(name), path)
    try:
        return name, check_value(name, parse_value(value))
    except GridError as error:
        raise GridError(error.message, path) from error


MOST_AXIS_VALUES = 100_000


def read_spaced(kind: str, arguments: Any, fail: Callable[..., NoReturn]) -> list[float]:
    """The numbers of `{logspace: [first, last, count]}` or linspace. `fail` raises a GridError; it is given the message
    and, where one of the three is wrong, its index.
    """
    if (
        not isinstance(arguments, list)
        or len(arguments) != 3
        or not all(isinstance(one, int | float) and not isinstance(one, bool) for one in arguments)
        or not all(abs(one) < 1e300 for one in arguments)
    ):
        fail(f"{kind} takes [first, last, count]")
    first, last, count = arguments
    if not isinstance(count, int) or not 2 <= count <= MOST_AXIS_VALUES:
        fail(f"{kind} takes a count from 2 to {MOST_AXIS_VALUES:,}, not {count}", 2)
    if kind == "logspace" and not (first > 0 and last > 0):
        fail("logspace needs a first and a last value above 0")
    return spaced(kind, float(first), float(last), count)


def spaced(kind: str, first: float, last: float, count: int) -> list[float]:
    """`count` evenly spaced numbers (linspace), or evenly spaced on a logarithmic scale (logspace).

    Round numbers stay round: 8 and not 7.999999999999999, which would be another trial.
    """
    steps = range(1, count - 1)
    if kind == "linspace":
        between = [f"{first + (last - first) * step / (count - 1):.15g}" for step in steps]
    else:  # fewer digits, because the power enlarges the rounding error of its exponent
        start, end = math.log10(first), math.log10(last)
        between = [f"{10.0 ** (start + (end - start) * step / (count - 1)):.12g}" for step in steps]
    return [first, *map(float, between), last]
