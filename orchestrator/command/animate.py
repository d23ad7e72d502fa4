"""The command `sweep animate`: options, printed lines, and advice where a run has no snapshots.

Films are made in `results/film/`; the films of stylised clips are chosen in `clip_films.py`.
"""

from __future__ import annotations

import math
import numbers
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.command.messages import messages, run_path, say
from orchestrator.command.options import Columns, Rows, RunArgument, takes_selection
from orchestrator.errors import UsageError
from orchestrator.request import Request

if TYPE_CHECKING:
    import pandas as pd

    from results import Run
    from results.table.selection import Selection

USUAL_EVERY = 10
HOLD = Fraction(1)
"""How many seconds the last frame is shown."""


@takes_selection
def animate(
    run: RunArgument,
    selection: Selection,
    trial: Annotated[str | None, typer.Option(help="Film this trial: its id, or how it begins.")] = None,
    sheet: Annotated[bool, typer.Option("--sheet", help="Film the whole sheet, as without --trial.")] = False,
    rows: Rows = [],  # noqa: B006 - Typer copies it
    columns: Columns = [],  # noqa: B006
    width: Annotated[
        int | None, typer.Option(min=160, max=4096, help="Pixels of the film, at most.  [default: 1280]")
    ] = None,
    fps: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            max=120,
            help="Frames per second.  [default: so that the film lasts 4 s, but 2 to 12]",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            help="Where to save it: .mp4, .webp or .gif.  [default: RUN/films/….mp4]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Film how the images of a run came about, with their loss curves. The run needs the setting `frames_every`.

    A run whose content is a clip gives the stylised clips instead, with their sound; --sheet and --trial film how their
    frames came about.
    """
    from orchestrator.command.clip_films import is_of_clips

    with messages():
        import results
        from results.film.animation import USUAL_WIDTH, has_snapshots, sheet_film, trial_film
        from results.film.film import check_target, usual_rate, write_film

        if trial is not None and (sheet or rows or columns or selection):
            raise UsageError(
                "--trial films one trial; --sheet, --rows, --columns, --where, --marked and --best are about the sheet"
            )
        found = results.Run(run_path(run))
        if out:
            check_target(out)
        trials = results.load(found.location, missing=True)
        if trial is None and not (sheet or rows or columns) and is_of_clips(found):
            if fps is not None or width is not None:
                raise UsageError("--fps and --width are for --trial and --sheet; a clip keeps its own rate and size")
            _write_clips(found, selection.of(trials), out, say)
            return
        if trial is not None:
            row = _named(trials, trial)
            _check_snapshots(found, [row], row)
            film = trial_film(row, width or USUAL_WIDTH)
            target = out or found.full_path(found.film_path(row["trial_id"]))
        else:
            trials = selection.of(trials)
            rest = [row for _, row in trials.iterrows() if row["status"] == "done"]
            _check_snapshots(found, rest)
            still = sum(not has_snapshots(row) for row in rest)
            if still:
                say(f"{still} of {len(rest)} trials were done without frames_every: they do not move. {_advice(found)}")
            film = sheet_film(trials, rows or None, columns or None, width or USUAL_WIDTH)
            target = out or found.full_path(found.film_path())
        rate = usual_rate(film.count) if fps is None else Fraction(fps).limit_denominator(1001)
        say(f"{film.count} frames, {float(rate):g} a second")
        write_film(target, film.frames, rate, hold=HOLD)
        print(target)


def _write_clips(run: Run, trials: pd.DataFrame, out: str | None, say: Callable[[str], None]) -> None:
    """Put the stylised clips of a run back together, each into a film of its own."""
    from orchestrator.command.clip_films import clip_films
    from results.film.film import check_target, write_film

    films = clip_films(run, trials, say)
    if not films:
        raise UsageError(f"no frame of a clip in {run.location} is done")
    if out and len(films) > 1:
        from results.suggestion import listed

        names = listed([film.name for film in films], most=5)
        raise UsageError(f"--out is one film and these would be {len(films)} ({names}); choose one with --where")
    for film in films:
        target = out or run.full_path(f"films/{film.name}.mp4")
        if film.ends_at:
            say(f"{target} is shorter than its clip: {film.ends_at}")
        sound = film.sound_from if check_target(target) == ".mp4" else None
        count = write_film(target, film.frames(), film.rate, sound_from=sound)
        say(f"{count} frames{', with sound' if sound else ''}")
        print(target)


def _named(trials: pd.DataFrame, prefix: str) -> pd.Series:
    """The trial whose id begins with `prefix`."""
    ids = trials["trial_id"].unique()
    matching = [one for one in ids if one.startswith(prefix.lower())]
    if not matching:
        raise UsageError(f"no trial's id begins with {prefix!r}; `sweep table` shows them")
    if len(matching) > 1:
        from results.suggestion import listed

        raise UsageError(
            f"{len(matching)} trials' ids begin with {prefix!r}: {listed(matching, most=5)}; give more of it"
        )
    row: pd.Series = trials[trials["trial_id"] == matching[0]].iloc[0]
    return row


def _check_snapshots(run: Run, rows: Sequence[pd.Series], one: pd.Series | None = None) -> None:
    """Raises UsageError where none of the trials has snapshots, and says how they would get them."""
    from results.film.animation import has_snapshots

    if any(has_snapshots(row) for row in rows):
        return
    if one is not None and one["status"] == "missing":
        raise UsageError(f"trial {one['trial_id']} was not run yet")
    if not rows:
        raise UsageError(f"no trial of {run.location} is done")
    who = f"trial {one['trial_id']} has" if one is not None else f"the trials of {run.location} have"
    raise UsageError(f"{who} no snapshots: these are kept while a trial runs. {_advice(run, one)}")


def _advice(run: Run, one: pd.Series | None = None) -> str:
    """The command that runs trials once more and keeps their snapshots, in another folder: this run stays as it is."""
    record = run.metadata().get("request")
    if not record:
        return f"Run its grid again with --set frames_every={USUAL_EVERY} and another --out"
    asked = Request.from_record(record)
    settings = [text for text in asked.set if not text.startswith("frames_every")]
    again = replace(
        asked,
        out=f"{run.location.rstrip('/')}-frames",
        set=(*settings, f"frames_every={USUAL_EVERY}"),
        only=() if one is None else tuple(_only(run, one)),
    )
    return f"To run them again, elsewhere, with snapshots:\n  {shlex.join(['sweep', *again.words()])}"


def _only(run: Run, row: pd.Series) -> Iterator[str]:
    """The values of `--only` that choose this trial. Values that a command line cannot express are left out."""
    from results.table.axes import LABEL, grid_axes

    for axis in grid_axes(run):
        for name in axis:
            label, value = row.get(f"{name}{LABEL}"), row.get(name)
            if isinstance(label, str):
                yield f"{name}={label}"
            elif isinstance(value, str) or _is_finite(value):
                yield f"{name}={value}"
            elif isinstance(value, tuple) and all(isinstance(one, str) for one in value):
                yield f"{name}=[{', '.join(value)}]"


def _is_finite(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)
