"""Trials as a table that shows their images in a notebook, and a run as its sheet. One trial is in `inspector.py`."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
from PIL import Image

import results
from results.errors import ResultsError
from results.run.storage import SHEET
from results.table.axes import axis_groups, label_of
from style_sweep.inspector import STYLE, data_url, escaped, inspector
from stylize.settings.value_text import number_text, setting_name

MOST_ROWS = 30
"""Trials that are shown."""

SHEET_EDGE = 900
"""Pixels of the long edge of a run's sheet."""

_NUMBERS = ("style_distance", "structural_similarity", "total_loss")
_NEEDED = {"trial_id", "run", "status", "image_path"}


class Trial(pd.Series):
    """A row of `Trials`, and a pandas Series in every respect. In a notebook it is shown with its image, its settings,
    its losses and its metrics. So is a column, but as pandas shows it.
    """

    @property
    def _constructor(self) -> type[Trial]:
        return Trial

    @property
    def _constructor_expanddim(self) -> type[Trials]:
        return Trials

    def _repr_html_(self) -> str | None:
        if not set(self.index) >= _NEEDED:
            return None
        return STYLE + inspector(self, _axes(pd.DataFrame([self])), opened=True)


class Trials(pd.DataFrame):
    """A table of `results.load`, and a pandas DataFrame in every respect: parts of it are `Trials`, too.

    In a notebook it is shown with a small image of each trial, its place along the axes, its status and its metrics. A
    click on an image opens it: it is then larger, with all settings that are not at their defaults, and all losses. A
    part without these columns is shown as pandas shows it.
    """

    @property
    def _constructor(self) -> type[Trials]:
        return Trials

    @property
    def _constructor_sliced(self) -> type[Trial]:
        return Trial

    def _repr_html_(self) -> str | None:
        if not set(self.columns) >= _NEEDED:
            return pd.DataFrame(self)._repr_html_()  # type: ignore[operator, no-any-return]
        return _page(self)


class Run(results.Run):
    """The files of a run: `results.Run`, which a notebook shows as its sheet, with what became of its trials."""

    def _repr_html_(self) -> str:
        try:
            about = self.metadata()["grid"]
            counts = _counts(results.load(self.location, missing=True))
        except ResultsError as error:
            return f"<p>{escaped(str(error))}</p>"
        said = f"<p><b>{escaped(about['title'])}</b>, {escaped(counts)} in {escaped(self.location)}</p>"
        description = f"<p>{escaped(about['description'])}</p>" if about.get("description") else ""
        try:
            sheet = Image.open(io.BytesIO(self.read(SHEET)))
            sheet.thumbnail((SHEET_EDGE, SHEET_EDGE), Image.Resampling.LANCZOS)
            shown = f'<img src="{data_url(sheet)}" alt="the sheet">'
        except (ResultsError, OSError, Image.DecompressionBombError):
            shown = ""
        return said + description + shown


def load(location: str | Path, *, missing: bool = False) -> Trials:
    """The trials of one or several runs: `results.load`, with images where a notebook shows them. Raises RunError."""
    return Trials(results.load(location, missing=missing))


def _axes(trials: pd.DataFrame) -> list[str]:
    """The settings that differ, in the order of the grid; none if the run was moved or removed since."""
    try:
        return [name for group in axis_groups(trials) for name in group if name in trials.columns]
    except ResultsError:
        return []


def _counts(trials: pd.DataFrame) -> str:
    counts = ", ".join(f"{count} {status}" for status, count in trials["status"].value_counts().items())
    return f"{len(trials)} trials ({counts})"


def _page(trials: Trials) -> str:
    shown = pd.DataFrame(trials.head(MOST_ROWS))
    axes = _axes(trials)
    numbers = [name for name in _NUMBERS if name in trials.columns and trials[name].notna().any()]
    heads = ["", *map(setting_name, axes), "status", *map(setting_name, numbers)]
    rows = []
    for _, row in shown.iterrows():
        cells = [inspector(row, axes)]
        cells += [escaped(label_of(row, name)) for name in axes]
        cells.append(escaped(str(row["status"])))
        cells += ["" if row[name] != row[name] else escaped(number_text(float(f"{row[name]:.4g}"))) for name in numbers]
        rows.append(f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    more = f"; the first {MOST_ROWS} are shown" if len(trials) > MOST_ROWS else ""
    runs = ", ".join(map(str, trials["run"].unique()[:3]))
    head = "".join(f"<th>{escaped(one)}</th>" for one in heads)
    return (
        f"{STYLE}<p>{escaped(_counts(trials))} of {escaped(runs)}{more}. A click on an image opens it.</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )
