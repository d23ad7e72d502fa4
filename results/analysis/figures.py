"""Figures of what axes do to a metric: shares of the variance, main effects with an image at each level, and the
heatmap of two axes together. matplotlib draws them; the numbers are those of `effects`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from results.analysis.effects import Factor, effects, measured
from results.analysis.variance import CONFIDENCE, Floats
from results.errors import QueryError, RunError
from results.suggestion import suggestion
from results.table.load import image
from stylize.settings.value_text import setting_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PANELS = 8
"""Axes with a panel of their own: those that explain most."""

THUMBNAIL = 96
"""Pixels of the long edge of the image at a level."""

_COLOUR, _PALE = "#1f5fbf", "#9db7dd"


def effects_figure(
    trials: pd.DataFrame,
    metric: str,
    *,
    log: bool = False,
    pair: tuple[str, str] | None = None,
    table: pd.DataFrame | None = None,
) -> Figure:
    """What each axis does to a metric, on one page.

    `trials`, `metric` and `log` are those of `effects`; `table` is what it returned, if it was called before. Bars show
    the shares, with intervals where there are any. A panel for each axis shows every trial as a dot, the mean of each
    level, and an image at each level. A line joins the means if the levels are numbers. Where seeds were repeated, a
    mean has the 95 % interval that chance leaves it.
    These images differ in that axis alone where the grid has such trials; of all such rows of images the one is shown
    whose metrics are nearest to the means. A heatmap shows the means of `pair`, two axes by name; without it, of the
    pair that explains most. Raises QueryError, and RunError where a run cannot be read.
    """
    from matplotlib.figure import Figure  # not pyplot, which keeps every figure until it is told not to

    if table is None:
        table = effects(trials, metric, log=log)
    factors, numbers, used = measured(trials, metric, log=log)
    by_name = {factor.name: factor for factor in factors}
    mains = table[table["axis"].notna() & table["other"].isna()]
    shares = dict(zip(mains["axis"], mains["share"].fillna(0.0), strict=True))
    panels = sorted(factors, key=lambda factor: -shares[factor.name])[:MOST_PANELS]
    together = _pair(table, by_name, pair)
    count = len(panels) + (together is not None)
    rows = math.ceil(count / 2)
    heights = [0.55 + 0.24 * len(table), *([3.1] * rows)]
    figure = Figure(figsize=(9.6, sum(heights)), layout="constrained")
    grid = figure.add_gridspec(rows + 1, 2, height_ratios=heights)
    name = _metric_name(metric, log)
    _draw_shares(figure.add_subplot(grid[0, :]), table, name)
    low, high = float(numbers.min()), float(numbers.max())
    for place, factor in enumerate(panels):
        axes = figure.add_subplot(grid[1 + place // 2, place % 2])
        _draw_main_effect(axes, factor, numbers, name, table.attrs["chance"])
        shown = _images_at_levels(factor, [one for one in factors if one is not factor], numbers)
        for code, number in enumerate(shown):
            _place_image(axes, used.iloc[number], code, len(shown))
        margin = 0.06 * ((high - low) or 1)
        axes.set_ylim(low - margin, high + margin)
    if together is not None:
        axes = figure.add_subplot(grid[1 + (count - 1) // 2, (count - 1) % 2])
        _draw_pair(axes, *together, numbers, name)
    return figure


def _pair(
    table: pd.DataFrame, factors: dict[str, Factor], wanted: tuple[str, str] | None
) -> tuple[Factor, Factor] | None:
    """The two axes of the heatmap. Raises QueryError for a name that is no axis."""
    for name in wanted or ():
        if name not in factors:
            raise QueryError(f"these trials do not differ along {name!r}; {suggestion(name, list(factors))}")
    if wanted and wanted[0] == wanted[1]:
        raise QueryError(f"{wanted[0]} cannot interact with itself; name two axes")
    pairs = table[table["other"].notna() & table["share"].notna()]
    if wanted is None and pairs.empty:
        return None
    if wanted is None:
        most = pairs.iloc[int(pairs["share"].argmax())]
        wanted = (most["axis"], most["other"])
    one, other = wanted
    return factors[one], factors[other]


def _draw_shares(axes: Axes, table: pd.DataFrame, name: str) -> None:
    places = np.arange(len(table))[::-1]
    shares = 100 * table["share"].to_numpy(dtype=float)
    colours = [_PALE if pd.isna(axis) else _COLOUR for axis in table["axis"]]
    axes.barh(places, np.nan_to_num(shares), color=colours, height=0.62)
    for place, share, low, high in zip(places, shares, 100 * table["low"], 100 * table["high"], strict=True):
        if math.isnan(share):
            axes.annotate("not separable", (0, place), (4, 0), textcoords="offset points", va="center", color="#666666")
            continue
        end = share
        if not math.isnan(low):
            axes.plot([low, high], [place, place], color="black", linewidth=1.2, marker="|", markersize=7)
            end = max(share, high)
        axes.annotate(f"{share:.1f} %", (end, place), (6, 0), textcoords="offset points", va="center", fontsize="small")
    axes.set_yticks(places, [_plain(str(effect)) for effect in table["effect"]])
    axes.set_xlim(0, 112)
    axes.set_xlabel(
        f"share of the variance of {name}, %" + (", with 95 % intervals" if table["low"].notna().any() else "")
    )
    axes.spines[["top", "right"]].set_visible(False)


def _images_at_levels(factor: Factor, others: Sequence[Factor], numbers: Floats) -> list[int]:
    """For each level the number of the trial whose image is shown."""
    means = _level_means(factor, numbers)
    away = np.abs(numbers - means[factor.codes])
    nearest = {
        code: int(np.flatnonzero(factor.codes == code)[away[factor.codes == code].argmin()])
        for code in range(len(means))
    }
    if not others:
        return list(nearest.values())
    table = pd.DataFrame({"level": factor.codes, "away": away} | {str(at): one.codes for at, one in enumerate(others)})
    best, least = list(nearest.values()), math.inf
    for _, point in table.groupby([str(at) for at in range(len(others))], sort=False):
        rows = point.sort_values("away").drop_duplicates("level").sort_values("level")
        if len(rows) == len(means) and rows["away"].sum() < least:
            best, least = [int(number) for number in rows.index], float(rows["away"].sum())
    return best


def _level_means(factor: Factor, numbers: Floats) -> Floats:
    return np.bincount(factor.codes, numbers) / np.bincount(factor.codes)


def _draw_main_effect(axes: Axes, factor: Factor, numbers: Floats, name: str, chance: tuple[float, int] | None) -> None:
    levels = len(factor.labels)
    means = _level_means(factor, numbers)
    spread = np.linspace(-0.16, 0.16, 7)[np.arange(len(numbers)) % 7]  # so that equal trials do not hide each other
    axes.scatter(factor.codes + spread, numbers, s=9, color=_PALE, linewidths=0)
    line = "-" if factor.is_numeric else "none"
    axes.plot(np.arange(levels), means, color=_COLOUR, linestyle=line, linewidth=1.6, marker="o", markersize=5)
    if chance:
        reach = _reach_of_means(factor, chance)
        axes.errorbar(np.arange(levels), means, yerr=reach, fmt="none", ecolor=_COLOUR, elinewidth=1.2, capsize=4)
    axes.set_xlim(-0.5, levels - 0.5)
    axes.set_xticks(np.arange(levels), [_plain(_wrapped(label, levels)) for label in factor.labels], fontsize="small")
    axes.set_title(_plain(factor.title), fontsize="medium", loc="left", pad=46)
    axes.set_ylabel(name)
    axes.grid(axis="y", color="#e4e4e4", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _reach_of_means(factor: Factor, chance: tuple[float, int]) -> Floats:
    """Half the 95 % interval of each level's mean. What a seed does to all points alike is no part of it, because it
    moves all levels together.
    """
    from scipy import stats

    variance, freedom = chance
    width = float(stats.t.ppf(1 - (1 - CONFIDENCE) / 2, freedom))
    reach: Floats = width * np.sqrt(variance / np.bincount(factor.codes))
    return reach


def _place_image(axes: Axes, row: pd.Series, code: int, levels: int) -> None:
    """A small copy of a trial's image above the axes, over its level."""
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage

    try:
        picture = image(row)
    except RunError:
        return  # a table without its images has effects all the same
    picture.thumbnail((THUMBNAIL, THUMBNAIL))
    width = min(40.0, 230.0 / levels)  # in points
    shown = OffsetImage(np.asarray(picture), zoom=width / max(picture.size), dpi_cor=True)
    box = AnnotationBbox(
        shown, (code, 1.0), (0, 22), xycoords=("data", "axes fraction"), boxcoords="offset points", frameon=False
    )
    box.set_in_layout(False)
    axes.add_artist(box)


