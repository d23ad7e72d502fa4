"""How much each axis of a run changes a metric: the table of `results.effects`.

Turns a table of trials into factors and numbers, and the result back into a table. Axes are found in
`results.table.axes`; the arithmetic is in `variance`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from results.analysis.variance import Codes, Decomposition, Floats, decompose
from results.errors import QueryError
from results.suggestion import suggestion
from results.table.axes import Axis, axis_along, axis_groups, is_about_axis
from stylize.settings.value_text import number_text, setting_name

SEED = "seed"

MOST_LEVELS, BINS = 12, 5
"""An axis of more numbers than this is divided into bins with equally many trials."""


@dataclass(frozen=True)
class Factor:
    """An axis as a factor: its name and title, the code of each trial, the label of each code, and whether the levels
    are numbers, between which one may read.
    """

    name: str
    title: str
    codes: Codes
    labels: tuple[str, ...]
    is_numeric: bool


def effects(trials: pd.DataFrame, metric: str, *, log: bool = False) -> pd.DataFrame:
    """How much of a metric's variance each axis and each pair of axes explains: one row each.

    `trials` is a table of `results.load`, or a part of it; `metric` a column of numbers, such as style_distance or
    total_loss; with `log` its logarithm, for losses that span decades. Trials without the metric are left out. Columns:

    - `effect`: the axis, or the pair (`α/β × style layers`); `axis` and `other` are their names in the table
    - `share` of the variance, 0 to 1. None where the design confounds the effect with others; `note` names those
    - `low`, `high`: the 95 % interval of the share. None without repeated seeds (an axis `seed`)
    - `freedom`: degrees of freedom
    - `note`: a remark without which the number could be misread

    The last row is the rest: chance, and the joint effects of three or more axes. If the seed is repeated, the part of
    its effect that all points share has a row. `.attrs` has `metric`, `log`, `trials`, `variance`, `balanced`, `seeds`,
    and `chance`, the variance between repetitions with its degrees of freedom (None without repeated seeds). The method
    is in `results.analysis.variance`. Raises QueryError.
    """
    factors, numbers, used = measured(trials, metric, log=log)
    seeds = seeds_of(used)
    try:
        found = decompose({factor.name: factor.codes for factor in factors}, numbers, seeds)
    except ValueError as error:
        raise QueryError(str(error)) from error
    table = pd.DataFrame(_rows(found, {factor.name: factor.title for factor in factors}))
    table.attrs = {
        "metric": metric,
        "log": log,
        "trials": len(numbers),
        "variance": found.variance,
        "balanced": found.balanced,
        "seeds": 1 if seeds is None else len(np.unique(seeds)),
        "chance": found.chance,
    }
    return table


def measured(trials: pd.DataFrame, metric: str, *, log: bool) -> tuple[list[Factor], Floats, pd.DataFrame]:
    """The factors, the numbers, and the rows that `effects` looks at: of the trials that have the metric.

    Raises QueryError where the metric is none, or where no axis but the seed differs.
    """
    numbers, used = numbers_of(trials, metric, log=log)
    factors = [as_factor(axis) for axis in _axes(used) if axis.settings != (SEED,)]
    if not factors:
        raise QueryError("no axis has an effect to measure: these trials differ at most in their seed")
    return factors, numbers, used


def seeds_of(trials: pd.DataFrame) -> Codes | None:
    """The code of each trial's seed; None if the trials do not differ in it, or only together with another setting."""
    found = next((axis for axis in _axes(trials) if axis.settings == (SEED,)), None)
    return None if found is None else np.array(found.codes)


def numbers_of(trials: pd.DataFrame, metric: str, *, log: bool) -> tuple[Floats, pd.DataFrame]:
    """The metric of the trials that have it, and those trials. Raises QueryError."""
    if metric not in trials.columns or not pd.api.types.is_numeric_dtype(trials[metric]):
        numeric = [str(name) for name in trials.columns if pd.api.types.is_numeric_dtype(trials[name])]
        known = [name for name in numeric if not is_about_axis(name)]
        what = "is not a column of numbers" if metric in trials.columns else "is not a column"
        raise QueryError(f"{metric!r} {what} of these trials; {suggestion(metric, known)}")
    values = trials[metric].to_numpy(dtype=np.float64, na_value=np.nan)
    if log and (values[np.isfinite(values)] <= 0).any():
        raise QueryError(f"{metric} is 0 or less for some trials, so there is no logarithm; leave out --log")
    has = np.isfinite(values) & (trials["status"] == "done").to_numpy()
    if has.sum() < 2:
        raise QueryError(f"only {int(has.sum())} of {len(trials)} trials have {metric}; at least two are needed")
    return np.log(values[has]) if log else values[has], trials[has].reset_index(drop=True)


def _axes(trials: pd.DataFrame) -> list[Axis]:
    """The axes along which these trials differ."""
    axes = [axis_along(trials, group) for group in axis_groups(trials)]
    return [axis for axis in axes if len(axis) > 1]


def as_factor(axis: Axis) -> Factor:
    """An axis as a factor. An axis of many numbers is divided into bins with equally many trials."""
    codes = np.array(axis.codes)
    title = ", ".join(setting_name(name) for name in axis.settings)
    labels = tuple(label.replace("\n", " + ") for label in axis.distinct_labels())
    values = [value[0] for value in axis.values]
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    if len(axis) <= MOST_LEVELS or not numeric:
        return Factor(axis.name, title, codes, labels, numeric)
    of_trials = pd.Series([float(values[code]) for code in axis.codes])
    bins = pd.qcut(of_trials, BINS, duplicates="drop")
    kept = bins.cat.remove_unused_categories()
    edges = tuple(f"{number_text(one.left)} to {number_text(one.right)}" for one in kept.cat.categories)
    return Factor(axis.name, title, kept.cat.codes.to_numpy().astype(np.intp), edges, is_numeric=True)


def _rows(found: Decomposition, titles: dict[str, str]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for effect in found.effects:
        rows.append(
            {
                "effect": _title(effect.factors, titles),
                "axis": effect.factors[0],
                "other": effect.factors[1] if len(effect.factors) > 1 else None,
                "share": math.nan if effect.share is None else effect.share,
                "low": math.nan if effect.low is None else effect.low,
                "high": math.nan if effect.high is None else effect.high,
                "freedom": effect.freedom,
                "note": _note(effect.factors, effect.share, effect.confounded_with, titles, found),
            }
        )
    nothing = {"axis": None, "other": None, "low": math.nan, "high": math.nan, "freedom": None}
    if found.seed_share is not None:
        note = "the effect of the seed that all points share"
        rows.append({"effect": "seed", "share": found.seed_share, "note": note} | nothing)
    rows.append({"effect": "rest", "share": found.rest, "note": "chance, and three or more axes together"} | nothing)
    return [
        {name: row[name] for name in ("effect", "axis", "other", "share", "low", "high", "freedom", "note")}
        for row in rows
    ]


def _title(factors: tuple[str, ...], titles: dict[str, str]) -> str:
    return " × ".join(titles[name] for name in factors)


def _note(
    factors: tuple[str, ...],
    share: float | None,
    confounded_with: tuple[tuple[str, ...], ...],
    titles: dict[str, str],
    found: Decomposition,
) -> str:
    if share is None:
        rivals = ", ".join(_title(one, titles) for one in confounded_with)
        return f"not separable from {rivals}" if rivals else "not separable: too few of its combinations were run"
    if len(factors) > 1 and found.pair_has_chance:
        return "includes chance: repeat seeds (an axis seed: [0, 1, 2]) to separate the two"
    return ""
