"""The command `sweep`: options, messages and exit codes. What it does is in the modules beside it.

Exit codes: 0 all done; 1 some trials failed, or the sweep had to stop; 2 bad grid, input or usage, nothing written;
130 interrupted. Results go to stdout, everything else to stderr.
"""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from orchestrator.command.animate import animate
from orchestrator.command.gallery import gallery
from orchestrator.command.judge import judge
from orchestrator.command.messages import (
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    fail,
    filtered,
    messages,
    options,
    run_path,
    say,
)
from orchestrator.command.questions import diff, query

if TYPE_CHECKING:
    from orchestrator.sweep import Outcome

_DEFAULT = "run"


class _GridFirst(TyperGroup):
    """`sweep GRID` is `sweep run GRID`: what is no command is a grid."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "--version", "--debug"):
            args = [_DEFAULT, *args]
        elif len(args) > 1 and args[0] == "--debug" and args[1] not in self.commands:
            args = ["--debug", _DEFAULT, *args[1:]]
        return list(super().parse_args(ctx, args))


app = typer.Typer(
    cls=_GridFirst,
    help="Sweep neural style transfer: one YAML grid, many images, one table and one comparison sheet.\n\n"
    "`sweep GRID` runs a grid; GRID is a file, or the name of one that comes with the program, such as figure5.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from orchestrator.versions import sweep_version

        print(f"sweep {sweep_version()}")
        raise typer.Exit


@app.callback()
def _main(
    debug: Annotated[bool, typer.Option("--debug", help="Show stack traces.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    options.debug = debug


Grid = Annotated[
    str, typer.Argument(help="A grid file, or the name of one that comes with the program.", show_default=False)
]
RunPath = Annotated[str, typer.Argument(help="A run's folder, such as runs/figure5.", show_default=False)]
Out = Annotated[str | None, typer.Option(help="The run's folder or URL.  [default: runs/<grid>]", show_default=False)]
Set = Annotated[
    list[str], typer.Option("--set", metavar="NAME=VALUE", help="Fix a setting or an axis. May be repeated.")
]
Only = Annotated[list[str], typer.Option(metavar="AXIS=VALUE", help="Run only these trials. May be repeated.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Run at most so many trials of the grid.")]
Pictures = Annotated[Path | None, typer.Option(envvar="SWEEP_PICTURES", help="Folder to look for pictures in first.")]
WeightsFolder = Annotated[
    Path | None, typer.Option("--weights", envvar="SWEEP_WEIGHTS", help="Folder to look for weights in first.")
]
Offline = Annotated[bool, typer.Option("--offline", help="No network; stand-ins for what is missing.")]
Untrusted = Annotated[
    bool,
    typer.Option("--untrusted", help="The grid is a stranger's: no files outside its folder, no private addresses."),
]
RetryFailed = Annotated[bool, typer.Option("--retry-failed", help="Run failed trials again.")]
Exact = Annotated[
    bool, typer.Option("--exact", help="Bit-exact work: fp32, one image at a time. Slower by half and more.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Accept a grid of more than 100,000 trials.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
Where = Annotated[str | None, typer.Option(help="A pandas query, such as 'ratio < 1e-3 and status == \"done\"'.")]


@app.command(_DEFAULT)
def run(
    grid: Grid,
    out: Out = None,
    address: Annotated[
        str | None, typer.Option(help="A Ray cluster to join; `auto` finds one on this machine.  [env: RAY_ADDRESS]")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Worker processes.  [default: one per GPU, else one per core, at most 8]")
    ] = None,
    gpus_per_worker: Annotated[
        float | None, typer.Option(min=0, help="GPUs per worker; 0.5 lets two share one.")
    ] = None,
    set: Set = [],  # noqa: B006 - Typer copies it
    only: Only = [],  # noqa: B006
    limit: Limit = None,
    pictures: Pictures = None,
    weights: WeightsFolder = None,
    offline: Offline = False,
    untrusted: Untrusted = False,
    exact: Exact = False,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Stop at the first failed trial.")] = False,
    max_failures: Annotated[int | None, typer.Option(min=1, help="Stop when so many trials have failed.")] = None,
    grace: Annotated[float, typer.Option(min=0, help="Seconds that running batches have after SIGTERM.")] = 25.0,
    retry_failed: RetryFailed = False,
    yes: Yes = False,
) -> None:
    """Run a grid: whatever of it is not done yet. `sweep GRID` is short for this.

    Ctrl-C lets running batches finish; running the same command again goes on.
    """
    from orchestrator.sweep import Request, execute

    request = Request(
        grid=_grid_path(grid),
        out=out,
        set=tuple(set),
        only=tuple(only),
        limit=limit,
        pictures=pictures,
        weights=weights,
        offline=offline,
        untrusted=untrusted,
        retry_failed=retry_failed,
        however_many=yes,
        address=address,
        workers=workers,
        gpus_per_worker=gpus_per_worker,
        exact=exact,
        max_failures=1 if fail_fast else max_failures,
        grace=grace,
    )
    with messages():
        outcome = execute(request, say=say)
        _report(outcome)


def _report(outcome: Outcome) -> None:
    plan, location = outcome.plan, outcome.run.location
    for stand_in in sorted({one for trial in plan.trials.values() for one in trial.stand_ins}):
        say(f"stand-in: {stand_in}")
    for note in outcome.notes:
        say(note)
    done = plan.count("done") + (outcome.status.done if outcome.status else 0)
    if outcome.status is None:
        say(f"nothing to do: {done} of {len(plan.trials)} trials are done already in {location}")
    else:
        from orchestrator.command.display import duration

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


@app.command()
def plan(
    grid: Grid,
    out: Out = None,
    set: Set = [],  # noqa: B006
    only: Only = [],  # noqa: B006
    limit: Limit = None,
    pictures: Pictures = None,
    weights: WeightsFolder = None,
    offline: Offline = False,
    untrusted: Untrusted = False,
    retry_failed: RetryFailed = False,
    exact: Exact = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Show what a grid would do, without doing it: trials, inputs, estimated time and disk."""
    from orchestrator.plan.preview import as_text, preview
    from orchestrator.sweep import Request, prepare

    request = Request(
        grid=_grid_path(grid),
        out=out,
        set=tuple(set),
        only=tuple(only),
        limit=limit,
        pictures=pictures,
        weights=weights,
        offline=offline,
        untrusted=untrusted,
        retry_failed=retry_failed,
        exact=exact,
        however_many=yes,
    )
    with messages():
        found = preview(*prepare(request, fetch=False))
        if as_json:
            print(json.dumps(found, indent=2, ensure_ascii=False))
        else:
            as_text(found)


