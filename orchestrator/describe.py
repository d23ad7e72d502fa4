"""Writes the files of a run that depend only on the grid: `run.json`, the plan, and small copies of its pictures.

They can be written again at any time. Files that depend on the rows are written in `finish.py`.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import platform
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.plan.settings_columns import settings_row
from orchestrator.versions import sweep_version, versions_text
from results.run.derived import Derived, forget_derived, read_derived, sha256, write_derived
from results.run.image_file import png
from results.run.rows import write_plan
from results.run.storage import METADATA, PLAN, Run
from stylize.plugins import loaded_plugins, metrics_of

if TYPE_CHECKING:
    from orchestrator.grid.grid import Grid
    from orchestrator.plan.plan import Plan
    from orchestrator.request import Request
    from pictures import Picture

REFERENCE_EDGE, FRAME_EDGE = 448, 224
"""The long edge, in pixels, of the small copies of content and style pictures, and of frames of clips."""


def write_run(run: Run, plan: Plan, request: Request) -> Derived:
    """Write a run's description, its plan and its small pictures, and record their hashes in `derived.json`.

    From here on the sheet and the gallery of an earlier sweep count as out of date. Raises RunError.
    """
    recorded = read_derived(run).files
    forget_derived(run)
    files = {
        METADATA: sha256(run.write_metadata(_metadata(plan, request))),
        PLAN: sha256(write_plan(run, plan.table())),
    }
    here = set(run.names("references/*"))
    for picture in plan.inputs.references():
        path = Run.reference_path(picture.sha256)
        if path in here and path in recorded:
            files[path] = recorded[path]
        else:
            content = _small(picture)
            run.write(path, content)
            files[path] = sha256(content)
    derived = Derived(files=files)
    write_derived(run, derived)
    return derived


class RunRecord:
    """What `write_run` has written, kept up to date while the plan changes: a search adds trials to it, and with
    `halving` trials go on.
    """

    def __init__(self, run: Run, plan: Plan, request: Request) -> None:
        self._run = run
        self.derived = write_run(run, plan, request)

    def write_plan_again(self, plan: Plan) -> None:
        """Call it before trials run that the plan did not have before. Raises RunError."""
        files = {**self.derived.files, PLAN: sha256(write_plan(self._run, plan.table()))}
        self.derived = replace(self.derived, files=files)
        write_derived(self._run, self.derived)


def _small(picture: Picture) -> bytes:
    image = picture.image()
    edge = FRAME_EDGE if picture.known else REFERENCE_EDGE
    image.thumbnail((edge, edge))
    return png(image)


def grid_metadata(grid: Grid) -> dict[str, Any]:
    """The parts of the grid that the sheet needs. Axes that move together form one entry."""
    sheet = None if grid.rows is None else {"rows": list(grid.rows), "columns": list(grid.columns or ())}
    found: dict[str, Any] = {
        "name": grid.name,
        "title": grid.title,
        "description": grid.description,
        "axes": [
            {"settings": list(dimension.settings)} | ({"drawn": True} if dimension.drawn else {})
            for dimension in grid.dimensions
        ],
        "sheet": sheet,
    }
    if grid.search:
        found["objectives"] = {one.column: one.better for one in grid.search.objectives}
    return found


def _metadata(plan: Plan, request: Request) -> dict[str, Any]:
    """Everything about a run that is not in its tables, for people who want to know later how it was made."""
    settings = settings_row(plan.grid.settings)
    return {
        "grid": grid_metadata(plan.grid) | {"settings": json.loads(json.dumps(settings, default=str))},
        "grid_file": plan.grid.file.read_text(encoding="utf-8-sig"),
        "overrides": list(request.set),
        "request": request.recorded(),
        "plugins": [
            {
                "name": plugin.name,
                "sha256": plugin.sha256,
                "package": plugin.package,
                "columns": {name: kind.__name__ for one in metrics_of(plugin) for name, kind in one.columns.items()},
                "better": {name: which for one in metrics_of(plugin) for name, which in one.better.items()},
            }
            for plugin in loaded_plugins()
        ],
        "pictures": {
            reference: {
                "origin": picture.origin,
                "credit": picture.credit,
                "stand_in": picture.stand_in,
                "sha256": picture.sha256,
            }
            for reference, picture in plan.inputs.pictures.items()
        },
        "clips": {
            reference: {"origin": clip.origin, "frames": clip.count, "rate": str(clip.rate), "sound": clip.sound}
            for reference, clip in plan.inputs.clips.items()
            if clip
        },
        "weights": {
            f"{weights.architecture} {weights.reference}": {"origin": weights.origin, "stand_in": weights.stand_in}
            for weights in plan.inputs.weights.values()
        },
        "versions": versions_text(),
        "sweep": sweep_version(),
        "python": platform.python_version(),
        "revision": _revision(),
        "hardware": {"machine": platform.platform(), "processors": os.cpu_count()},
        "written": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def _revision() -> str | None:
    """The commit, if the program runs from a checkout; None if it was installed."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=12"]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        return subprocess.run(command, capture_output=True, check=True, text=True, timeout=10).stdout.strip()
    return None
