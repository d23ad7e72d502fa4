"""HTML of one trial for notebooks: a small image that opens to a large one, with the trial's settings and numbers.

There is no script in it, because notebooks show output of others in a sandbox: the element `details` opens and closes.
Every text of a run is escaped.
"""

from __future__ import annotations

import base64
import html
import io
import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
from PIL import Image

import results
from results.errors import ResultsError
from results.printable import printable
from stylize import registry
from stylize.settings import DEFAULTS, SETTING_NAMES
from stylize.settings.value_text import number_text, setting_name, value_text

SMALL, LARGE = 96, 384
"""Pixels of the long edge of an image, closed and opened. The small one is the large one, shown smaller."""

STYLE = (
    "<style>"
    ".style-sweep-trial summary{cursor:zoom-in;list-style:none}"
    ".style-sweep-trial[open] summary{cursor:zoom-out;float:left;margin-right:1em}"
    f".style-sweep-trial summary img{{width:auto;height:auto;max-width:{SMALL}px;max-height:{SMALL}px}}"
    f".style-sweep-trial[open] summary img{{width:{LARGE}px;max-width:none;max-height:none}}"
    ".style-sweep-trial td,.style-sweep-trial th{text-align:left;vertical-align:top}"
    "</style>"
)
"""Of all trials of an output, once."""


def inspector(row: pd.Series, axes: Sequence[str], *, opened: bool = False) -> str:
    """A trial (a row of `results.load`) as an element that opens. `axes`: the settings that come first."""
    image = _image(row)
    if not image and not opened:
        return ""
    facts = [
        ("trial", str(row["trial_id"])),
        ("status", str(row["status"])),
        *_settings(row, axes),
        *_numbers(row),
    ]
    if isinstance(row.get("error"), str):
        facts.append(("error", row["error"]))
    rows = "".join(f"<tr><th>{escaped(name)}</th><td>{escaped(text)}</td></tr>" for name, text in facts)
    return (
        f'<details class="style-sweep-trial"{" open" if opened else ""}><summary>{image or "no image"}</summary>'
        f"<table>{rows}</table></details>"
    )


def escaped(text: str) -> str:
    """A text for HTML, without control characters; values over several lines get a plus sign between them."""
    return html.escape(printable(text.replace("\n", " + ")))


def _settings(row: pd.Series, axes: Sequence[str]) -> list[tuple[str, str]]:
    """The axes, then pictures and network, then what is not at its default."""
    first = [*axes, *(name for name in ("content", "style", "size", "architecture", "ratio") if name not in axes)]
    found = []
    for name in [*first, *(name for name in SETTING_NAMES if name not in first)]:
        value = _plain(row.get(name))
        if value is None or (name not in first and name in DEFAULTS and value == _plain(DEFAULTS[name])):
            continue
        found.append((setting_name(name), value_text(name, value)))
    return found


def _numbers(row: pd.Series) -> list[tuple[str, str]]:
    """Final losses, metrics and the seconds that the trial took."""
    names = [*registry.loss_columns(), *registry.metric_columns(), "seconds"]
    values = ((name, row.get(name)) for name in names)
    return [
        (setting_name(name), value if isinstance(value, str) else number_text(float(f"{value:.4g}")))
        for name, value in values
        if isinstance(value, str) or (isinstance(value, int | float) and math.isfinite(value))
    ]


def _plain(value: Any) -> Any:
    """A cell as Python has it: lists as tuples, and None for a missing value."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return tuple(map(_plain, value))
    return None if value is None or value != value else value


def _image(row: pd.Series) -> str:
    """A trial's image as it is shown opened; nothing where there is none."""
    try:
        picture = results.image(row)
    except (ResultsError, OSError):
        return ""
    picture.thumbnail((LARGE, LARGE), Image.Resampling.LANCZOS)
    shrink = min(1.0, SMALL / max(picture.size))
    width, height = (round(edge * shrink) for edge in picture.size)
    return f'<img src="{data_url(picture)}" width="{width}" height="{height}" alt="">'


def data_url(picture: Image.Image) -> str:
    """A picture as the address of an image in HTML."""
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=80)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
