"""`sweep plan` and `sweep status`: what would be done, and what is done."""

from __future__ import annotations

from collections import Counter
from typing import Any

from orchestrator.plan import estimate
from orchestrator.plan.plan import Plan
from orchestrator.plan.settings_columns import settings_row
from results import Run
from results.printable import printable
from results.run.rows import read_plan, read_rows


def preview(plan: Plan, run: Run) -> dict[str, Any]:
    """A plan as data, for `--json` and for the terminal."""
    states = Counter(plan.states.values())
    return {
        "grid": plan.grid.name,
        "title": plan.grid.title,
        "run": run.location,
        "axes": [
            {"settings": list(dimension.settings), "values": [dimension.names(name) for name in dimension.settings]}
            for dimension in plan.grid.dimensions
        ],
        "fixed": {
            name: value
            for name, value in settings_row(plan.grid.settings).items()
            if name in plan.grid.settings.model_fields_set
        },
        "trials": {
            "points": len(plan.points),
            "different": len(plan.trials),
            "done": states["done"],
            "failed": states["failed"],
            "to run": states["to run"],
            "not selected": states["not selected"],
        },
        "batches": {
            "count": len(plan.batches),
            "at_once": plan.parallel,
            "patches_alone": any(trial.settings.style_representation == "mrf" for trial in plan.trials.values()),
            "widths": dict(sorted(Counter(batch.width for batch in plan.batches).items())),
        },
        "pictures": {
            reference: {
                "from": picture.origin,
                "size": list(picture.size) if picture.source else None,
                "stand_in": picture.stand_in,
                "to_download": picture.source is None,
            }
            for reference, picture in plan.inputs.pictures.items()
        },
        "weights": {
            f"{architecture} {weights.reference}": {
                "from": weights.origin,
                "stand_in": weights.stand_in,
                "to_download": not weights.is_here,
            }
            for (architecture, _), weights in plan.inputs.weights.items()
        },
        "seconds_on_this_processor": round(estimate.seconds(plan.batches)),
        "disk_bytes": estimate.disk_bytes(plan.batches),
        "sheet_pixels": list(estimate.sheet_pixels(plan)),
    }


def as_text(found: dict[str, Any]) -> None:
    """Print a preview for people."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from orchestrator.command.display import duration

    table = Table(box=None, show_header=False, pad_edge=False, title_justify="left")
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")

    def line(name: str, text: str) -> None:
        table.add_row(escape(name), escape(printable(text)))

    line("grid", f"{found['grid']}: {found['title']}")
    line("run", found["run"])
    for axis in found["axes"]:
        values = [" & ".join(together) for together in zip(*axis["values"], strict=True)]
        shown = ", ".join(values[:8]) + (f", … ({len(values)} values)" if len(values) > 8 else "")
        line("axis", f"{' & '.join(axis['settings'])}: {shown}")
    if found["fixed"]:
        line("fixed", ", ".join(f"{name} {value}" for name, value in found["fixed"].items()))
    trials = found["trials"]
    line("trials", _trials_text(trials))
    if trials["different"] < trials["points"]:
        line("", f"{trials['points']} points of the grid, some of which differ in nothing that counts")
    widths = ", ".join(f"{count} of {width}" for width, count in found["batches"]["widths"].items())
    line("batches", f"{found['batches']['count']}" + (f" ({widths} trials)" if widths else ""))
    if found["batches"]["at_once"] < found["batches"]["count"]:
        line("", f"{found['batches']['at_once']} at once: frames of a clip follow one another")
    if found["batches"]["patches_alone"]:
        line("", "mrf looks for its patches image by image; only the network's pass is shared")
    for kind in ("pictures", "weights"):
        for name, one in found[kind].items():
            size = f", {one['size'][0]}×{one['size'][1]}" if one.get("size") else ""
            state = " (to be downloaded)" if one["to_download"] else ""
            stand_in = f"stand-in {one['stand_in']}: " if one["stand_in"] else ""
            line(kind, f"{name}: {stand_in}{one['from']}{size}{state}")
    line("time", f"about {duration(found['seconds_on_this_processor'])} on this machine's processor")
    line("disk", f"about {found['disk_bytes'] / 1e6:.1f} MB")
    line("sheet", f"about {found['sheet_pixels'][0]}×{found['sheet_pixels'][1]} pixels")
    Console(highlight=False).print(table)


def _trials_text(trials: dict[str, int]) -> str:
    reasons = {
        "to run": "to run: no row of theirs is there",
        "done": "done already",
        "failed": "failed before; --retry-failed runs them again",
        "not selected": "left out by --only or --limit",
    }
    parts = [f"{trials[state]} {reason}" for state, reason in reasons.items() if trials[state]]
    return f"{trials['different']}: " + ", ".join(parts)


def run_status(location: str) -> dict[str, Any]:
    """How far a run is, as data. Raises RunError."""
    run = Run(location)
    planned = list(dict.fromkeys(read_plan(run)["trial_id"].to_pylist()))
    rows = {row["trial_id"]: row for row in read_rows(run, ["trial_id", "status", "error", "seconds"]).to_pylist()}
    here = [rows[trial] for trial in planned if trial in rows]
    metadata = run.metadata()
    return {
        "run": location,
        "title": metadata["grid"]["title"],
        "trials": len(planned),
        "done": sum(row["status"] == "done" for row in here),
        "failed": [{"trial_id": row["trial_id"], "error": row["error"]} for row in here if row["status"] == "failed"],
        "missing": len(planned) - len(here),
        "seconds": round(sum(row["seconds"] or 0 for row in here), 1),
        "written": metadata["written"],
        "sheet": run.full_path("sheet.png") if run.exists("sheet.png") else None,
    }


def status_text(found: dict[str, Any]) -> str:
    """A status for people."""
    failed = found["failed"]
    lines = [
        f"{found['title']} ({found['run']})",
        f"{found['done']} of {found['trials']} trials done, {len(failed)} failed, {found['missing']} to go",
        *(f"  {one['trial_id']}: {one['error']}" for one in failed[:20]),
    ]
    if len(failed) > 20:
        lines.append(f"  … and {len(failed) - 20} more: sweep table {found['run']} --where 'status == \"failed\"'")
    if found["sheet"]:
        lines.append(f"sheet: {found['sheet']}")
    return printable("\n".join(lines))
