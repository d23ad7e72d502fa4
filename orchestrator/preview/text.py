"""A preview as a table for people. What it says is made in `preview.py`."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from orchestrator.progress.display import duration
from results.printable import printable

MOST_VALUES = 8
"""Values of an axis in the text; `sweep plan --json` has them all."""


def print_preview(found: dict[str, Any]) -> None:
    """Print a preview for people."""
    table = Table(box=None, show_header=False, pad_edge=False, title_justify="left")
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")

    def line(name: str, text: str) -> None:
        table.add_row(escape(name), escape(printable(text)))

    line("grid", f"{found['grid']}: {found['title']}")
    line("run", found["run"])
    for name, text in _search_lines(found["search"]):
        line(name, text)
    for axis in [] if found["search"] else found["axes"]:
        values = [" & ".join(together) for together in zip(*axis["values"], strict=True)]
        shown = ", ".join(values[:MOST_VALUES]) + (f", … ({len(values)} values)" if len(values) > MOST_VALUES else "")
        line("axis", f"{' & '.join(axis['settings'])}: {shown}")
    if found["fixed"]:
        line("fixed", ", ".join(f"{name} {value}" for name, value in found["fixed"].items()))
    trials = found["trials"]
    later = found["search"]["to_propose"] if found["search"] else 0
    line("trials", _trials_text(trials) + (f"; {later} more are proposed from their results" if later else ""))
    if trials["different"] < trials["points"]:
        line(
            "",
            f"{trials['points']} points of the grid; points without any effective difference share a trial",
        )
    if found["halving"]:
        line("rungs", _rungs_text(found["halving"]))
    line("batches", _batches_text(found["batches"]))
    if found["batches"]["at_once"] < found["batches"]["count"]:
        line("", f"{found['batches']['at_once']} at once: frames of a clip follow one another")
    if found["batches"]["patches_alone"]:
        line("", "mrf matches patches image by image; only the pass of the network is shared")
    for kind in ("pictures", "weights"):
        for name, one in found[kind].items():
            size = f", {one['size'][0]}×{one['size'][1]}" if one.get("size") else ""
            state = " (to be downloaded)" if one["to_download"] else ""
            stand_in = f"stand-in {one['stand_in']}: " if one["stand_in"] else ""
            line(kind, f"{name}: {stand_in}{one['from']}{size}{state}")
            if one.get("preprocessing_is_assumed"):
                line(
                    "", f"the file does not say its preprocessing: {one['preprocessing']} is assumed (`preprocessing:`)"
                )
    for name, text in _time_lines(found["seconds"], found["time"]):
        line(name, text)
    states = f", {found['state_bytes'] / 1e6:.1f} MB of it kept states" if found["state_bytes"] else ""
    line("disk", f"about {found['disk_bytes'] / 1e6:.1f} MB{states}")
    line("sheet", f"about {found['sheet_pixels'][0]}×{found['sheet_pixels'][1]} pixels")
    Console(highlight=False).print(table)


def _search_lines(search: dict[str, Any] | None) -> list[tuple[str, str]]:
    """What a search tries to improve, and from what."""
    if search is None:
        return []
    goals = [f"{side} {', '.join(search[side])}" for side in ("minimise", "maximise") if search[side]]
    how = f"{search['trials']} trials by {search['sampler']}, {search['at_once']} at once"
    axes = [("axis", f"{name}: {text}") for name, text in search["axes"].items()]
    return [("search", f"{how}: {'; '.join(goals)}"), *axes]


def _batches_text(batches: dict[str, Any]) -> str:
    parts = [
        f"{count} of {width} image{'s' * (width > 1)}{' each' * (count > 1)}"
        for width, count in batches["widths"].items()
    ]
    return ", ".join(parts) or "0"


def _rungs_text(halving: dict[str, Any]) -> str:
    """How many trials run to which rung, what decides, and what that costs."""
    first, *others = halving["rungs"]
    parts = [f"{first['trials']} trials to step {first['steps']}"]
    parts += [f"{one['trials']} to {one['steps']}" for one in others]
    of = f" of each {' and '.join(halving['within'])}" if halving["within"] else ""
    share = f"{100 * halving['share']:.0f} % of the work of all trials to the end"
    return f"{', '.join(parts)}: the best{of} by {halving['by']}; {share}"


def _trials_text(trials: dict[str, int]) -> str:
    reasons = {
        "to run": "to run",
        "done": "done already",
        "failed": "failed; --retry-failed runs them again",
        "not selected": "left out by --only or --limit",
    }
    parts = [f"{trials[state]} {reason}" for state, reason in reasons.items() if trials[state]]
    if trials["continued"]:
        parts.append(f"{trials['continued']} of these from where they stopped")
    return f"{trials['different']}: " + ", ".join(parts)


def _time_lines(seconds: float | None, time: dict[str, Any]) -> list[tuple[str, str]]:
    """How long it takes, on what, where that is known from, and what it costs."""
    if seconds is None:
        return [("time", f"not known: {time['basis']}")]
    if not time["workers"]:
        return [("time", time["basis"])]
    lines = [("time", f"about {duration(seconds)} on {time['workers']} (by {time['basis']})")]
    if time["gpu_hours"]:
        lines.append(("", f"{time['gpu_hours']:.2g} GPU-hours"))
    if time["cost"] is not None:
        lines.append(("cost", f"about {time['cost']:.2f}"))
    return lines
