"""The command `sweep verify`."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.command.messages import EXIT_FAILED, messages, run_path, say
from orchestrator.command.options import RunArgument


def verify(
    run: RunArgument,
    again: Annotated[int, typer.Option("--recompute", min=0, help="Compute so many random trials once more.")] = 0,
    seed: Annotated[int, typer.Option(help="Which trials are chosen.")] = 0,
) -> None:
    """Check every row of a run against its image, and every file against the table.

    Exit code 1 if something is lost, or if a trial that is computed again gives another result.
    """
    with messages():
        import results
        from results.run.verify import verify as check

        found_run = results.Run(run_path(run))
        compared, findings = check(found_run)
        for finding in findings:
            print(f"{'note' if finding.harmless else 'damage'}: {finding.path} {finding.what}")
        damaged = sum(not finding.harmless for finding in findings)
        say(f"{compared} images compared with their rows: {damaged} findings of damage")
        failed = 0
        if again:
            from orchestrator.command.downloads import download_bar
            from orchestrator.recompute import as_line, recompute

            for comparison in recompute(found_run, again, seed, watch=download_bar):
                print(as_line(comparison))
                failed += not comparison.passed
        if damaged or failed:
            raise typer.Exit(EXIT_FAILED)
