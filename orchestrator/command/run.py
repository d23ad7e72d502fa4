"""The command `sweep run`, which is also plain `sweep GRID`: printed lines and exit codes.

The sweep itself is in `orchestrator/sweep.py`; its options are declared in `orchestrator/request.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from orchestrator.command.messages import EXIT_FAILED, EXIT_INTERRUPTED, messages, say
from orchestrator.command.options import takes_request
from orchestrator.request import Request

if TYPE_CHECKING:
    from orchestrator.sweep import Outcome


@takes_request("trials", "selection", "hardware", "work")
def run(request: Request) -> None:
    """Run what is not done yet of a grid. `sweep GRID` is short for this.

    Ctrl-C lets running batches finish; run the same command again to continue.
    """
    from orchestrator.progress.display import make_display
    from orchestrator.progress.downloads import download_bar
    from orchestrator.sweep import execute

    with messages():
        report(execute(request, make_display(), watch=download_bar, say=say))


def report(outcome: Outcome) -> None:
    """Say how a sweep ended. Ends the command with an exit code of its own where trials are missing."""
    plan, location = outcome.plan, outcome.run.location
    for stand_in in sorted({one for setup in plan.setups for one in setup.stand_ins}):
        say(f"stand-in: {stand_in}")
    for note in outcome.notes:
        say(note)
    done = plan.count("done")
    if outcome.up_to_date:
        say(f"nothing to do: {done} of {len(plan.trials)} trials are done already in {location}")
    elif outcome.status is None:
        say(f"no trial to compute: {done} of {len(plan.trials)} are done already in {location}")
        say("the sheet and the gallery were made again, because they showed other rows or another grid")
    else:
        from orchestrator.progress.display import duration

        took = duration(outcome.status.elapsed)
        say(f"{outcome.status.done} trials done in {took}; {done} of {len(plan.trials)} in {location}")
    if outcome.failed:
        say(f"{outcome.failed} failed: see `sweep status {location}`; --retry-failed runs them again")
    if outcome.interrupted:
        say(f"interrupted with {outcome.unfinished} trials to go; run the same command again to go on")
        raise typer.Exit(EXIT_INTERRUPTED)
    if outcome.gallery:
        say(f"gallery: {outcome.gallery}")
    if outcome.sheet:
        print(outcome.sheet)
    if outcome.failed or outcome.unfinished:
        raise typer.Exit(EXIT_FAILED)
