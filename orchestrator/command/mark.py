"""The command `sweep mark`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.command.messages import messages, run_path, say
from orchestrator.command.options import RunArgument


def mark(
    run: RunArgument,
    file: Annotated[Path, typer.Argument(help="What a gallery's Export saved.", show_default=False)],
) -> None:
    """Keep stars, tags and notes in a run: those of a file that a gallery exported.

    They are in RUN/marks.parquet, and galleries of the run show them. A gallery under --serve keeps its own there.
    """
    with messages():
        import results
        from results.errors import RunError
        from results.marks import Marker, parse_mark
        from results.run.rows import read_plan

        found = results.Run(run_path(run))
        try:
            marks = [parse_mark(one) for one in json.loads(file.read_bytes())["marks"]]
        except OSError as error:
            raise RunError(f"cannot read {file}: {error.strerror}") from error
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise RunError(f"{file} has no marks that a gallery exported: {error}") from error
        here = set(read_plan(found)["trial_id"].to_pylist())
        if unknown := [one.trial_id for one in marks if one.trial_id not in here]:
            raise RunError(f"{found.location} has no trial {unknown[0]}; is {file} of another run?")
        Marker(found).add(*marks)
        say(f"{len(marks)} {'mark' if len(marks) == 1 else 'marks'} kept in {found.location}")