def _draw_pair(axes: Axes, one: Factor, other: Factor, numbers: Floats, name: str) -> None:
    """The mean of each combination of two axes' levels; white where there is none."""
    shape = (len(one.labels), len(other.labels))
    cells = np.ravel_multi_index((one.codes, other.codes), shape)
    counts = np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)
    sums = np.bincount(cells, numbers, minlength=shape[0] * shape[1]).reshape(shape)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    drawn = axes.imshow(means, cmap="viridis", aspect="auto")
    axes.set_xticks(
        np.arange(shape[1]), [_plain(_wrapped(label, shape[1])) for label in other.labels], fontsize="small"
    )
    axes.set_yticks(np.arange(shape[0]), [_plain(label) for label in one.labels], fontsize="small")
    axes.set_xlabel(_plain(other.title))
    axes.set_ylabel(_plain(one.title))
    axes.set_title(f"mean {name}", fontsize="medium", loc="left")
    if means.size <= 60:
        middle = (np.nanmin(means) + np.nanmax(means)) / 2
        for row, column in np.argwhere(counts > 0):
            value = means[row, column]
            colour = "white" if value < middle else "black"
            axes.text(column, row, f"{value:.3g}", ha="center", va="center", color=colour, fontsize="small")
    else:
        axes.figure.colorbar(drawn, ax=axes)


def _metric_name(metric: str, log: bool) -> str:
    name = _plain(setting_name(metric))
    return f"the logarithm of {name}" if log else name


def _wrapped(label: str, levels: int) -> str:
    """A label in lines that have room beside the others."""
    import textwrap

    return "\n".join(textwrap.wrap(label, max(6, 48 // max(levels, 1)))[:4])


def _plain(text: str) -> str:
    """Without what matplotlib would read as a formula."""
    return text.replace("$", r"\$")
