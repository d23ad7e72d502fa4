"""The command `sweep status`: counts the trials of a run by their state, and prints the counts."""

from __future__ import annotations

from typing import Any

from orchestrator.command.messages import messages, run_path
from orchestrator.command.options import AsJson, RunArgument

MOST_SHOWN = 20
"""Failed trials in the text; `--json` has them all."""


def status(run: RunArgument, as_json: AsJson = False) -> None:
    """Show how far a run is, and why trials failed."""
    with messages():
        from results.printable import json_text

        found = run_status(run_path(run))
        print(json_text(found) if as_json else status_text(found))


def run_status(location: str) -> dict[str, Any]:
    """How far a run is, as data. Raises RunError."""
    from results import Run
    from results.run.rows import read_plan, read_rows
    from results.run.storage import SHEET

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
        "written": metadata.get("written"),
        "sheet": run.full_path(SHEET) if run.exists(SHEET) else None,
    }


def status_text(found: dict[str, Any]) -> str:
    """A status for people."""
    from results.printable import printable

    failed = found["failed"]
    lines = [
        f"{found['title']} ({found['run']})",
        f"{found['done']} of {found['trials']} trials done, {len(failed)} failed, {found['missing']} to go",
        *(f"  {one['trial_id']}: {one['error']}" for one in failed[:MOST_SHOWN]),
    ]
    if len(failed) > MOST_SHOWN:
        lines.append(
            f"  … and {len(failed) - MOST_SHOWN} more: sweep table {found['run']} --where 'status == \"failed\"'"
        )
    if found["sheet"]:
        lines.append(f"sheet: {found['sheet']}")
    return printable("\n".join(lines))
