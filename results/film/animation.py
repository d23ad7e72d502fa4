"""The frames of films that show how images came about: one trial or a whole sheet, with the loss curves below.

The frames are drawn from snapshots here; film files are written in `film.py`.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from PIL import Image, ImageDraw

from results.errors import FilmError
from results.film.chart import Chart, Curve
from results.run.storage import Run
from results.sheets.boxes import Area
from results.sheets.drawing import empty_sheet
from results.sheets.painter import paste
from results.sheets.text import ACCENT, GREY, INK, Block, block, font
from results.table.axes import PICTURES, grid_axes, label_of
from results.table.load import curves, image, reference, snapshot, snapshots
from stylize.settings.value_text import setting_name

CONTENT, STYLE = "#2f6db5", "#d0752a"

USUAL_WIDTH, LARGEST_HEIGHT = 1280, 2160
SMALLEST_IMAGE = 480
"""The least width of a single trial's image, in pixels; with less there would be no room for the chart."""


@dataclass(frozen=True)
class Film:
    """Frames for `write_film`, and how many they are."""

    frames: Iterator[Image.Image]
    count: int


def has_snapshots(row: Mapping[str, Any] | pd.Series) -> bool:
    """Whether a trial has snapshots."""
    return isinstance(row.get("kept_steps"), tuple)


def trial_film(row: pd.Series, width: int = USUAL_WIDTH) -> Film:
    """One trial (a row of `results.load`) from its first image to its last, and below it its loss curves.

    `width`: of the film, at most, in pixels. Raises FilmError if the trial has no snapshots, and RunError, while the
    frames are made, if one is missing.
    """
    if not has_snapshots(row):
        raise FilmError(f"trial {row['trial_id']} has no snapshots")
    return Film(_trial_frames(row, width), len(row["kept_steps"]) + 1)


def _trial_frames(row: pd.Series, width: int) -> Iterator[Image.Image]:
    page = _Page(row, width)
    for step, picture in snapshots(row):
        yield page.at(step, picture)


