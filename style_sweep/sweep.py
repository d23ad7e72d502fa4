"""A sweep as a Python object: what it would do, and doing it."""

from __future__ import annotations

import contextlib
import html
import io
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from orchestrator.errors import EngineError, UsageError
from orchestrator.grid.bundled import bundled_grids
from orchestrator.preview.text import print_preview
from orchestrator.progress.downloads import download_bar
from orchestrator.request import Request
from results.printable import printable
from results.suggestion import suggestion
from style_sweep.grid_file import grid_text, write_grid
from style_sweep.progress import make_display
from style_sweep.trials import Trials, load


@dataclass(frozen=True)
class Preview:
    """What a sweep would do. `facts` are those of `sweep plan --json`; text and HTML show them as a table."""

    facts: Mapping[str, Any]

    def __str__(self) -> str:
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            print_preview(dict(self.facts))
        return text.getvalue().rstrip("\n")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


class Sweep:
    """A grid, and how to run it.

    grid: a YAML file, or the name of a bundled grid such as "figure5". In its place:
    settings, axes: as in a grid file: `settings={"content": "astronaut", "size": 160}`,
    `axes={"ratio": [1e-4, 1e-3]}`. `name` then names the grid, its run and its file: it is written as `NAME.yaml` into
    the working folder, so that `sweep NAME.yaml` runs the same.
    out: the run's folder or URL; without it `runs/NAME`.
    options: those of `sweep run`, by the names of the fields of `orchestrator.request.Request`: `offline=True`,
    `workers=2`, `limit=10`, `only=("ratio=1e-3",)`, `exact=True`,
    `plugin="my_losses.py"`, …; `title` and `description` of a grid of yours.

    Raises UsageError for arguments that do not go together, and GridError where the grid is wrong.
    """

    def __init__(
        self,
        grid: str | Path | None = None,
        *,
        settings: Mapping[str, Any] | None = None,
        axes: Mapping[str, Any] | None = None,
        name: str = "sweep",
        out: str | Path | None = None,
        **options: Any,
    ) -> None:
        if (grid is None) == (settings is None and axes is None):
            raise UsageError("give either a grid file, or settings and axes")
        about: dict[str, Any] = {key: options.pop(key) for key in ("title", "description") if key in options}
        known = [field.name for field in fields(Request) if field.name not in ("grid", "out")]
        if unknown := [option for option in options if option not in known]:
            raise UsageError(f"there is no option {unknown[0]!r} of a sweep; {suggestion(unknown[0], known)}")
        self._text = None
        if grid is None:
            path = Path(f"{name}.yaml")
            self._text = grid_text(name, settings or {}, axes or {}, about)
        else:
            if about:
                raise UsageError(f"{' and '.join(about)} are written in the grid file")
            path = bundled_grids().get(str(grid), Path(grid))
        for option in ("set", "only", "plugin"):
            if option in options:
                given = options[option]
                options[option] = tuple(map(str, [given] if isinstance(given, str | Path) else given))
        self._request = Request(grid=path, out=None if out is None else str(out), **options)

    def plan(self) -> Preview:
        """What would be done: trials, batches, pictures, estimated time and disk. Nothing runs or is downloaded."""
        from orchestrator.preview.preview import preview
        from orchestrator.preview.time import estimate
        from orchestrator.sweep import prepare

        self._write()
        planned, run = prepare(self._request, fetch=False)
        return Preview(preview(planned, run, estimate(self._request, planned, run), None))

    def run(self, address: str | None = None) -> Trials:
        """Run what is not done yet, with a progress bar, and return all trials of the grid.

        `address`: a Ray cluster to join, as `--address`. Without it, a Ray session that this process is connected to
        is used, as in a Ray job; else one is started on this machine for the time of the sweep. Failed trials are rows
        with the status `failed`.

        Raises what the command line says as messages: GridError and UsageError before anything runs, EngineError where
        the sweep cannot go on or was interrupted. Then the same call goes on where it was.
        """
        from dataclasses import replace

        from orchestrator.sweep import execute

        self._write()
        request = self._request if address is None else replace(self._request, address=address)
        outcome = execute(request, make_display(), watch=download_bar, say=_say)
        if outcome.interrupted:
            raise EngineError(f"interrupted with {outcome.unfinished} trials to go; run it again to go on")
        return load(outcome.run.location, missing=True)

    def _write(self) -> None:
        if self._text is not None:
            write_grid(self._request.grid, self._text)


def _say(line: str) -> None:
    print(printable(line))
