"""The command `sweep verify`: options and printed lines.

The checks are in `results/run/verify.py`, repairs in `orchestrator/repair.py`, recomputing in
`orchestrator/recompute.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.command.messages import EXIT_FAILED, messages, run_path, say
from orchestrator.command.options import RunArgument

if TYPE_CHECKING:
    from results import Run
    from results.run.verify import Finding


def verify(
    run: RunArgument,
    again: Annotated[int, typer.Option("--recompute", min=0, help="Compute this many random trials again.")] = 0,
    seed: Annotated[int, typer.Option(help="Which trials are chosen.")] = 0,
    mend: Annotated[
        bool, typer.Option("--repair", help="Set damaged files aside, and compute what they held again.")
    ] = False,
) -> None:
    """Check every row of a run against its image, and every file against its checksum.

    Exit code 1 if something is lost, or if a trial that is computed again gives another result.
    """
    with messages():
        import results
        from results.printable import printable
        from results.run.verify import verify as check

        found_run = results.Run(run_path(run))
        compared, findings = check(found_run)
        damaged = _report(compared, findings)
        if damaged and not mend:
            say(f"`sweep verify {run} --repair` sets damaged files aside and computes what they held again")
        elif damaged:
            _repair(found_run, findings)
            damaged = _report(*check(found_run))
        failed = 0
        if again:
            from orchestrator.progress.display import make_display
            from orchestrator.progress.downloads import download_bar
            from orchestrator.recompute import as_line, recompute

            for comparison in recompute(found_run, again, seed, make_display(), watch=download_bar):
                print(printable(as_line(comparison)))
                failed += not comparison.passed
        if damaged or failed:
            raise typer.Exit(EXIT_FAILED)


def _report(compared: int, findings: Sequence[Finding]) -> int:
    """Print the findings, and return how many of them are damage."""
    from results.printable import printable

    for finding in findings:
        print(printable(f"{'note' if finding.harmless else 'damage'}: {finding.path} {finding.what}"))
    damaged = sum(not finding.harmless for finding in findings)
    say(f"{compared} images compared with their rows: {damaged} damaged files or rows")
    return damaged


def _repair(run: Run, findings: Sequence[Finding]) -> None:
    from orchestrator.progress.display import make_display
    from orchestrator.progress.downloads import download_bar
    from orchestrator.repair import repair

    done = repair(run, findings, make_display(), watch=download_bar, say=say)
    for path in done.aside.files:
        say(f"set aside: {path}")
    again = done.outcome.status.done if done.outcome.status else 0
    say(f"{again} trials were computed again; plan, small pictures, sheet and gallery were written anew")
    if missing := done.outcome.plan.count("not selected"):
        say(f"{missing} trials of the grid have no row: run it again to compute them")
