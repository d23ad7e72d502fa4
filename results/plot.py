"""Figures of losses and metrics with matplotlib: curves by an axis, and a metric against an axis.

figure = results.plot.curves(results.load("runs/figure5"), by="ratio")
figure.savefig("curves.pdf")
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from results.errors import PlotError
from results.suggestion import suggestion
from results.table.axes import axis_along, is_about_axis
from results.table.load import curves as curves_of
from stylize.settings.value_text import setting_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LARGE_SPAN = 99.0
"""From the smallest to the largest value: beyond this, two decades as they are written, an axis is logarithmic."""

SHORT_LABEL, MOST_BESIDE, LINE_LENGTH = 18, 18, 100
"""A legend is beside the axes if its labels have at most SHORT_LABEL characters and are at most MOST_BESIDE. Otherwise
it is below the axes, with LINE_LENGTH characters in a line.
"""


def curves(trials: pd.DataFrame, by: str, y: str = "total_loss") -> Figure:
    """The recorded losses of trials (a table of `results.load`, or a part of it) over the steps.

    A line for each trial in the colour of its value of `by`, a setting; `y`: total_loss, content_loss, style_loss or
    total_variation. Raises PlotError for columns that there are not, RunError where a run cannot be read.
    """
    _check(trials, by)
    recorded = pd.concat([curves_of(run) for run in trials["run"].unique()], ignore_index=True)
    _check(recorded, y)
    figure, axes = _figure()
    groups = _groups(trials, by)
    for (text, rows), colour in zip(groups, _colours(len(groups)), strict=True):
        label: str | None = text
        for run, trial in rows[["run", "trial_id"]].drop_duplicates().to_numpy():
            line = recorded[(recorded["run"] == run) & (recorded["trial_id"] == trial)]
            axes.plot(line["step"], line[y], color=colour, linewidth=1.2, label=label)
            label = None  # a group is named once
    axes.set_xlabel("step")
    _scale(axes, "y", recorded[y])
    axes.set_ylabel(setting_name(y))
    _legend(figure, axes, by)
    return figure


def metric(trials: pd.DataFrame, x: str, y: str, by: str | None = None) -> Figure:
    """A loss or metric `y` against a setting `x`, for each trial of a table of `results.load` that has both.

    Where `x` is a number its axis is one, logarithmic if it spans two decades; else its values stand in the grid's
    order. Trials of one value of `by` have one colour, and lines join their medians. Raises PlotError.
    """
    for name in [x, y, *([by] if by else [])]:
        _check(trials, name)
    if not pd.api.types.is_numeric_dtype(trials[y]):
        raise PlotError(f"{y} is no number")
    trials = trials[trials[y].notna()]
    if trials.empty:
        raise PlotError(f"no trial has {y}")
    figure, axes = _figure()
    numeric = pd.api.types.is_numeric_dtype(trials[x]) and np.isfinite(trials[x]).all()
    along = axis_along(trials, [x], by_value=True)
    positions = trials[x] if numeric else pd.Series(along.codes, index=trials.index)
    groups = _groups(trials, by) if by else [("", trials)]
    for (text, rows), colour in zip(groups, _colours(len(groups)), strict=True):
        at = positions[rows.index]
        medians = rows[y].groupby(at.astype(float)).median()
        axes.plot(medians.index, medians, color=colour, linewidth=1.2)
        axes.scatter(at, rows[y], color=[colour], s=16, label=text or None)
    if numeric:
        _scale(axes, "x", trials[x])
    else:
        axes.set_xticks(range(len(along)), [_plain(label, lines=True) for label in along.labels])
    _scale(axes, "y", trials[y])
    axes.set_xlabel(setting_name(x))
    axes.set_ylabel(setting_name(y))
    if by:
        _legend(figure, axes, by)
    return figure


def _figure() -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure  # not pyplot, which keeps every figure until it is told not to

    figure = Figure(figsize=(7.2, 4), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#e4e4e4", linewidth=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def _groups(trials: pd.DataFrame, by: str) -> list[tuple[str, pd.DataFrame]]:
    """The trials of each value of a setting, in the grid's order, with its label."""
    axis = axis_along(trials, [by], by_value=True)
    codes = np.asarray(axis.codes)
    return [(_plain(label), trials[codes == code]) for code, label in enumerate(axis.labels)]


def _plain(text: str, *, lines: bool = False) -> str:
    """Without what matplotlib would read as a formula. With `lines`, the layers of a list stay one below the other."""
    return (text if lines else text.replace("\n", " + ")).replace("$", r"\$")


def _colours(count: int) -> list[Any]:
    """From a scale that is read in black and white and by the colour-blind too; the pale end is left out."""
    import matplotlib

    return list(matplotlib.colormaps["viridis"](np.linspace(0, 0.88, count)))


def _scale(axes: Axes, which: str, values: pd.Series) -> None:
    """A logarithmic axis for positive values that span two decades."""
    known = [float(value) for value in values if value == value and math.isfinite(value)]
    positive = [value for value in known if value > 0]
    # The content loss starts at exactly 0; a single such step does not make the others unreadable.
    if positive and min(known) >= 0 and max(positive) > LARGE_SPAN * min(positive):
        (axes.set_xscale if which == "x" else axes.set_yscale)("log")


def _legend(figure: Figure, axes: Axes, by: str) -> None:
    """Beside the axes where its texts are short; else below them, so that they leave the axes their room."""
    handles, labels = axes.get_legend_handles_labels()
    longest = max((len(line) for label in labels for line in label.split("\n")), default=0)
    beside = longest <= SHORT_LABEL and len(labels) <= MOST_BESIDE
    columns = 1 if beside else max(1, min(len(labels), LINE_LENGTH // (longest + 8)))
    if not beside:
        figure.set_figheight(figure.get_figheight() + 0.2 * math.ceil(len(labels) / columns))
    figure.legend(
        handles,
        labels,
        title=_plain(setting_name(by)),
        frameon=False,
        fontsize="small",
        ncols=columns,
        loc="outside right upper" if beside else "outside lower left",
    )


def _check(table: pd.DataFrame, name: str) -> None:
    if name not in table:
        raise PlotError(f"there is no column {name!r}; {suggestion(name, [str(one) for one in _shown(table.columns)])}")


def _shown(names: Iterable[Any]) -> list[Any]:
    return [name for name in names if not is_about_axis(str(name))]
