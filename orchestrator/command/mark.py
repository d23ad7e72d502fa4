"""The command `sweep mark`: options and printed lines. Marks are stored in `results/marks.py`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.command.messages import messages, run_path, say
from orchestrator.command.options import RunArgument

if TYPE_CHECKING:
    from results import Run


def mark(
    run: RunArgument,
    file: Annotated[Path, typer.Argument(help="What a gallery's Export saved.", show_default=False)],
) -> None:
    """Keep stars, tags and notes in a run: those of a file that a gallery exported.

    They are in RUN/marks.parquet, and galleries of the run show them. A gallery under --serve keeps its own there. Of
    a file from a page of several runs, the marks on this run's trials are kept.
    """
    with messages():
        import results
        from results.errors import RunError
        from results.marks import Marker, parse_mark
        from results.run.rows import read_plan

        found = results.Run(run_path(run))
        try:
            given = json.loads(file.read_bytes())["marks"]
            marks = [mark for mark, one in zip(map(parse_mark, given), given, strict=True) if _is_of(found, one)]
        except OSError as error:
            raise RunError(f"cannot read {file}: {error.strerror}") from error
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise RunError(f"{file} has no marks that a gallery exported: {error}") from error
        if given and not marks:
            others = ", ".join(sorted({str(one["run"]) for one in given}))
            raise RunError(f"{file} has no marks of {found.location}; it has marks of {others}")
        here = set(read_plan(found)["trial_id"].to_pylist())
        if unknown := [one.trial_id for one in marks if one.trial_id not in here]:
            raise RunError(f"{found.location} has no trial {unknown[0]}; is {file} of another run?")
        Marker(found).add(*marks)
        say(f"{len(marks)} {'mark' if len(marks) == 1 else 'marks'} kept in {found.location}")


def _is_of(run: Run, mark: Mapping[str, Any]) -> bool:
    """Whether a mark is of this run: one from a page of several runs names its own."""
    name = mark.get("run")
    return name is None or name in (run.location, run.url) or os.path.abspath(str(name)) == run.url
