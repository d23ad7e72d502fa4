"""Trials as a table that shows their images in a notebook."""

from __future__ import annotations

import base64
import html
import io
from pathlib import Path
from typing import Any

import pandas as pd
from PIL import Image

import results
from results.errors import ResultsError
from results.printable import printable
from results.table.axes import axis_groups, label_of
from stylize.settings.value_text import number_text, setting_name

MOST_ROWS, EDGE = 30, 96
"""Trials that are shown, and pixels of the long edge of their images."""

_NUMBERS = ("style_distance", "structural_similarity", "total_loss")


class Trials(pd.DataFrame):
    """A table of `results.load`, and a pandas DataFrame in every respect: parts of it are `Trials`, too.

    In a notebook it is shown with a small image of each trial, its place along the axes, its status and its metrics. A
    part without these columns is shown as pandas shows it.
    """

    @property
    def _constructor(self) -> type[Trials]:
        return Trials

    def _repr_html_(self) -> str | None:
        if not {"trial_id", "run", "status", "image_path"} <= set(self.columns):
            return pd.DataFrame(self)._repr_html_()  # type: ignore[operator, no-any-return]
        return _page(self)


def load(location: str | Path, *, missing: bool = False) -> Trials:
    """The trials of one or several runs: `results.load`, with images where a notebook shows them. Raises RunError."""
    return Trials(results.load(location, missing=missing))


def _page(trials: Trials) -> str:
    shown = trials.head(MOST_ROWS)
    try:
        axes = [name for group in axis_groups(trials) for name in group if name in trials.columns]
    except ResultsError:  # the run was moved or removed since
        axes = []
    numbers = [name for name in _NUMBERS if name in trials.columns and trials[name].notna().any()]
    heads = ["", *map(setting_name, axes), "status", *map(setting_name, numbers)]
    rows = []
    for _, row in shown.iterrows():
        cells = [_image(row)]
        cells += [_text(label_of(row, name)) for name in axes]
        cells.append(_text(str(row["status"])))
        cells += ["" if row[name] != row[name] else _text(number_text(float(f"{row[name]:.4g}"))) for name in numbers]
        rows.append(f"<tr title={_quoted(str(row['trial_id']))}>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    counts = trials["status"].value_counts()
    said = ", ".join(f"{count} {status}" for status, count in counts.items())
    more = f"; the first {MOST_ROWS} are shown" if len(trials) > MOST_ROWS else ""
    runs = ", ".join(map(str, trials["run"].unique()[:3]))
    head = "".join(f"<th>{_text(one)}</th>" for one in heads)
    return (
        f"<p>{len(trials)} trials ({_text(said)}) of {_text(runs)}{more}</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _image(row: pd.Series) -> str:
    """A small copy of a trial's image; nothing where there is none."""
    try:
        picture = results.image(row)
    except (ResultsError, OSError):
        return ""
    picture.thumbnail((EDGE, EDGE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=80)
    address = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'<img src="data:image/webp;base64,{address}" width="{picture.width}" height="{picture.height}">'


def _text(text: str) -> str:
    return html.escape(printable(text.replace("\n", " + ")))


def _quoted(text: Any) -> str:
    return f'"{html.escape(str(text))}"'