class _Page:
    """The page of a trial's film: the image, and below it a caption, content and style in small, and the curves."""

    def __init__(self, row: pd.Series, width: int) -> None:
        size = int(row["width"]), int(row["height"])
        text = max(11, min(20, width // 40, max(size[0], SMALLEST_IMAGE) // 32))
        margin = text
        scale = min((width - 2 * margin) / size[0], LARGEST_HEIGHT / 1.5 / size[1], max(1, SMALLEST_IMAGE / size[0]))
        picture = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
        inner = max(picture[0], min(width, SMALLEST_IMAGE + 2 * margin) - 2 * margin)
        self._box = Area(margin + (inner - picture[0]) // 2, margin, *picture)
        self._font = font(text, bold=True)
        steps_width = self._font.getlength(f"step {int(row['steps'])} ")
        caption = block(_caption(row), text, inner - steps_width, most_lines=3)
        trouble = _trouble(row)
        notice = block(trouble, text, inner, colour=ACCENT, most_lines=2) if trouble else Block((), text)
        top = margin + picture[1] + text // 2
        self._step_at = (margin + inner, top)
        chart_top = top + caption.height + notice.height + text // 2
        chart_height = max(10 * text, round(inner * 0.26))
        self._canvas = Image.new("RGB", (inner + 2 * margin, chart_top + chart_height + margin), "white")
        pen = ImageDraw.Draw(self._canvas)
        for words in (caption, notice):
            top = _write(pen, words, margin, top)
        left = margin + self._references(row, Area(margin, chart_top, inner // 3, chart_height), text)
        self._chart = Chart(_term_curves(row), (margin + inner - left, chart_height), text)
        self._chart_at = left, chart_top

    def at(self, step: int, picture: Image.Image) -> Image.Image:
        """The page with the given snapshot of a step."""
        page = self._canvas.copy()
        paste(page, picture, self._box)
        page.paste(self._chart.at(step), self._chart_at)
        ImageDraw.Draw(page).text(self._step_at, f"step {step}", INK, self._font, anchor="ra")
        return page

    def _references(self, row: pd.Series, box: Area, text: int) -> int:
        """Draw content and style, one above the other. Returns the width that they take, in pixels."""
        found = [one for name in PICTURES if (one := reference(row, name))]
        if not found:
            return 0
        left, top, width, height = box
        each = (height - (len(found) - 1) * (text // 2)) // len(found)
        widest = min(width, max(round(one.width * each / one.height) for one in found))
        for one in found:
            paste(self._canvas, one, Area(left, top, widest, each))
            top += each + text // 2
        return widest + text


def _write(pen: ImageDraw.ImageDraw, words: Block, left: int, top: int) -> int:
    """Draw a block's lines. Returns the y below the last one."""
    for line in words.lines:
        pen.text((left, top), line, words.colour, font(words.size, bold=words.bold))
        top += words.line_height
    return top


def _caption(row: pd.Series) -> str:
    """A trial's pictures and its values along the axes of its grid."""
    parts = [label_of(row, name) for name in PICTURES if isinstance(row.get(name), str)]
    swept = [name for axis in grid_axes(Run(row["run"])) for name in axis if name not in PICTURES and name in row]
    parts += [f"{setting_name(name)} {label_of(row, name)}".replace("\n", " + ") for name in swept]
    return " · ".join(parts)


def _trouble(row: pd.Series) -> str:
    """The warning below the image: that the trial failed, or which stand-ins were used."""
    if row["status"] == "failed":
        return f"failed: {row['error']}"
    return f"stand-ins: {row['stand_ins']}" if isinstance(row.get("stand_ins"), str) and row["stand_ins"] else ""


def _term_curves(row: pd.Series) -> list[Curve]:
    """The curves of a trial: its total loss, α·content loss and β·style loss."""
    found = _curves_of(row["run"], [row["trial_id"]]).get(row["trial_id"])
    if found is None:
        return []
    ratio = float(row["ratio"])
    alpha, beta = (0.0 if ratio == 0 else 1.0), (1.0 if ratio == 0 else 1 / ratio)
    steps = found["step"].tolist()
    return [
        Curve.of("content", CONTENT, steps, (alpha * found["content_loss"]).tolist()),
        Curve.of("style · β/α" if beta != 1 else "style", STYLE, steps, (beta * found["style_loss"]).tolist()),
        Curve.of("total loss", INK, steps, found["total_loss"].tolist()),
    ]


def _curves_of(run: str, trials: Sequence[str]) -> dict[str, pd.DataFrame]:
    """The recorded losses of trials of a run, by trial."""
    table = curves(run)
    return {str(trial): found for trial, found in table[table["trial_id"].isin(trials)].groupby("trial_id")}


def sheet_film(
    trials: pd.DataFrame,
    rows: str | Sequence[str] | None = None,
    columns: str | Sequence[str] | None = None,
    width: int = USUAL_WIDTH,
) -> Film:
    """The whole sheet from its first images to its last, and below it the loss curves of all its trials.

    `trials`, `rows` and `columns` as `results.sheet` takes them; `width`: of the film, at most, in pixels. There is a
    frame for each step at which any trial has a snapshot. Trials without snapshots, or that have ended, do not change.
    Raises FilmError if no trial has snapshots, SheetError for a sheet that cannot be drawn, and RunError, while the
    frames are made, if a snapshot is missing.
    """
    trials = trials.reset_index(drop=True)
    moving = [row for _, row in trials.iterrows() if row["status"] == "done" and has_snapshots(row)]
    if not moving:
        raise FilmError("no trial has snapshots")
    steps = sorted({step for row in moving for step in (*row["kept_steps"], int(row["steps"]))})
    empty, areas = empty_sheet(trials, rows, columns, (width, LARGEST_HEIGHT - _chart_size(width)[0]))
    return Film(_sheet_frames(trials, empty, areas, steps, _chart_size(empty.width)), len(steps))


def _chart_size(width: int) -> tuple[int, int]:
    """The height of the chart below a sheet of this width, and the size of its text, in pixels."""
    text = max(11, min(20, width // 64))
    return max(8 * text, width // 7), text


def _sheet_frames(
    trials: pd.DataFrame,
    empty: Image.Image,
    areas: Mapping[int, Area],
    steps: Sequence[int],
    chart_size: tuple[int, int],
) -> Iterator[Image.Image]:
    """`chart_size`: height of the chart below the sheet, and size of its text."""
    height, text = chart_size
    margin = 2 * text
    counter = font(round(text * 1.3), bold=True)
    counter_width = round(counter.getlength(f"step {steps[-1]}  "))
    page = Image.new("RGB", (empty.width, empty.height + height + text), "white")
    page.paste(empty, (0, 0))
    chart = Chart(_sheet_curves(trials, areas), (page.width - 2 * margin - counter_width, height), text)
    pen = ImageDraw.Draw(page)
    cells = [_Cell(trials.iloc[number], area) for number, area in areas.items()]
    for step in steps:
        for cell in cells:
            cell.show(page, step)
        pen.rectangle((0, empty.height, page.width, page.height), "white")
        pen.text((margin, empty.height + text), f"step {step}", INK, counter)
        page.paste(chart.at(step), (margin + counter_width, empty.height))
        yield page.copy()


class _Cell:
    """A trial's cell in a film. It is drawn only when its image changes."""

    def __init__(self, row: pd.Series, area: Area) -> None:
        self._row, self._area = row, area
        kept: tuple[int, ...] = row["kept_steps"] if has_snapshots(row) else ()
        self._steps = [*kept, int(row["steps"])] if kept else [0]
        self._shown: int | None = None

    def show(self, page: Image.Image, step: int) -> None:
        """Draw the newest snapshot made at or before this step."""
        latest = max(0, bisect.bisect_right(self._steps, step) - 1)
        if latest != self._shown:
            last = latest == len(self._steps) - 1
            paste(page, image(self._row) if last else snapshot(self._row, self._steps[latest]), self._area)
            self._shown = latest


def _sheet_curves(trials: pd.DataFrame, areas: Mapping[int, Area]) -> list[Curve]:
    shown = trials.iloc[sorted(areas)]
    found: list[Curve] = []
    for run, rows in shown.groupby("run", sort=False):
        by_trial = _curves_of(str(run), rows["trial_id"].tolist())
        found += [
            Curve.of("total loss of each trial", GREY, one["step"].tolist(), one["total_loss"].tolist())
            for one in by_trial.values()
        ]
    return found
