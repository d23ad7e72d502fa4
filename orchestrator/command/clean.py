"""The command `sweep clean`: options and printed lines. The files are found and removed in `results/run/clean.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.command.messages import messages, run_path, say
from orchestrator.command.options import RunArgument


def clean(
    run: RunArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Remove them, with their rows and snapshots.")] = False,
) -> None:
    """List the images of trials that the grid no longer has.

    They are kept, because they need not be computed again if the grid is changed back.
    """
    with messages():
        import results
        from results.printable import printable
        from results.run.clean import remove_superseded, superseded

        found_run = results.Run(run_path(run))
        with found_run.locked(say=say):
            found = superseded(found_run)
            for path in found.images:
                print(printable(path))
            total = f"{len(found.images)} images of trials that the grid no longer has"
            size = f"{sum(found.files.values()) / 1e6:.1f} MB with their snapshots, kept states and thumbnails"
            if yes:
                remove_superseded(found_run, found)
                say(f"removed {total}, {size}")
            elif found.files or found.trials:
                say(f"{total}, {size}; `sweep clean {run} --yes` removes them and their rows")
            else:
                say("there is nothing to clean: every image is one of the grid's")