@app.command()
def status(run: RunPath, as_json: AsJson = False) -> None:
    """Show how far a run is, and why trials failed."""
    from orchestrator.plan.preview import run_status, status_text

    with messages():
        found = run_status(run_path(run))
        print(json.dumps(found, indent=2, ensure_ascii=False) if as_json else status_text(found))


@app.command()
def verify(
    run: RunPath,
    again: Annotated[int, typer.Option("--recompute", min=0, help="Compute so many random trials once more.")] = 0,
    seed: Annotated[int, typer.Option(help="Which trials are chosen.")] = 0,
) -> None:
    """Check every row of a run against its image, and every file against the table.

    Exit code 1 where something is lost, or where a trial that is computed again gives something else.
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
            from orchestrator.recompute import as_line, recompute

            for comparison in recompute(found_run, again, seed):
                print(as_line(comparison))
                failed += not comparison.passed
        if damaged or failed:
            raise typer.Exit(EXIT_FAILED)


@app.command()
def compact(run: RunPath) -> None:
    """Merge a run's shards into one, for tables that are read faster. Nothing is lost, whoever reads meanwhile."""
    with messages():
        import results
        from results.run.compact import compact as merge

        count = merge(results.Run(run_path(run)))
        say(f"merged {count} shards" if count else "there is nothing to merge")


@app.command()
def sheet(
    run: RunPath,
    rows: Annotated[list[str], typer.Option(help="Setting along the rows; repeated, outermost first.")] = [],  # noqa: B006
    columns: Annotated[list[str], typer.Option(help="Setting along the columns; repeated, outermost first.")] = [],  # noqa: B006
    where: Where = None,
    annotate: Annotated[
        str | None, typer.Option(help="Text below each image: '{total_loss:.2e}', with any columns of the table.")
    ] = None,
    border: Annotated[str | None, typer.Option(help="Colour the cells' borders by this loss or metric.")] = None,
    title: Annotated[str | None, typer.Option(help="Another title than the grid's.")] = None,
    caption: Annotated[str | None, typer.Option(help="Text below the sheet.")] = None,
    page_rows: Annotated[
        int | None, typer.Option(min=1, help="At most so many rows a page: pages of a PDF, else numbered files.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Where to save it: .png, .jpg, .webp, .svg or .pdf.  [default: RUN/sheet.png]", show_default=False
        ),
    ] = None,
) -> None:
    """Draw a run's comparison sheet again, with other axes, of a part of its trials, or for a paper."""
    with messages():
        import results
        from results.sheets.drawing import sheet_files
        from results.sheets.look import Look

        location = run_path(run)
        trials = filtered(results.load(location, missing=True), where)
        path = out or Path(results.Run(location).full_path("sheet.png"))
        look = Look(annotate, border, title, caption)
        files = sheet_files(trials, path.name, rows or None, columns or None, look=look, page_rows=page_rows)
        for name, content in files.items():
            try:
                path.with_name(name).write_bytes(content)
            except OSError as error:
                raise results.SheetError(f"cannot save {path.with_name(name)}: {error.strerror or error}") from error
            print(path.with_name(name))


@app.command()
def table(
    run: Annotated[str, typer.Argument(help="A run's folder, or a pattern such as 'runs/*'.", show_default=False)],
    columns: Annotated[str | None, typer.Option(help="Columns, separated by commas; `all` for all.")] = None,
    where: Where = None,
    sort: Annotated[str | None, typer.Option(help="Column to sort by; -column sorts downwards.")] = None,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="As CSV.")] = False,
) -> None:
    """Show a run's table: one row per trial."""
    from orchestrator.command.table_text import print_table

    with messages():
        import results

        trials = filtered(results.load(run_path(run)), where)
        print_table(trials, columns, sort, "json" if as_json else "csv" if as_csv else "text")


@app.command()
def schema() -> None:
    """Print the JSON schema of grids, for editors that check YAML while one types."""
    from orchestrator.grid.schema import grid_schema

    print(json.dumps(grid_schema(), indent=2, ensure_ascii=False))


app.command()(animate)
app.command()(gallery)
app.command()(judge)
app.command()(query)
app.command()(diff)


def _grid_path(grid: str) -> Path:
    """A file, or a grid of the package by its name."""
    path = Path(grid)
    if path.suffix in (".yaml", ".yml") or path.exists():
        return path
    bundled = Path(str(resources.files("grids").joinpath(f"{grid}.yaml")))
    if path.name == grid and bundled.is_file() and grid != "pictures":
        return bundled
    names = sorted(one.stem for one in bundled.parent.glob("*.yaml") if one.stem != "pictures")
    fail(f"there is no file {grid}, and no grid of that name among {', '.join(names)}")


def main() -> None:
    """The entry point of the command `sweep`."""
    app(prog_name="sweep")
