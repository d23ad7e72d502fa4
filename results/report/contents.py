"""What a report says, as plain texts, numbers and pictures. How it looks is in `page/report.html`."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from results import plot
from results.analysis.effects import effects, numbers_of
from results.analysis.figures import effects_figure
from results.errors import PlotError, QueryError, RunError, SheetError
from results.printable import printable
from results.report.methods import EFFECTS, Method, methods_of
from results.report.pictures import Picture, figure_picture, front_figure, picture
from results.report.sources import SOURCES, Source
from results.run.storage import Run
from results.sheets.drawing import sheet
from results.table.axes import axis_along, axis_groups, label_of, setting_columns
from results.table.better import better
from results.table.load import image, load
from stylize import registry
from stylize.settings.value_text import number_text, setting_name, value_text

USUAL = ("style_distance", "structural_similarity")
"""The metrics that a report is about where nothing else is asked for: nothing was optimised for them."""

MOST_FAILURES, EXTREMES = 20, 3
"""Reasons that are listed, and images of each end of a metric."""

_FACTS = ("device", "arithmetic", "threads", "batch_width", "versions", "weights_sha256", "style_distance_network")


@dataclass(frozen=True)
class Extreme:
    """A trial at one end of a metric: its image, the value, and what tells the trial from others."""

    picture: Picture
    value: str
    name: str
    trial_id: str


@dataclass(frozen=True)
class AboutMetric:
    """What a report says of a metric. `better` is lower, higher or empty."""

    title: str
    better: str
    effects: Sequence[Mapping[str, str]]
    figure: Picture | None
    why_no_effects: str
    best: Sequence[Extreme]
    worst: Sequence[Extreme]


@dataclass(frozen=True)
class Report:
    """Everything that the page shows. Texts have no control characters; the page escapes them."""

    title: str
    description: str
    written: str
    counts: str
    stand_ins: Sequence[str]
    axes: Sequence[tuple[str, str]]
    sheet: Picture | None
    why_no_sheet: str
    metrics: Sequence[AboutMetric]
    front: Picture | None
    curves: Picture | None
    failures: Sequence[tuple[str, int]]
    methods: Sequence[tuple[str, str]]
    settings: Sequence[tuple[str, str]]
    facts: Sequence[tuple[str, str]]
    pictures: Sequence[tuple[str, str, str]]
    grid: str
    sources: Sequence[Source]


def contents(run: Run, metrics: Sequence[str] = ()) -> Report:
    """The report of a run. `metrics` are columns of numbers; without any, those of `USUAL` that the run has.

    Raises RunError where the run cannot be read, and QueryError for a metric that it does not have.
    """
    metadata = run.metadata()
    grid = metadata["grid"]
    trials = load(run.location, missing=True)
    done = trials[trials["status"] == "done"]
    if done.empty:
        raise QueryError(f"no trial of {run.location} is done, so there is nothing to report")
    for metric in metrics:
        numbers_of(done, metric, log=False)
    chosen = list(metrics) or [name for name in USUAL if done[name].notna().any()] or [registry.TOTAL_LOSS]
    about = [_about_metric(done, name) for name in chosen]
    methods = [*methods_of(done), *([EFFECTS] if any(one.effects for one in about) else [])]
    shown, why = _sheet(trials)
    return Report(
        title=printable(grid["title"]),
        description=printable(grid["description"] or ""),
        written=datetime.datetime.now(datetime.UTC).strftime("%-d %B %Y"),
        counts=_counts(trials),
        stand_ins=sorted({printable(text) for text in trials["stand_ins"].dropna() if text}),
        axes=_axes(trials),
        sheet=shown,
        why_no_sheet=why,
        metrics=about,
        front=_front(done, chosen),
        curves=_curves(done),
        failures=_failures(trials),
        methods=[(method.text, _numbers(method, methods)) for method in methods],
        settings=_settings(trials),
        facts=[
            (setting_name(name), _distinct(done, name)) for name in _FACTS if name in done and done[name].notna().any()
        ],
        pictures=[_origin(name, one) for name, one in sorted(metadata.get("pictures", {}).items())],
        grid=printable_lines(metadata.get("grid_file") or ""),
        sources=_cited(methods),
    )


def _about_metric(done: pd.DataFrame, metric: str) -> AboutMetric:
    rows: list[dict[str, str]] = []
    figure, why = None, ""
    try:
        table = effects(done, metric)
        rows = [_effect_row(row) for row in table.to_dict("records")]
        figure = figure_picture(effects_figure(done, metric), f"What each axis does to {setting_name(metric)}")
    except QueryError as error:
        why = printable(str(error))
    which = better(done, metric)
    known = done[done[metric].notna()].drop_duplicates("trial_id").sort_values(metric, kind="stable")
    best, worst = known.head(EXTREMES), known.tail(EXTREMES).iloc[::-1]
    if which == "higher":
        best, worst = worst, best
    return AboutMetric(
        setting_name(metric), which or "", rows, figure, why, _extremes(best, metric), _extremes(worst, metric)
    )


def _effect_row(row: Mapping[Any, Any]) -> dict[str, str]:
    share, low, high = (float(row[name]) for name in ("share", "low", "high"))
    interval = "" if low != low else f"{100 * low:.1f} to {100 * high:.1f} %"
    text = "–" if share != share else f"{100 * share:.1f} %"
    return {"effect": str(row["effect"]), "share": text, "interval": interval, "note": str(row["note"])}


def _extremes(rows: pd.DataFrame, metric: str) -> list[Extreme]:
    found = []
    axes = [name for group in axis_groups(rows) for name in group]
    for _, row in rows.iterrows():
        name = ", ".join(
            f"{setting_name(one)} {label_of(row, one)}".replace("\n", " + ") for one in axes if one in rows
        )
        try:
            small = picture(image(row), name)
        except RunError:
            continue
        found.append(Extreme(small, number_text(float(f"{row[metric]:.4g}")), printable(name), row["trial_id"]))
    return found


def _sheet(trials: pd.DataFrame) -> tuple[Picture | None, str]:
    try:
        return picture(sheet(trials), "The comparison sheet", edge=2400), ""
    except SheetError as error:
        return None, printable(str(error))


def _front(done: pd.DataFrame, metrics: Sequence[str]) -> Picture | None:
    """The first two metrics against each other, with the trials that no other beats in both."""
    if len(metrics) < 2:
        return None
    return figure_picture(front_figure(done, metrics[0], metrics[1]), f"{metrics[0]} against {metrics[1]}")


def _curves(done: pd.DataFrame) -> Picture | None:
    groups = [group for group in axis_groups(done) if len(axis_along(done, group)) > 1]
    try:
        return figure_picture(
            plot.curves(done, by=groups[-1][0] if groups else "content"), "The total loss over the steps"
        )
    except PlotError:
        return None


def _counts(trials: pd.DataFrame) -> str:
    count = trials["status"].value_counts()
    parts = [f"{len(trials)} trials", *(f"{count[name]} {word}" for name, word in _STATES if name in count)]
    seconds = trials.drop_duplicates("trial_id")["seconds"].sum()
    return f"{', '.join(parts)}; {seconds:.0f} seconds of work"


_STATES = (("done", "done"), ("failed", "failed"), ("missing", "not run"))


def _axes(trials: pd.DataFrame) -> list[tuple[str, str]]:
    found = (axis_along(trials, group) for group in axis_groups(trials))
    return [
        (axis.title, printable(", ".join(label.replace("\n", " + ") for label in axis.distinct_labels())))
        for axis in found
    ]


def _failures(trials: pd.DataFrame) -> list[tuple[str, int]]:
    reasons = trials.loc[trials["status"] == "failed", "error"].fillna("no reason was recorded")
    return [
        (printable(str(reason)), int(count)) for reason, count in reasons.value_counts().head(MOST_FAILURES).items()
    ]


def _settings(trials: pd.DataFrame) -> list[tuple[str, str]]:
    return [
        (setting_name(name), _distinct(trials, name)) for name in setting_columns(trials) if trials[name].notna().any()
    ]


def _distinct(trials: pd.DataFrame, name: str, most: int = 12) -> str:
    texts = list(
        dict.fromkeys(_one_line(name, value) for value in trials[name] if value is not None and value == value)
    )
    more = f", … ({len(texts)} values)" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def _one_line(name: str, value: Any) -> str:
    return printable(value_text(name, value).replace("\n", " + "))


def _origin(name: str, about: Mapping[str, Any]) -> tuple[str, str, str]:
    origin = ", ".join(str(about[part]) for part in ("origin", "credit", "stand_in") if about.get(part))
    return printable(name), printable(origin), str(about.get("sha256") or "")


def printable_lines(text: str) -> str:
    """A text of several lines without control characters."""
    return "\n".join(printable(line) for line in text.splitlines())


def _cited(methods: Sequence[Method]) -> list[Source]:
    return [SOURCES[key] for key in dict.fromkeys(key for method in methods for key in method.sources)]


def _numbers(method: Method, methods: Sequence[Method]) -> str:
    """The numbers of a method's sources in the list of references: [1, 2]."""
    keys = [source.key for source in _cited(methods)]
    numbers = [str(keys.index(key) + 1) for key in method.sources]
    return f" [{', '.join(numbers)}]" if numbers else ""
