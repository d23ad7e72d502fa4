"""One sweep from grid to sheet: makes the plan, takes the lock, runs the batches, and finishes.

The steps themselves are elsewhere: `plan/`, `describe.py`, `cluster/work.py`, `finish.py`."""

from __future__ import annotations

import contextlib
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from downloads import Access, Watch
from orchestrator import finish
from orchestrator.describe import RunRecord, write_run
from orchestrator.errors import EngineError, UsageError
from orchestrator.grid.grid import Grid, select
from orchestrator.grid.reader import load_grid
from orchestrator.grid.yaml12 import parse_value
from orchestrator.plan.batches import DEFAULT_PACKING, EXACT
from orchestrator.plan.clips import with_frames
from orchestrator.plan.halving_source import HalvingSource
from orchestrator.plan.inputs import Inputs, Sources
from orchestrator.plan.plan import Plan, Selection, make_plan
from orchestrator.plan.recorded import read_recorded
from orchestrator.plan.source import FixedPlan, Source
from orchestrator.plan.trial import Trial
from orchestrator.request import Request
from orchestrator.search.search import each_choice, search_plan, search_source, waits_for_votes
from results import Run, RunError
from results.run.rows import read_rows
from stylize.plugin_source import find_plugin
from stylize.plugins import load_plugin

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from orchestrator.cluster.status import Listener, Status


@dataclass(frozen=True)
class Outcome:
    """How a sweep ended. `plan` has the states at the end. `status` is None if no trial was left to compute.
    `up_to_date`: nothing else was left to do either, because the sheet and the gallery show the present rows.
    """

    plan: Plan
    run: Run
    status: Status | None
    interrupted: bool
    sheet: str | None
    gallery: str | None = None
    notes: list[str] = field(default_factory=list)
    up_to_date: bool = False

    @property
    def unfinished(self) -> int:
        """The number of selected trials that are neither done nor failed."""
        return self.plan.count("to run")

    @property
    def failed(self) -> int:
        """The number of failed trials of the whole grid, now and earlier."""
        return self.plan.count("failed")


def prepare(
    request: Request,
    *,
    fetch: bool,
    watch: Watch | None = None,
    images: Run | None = None,
    trials: frozenset[str] | None = None,
) -> tuple[Plan, Run]:
    """The plan of a request and the run it belongs to. Without `fetch` nothing is downloaded; `watch` shows
    downloads. Writes nothing.

    `images`: the run whose images trials start from, if it is another one. `trials`: run only these, if given.

    Raises GridError, UsageError, RunError and what pictures and weights raise.
    """
    load_plugins(request)
    overrides = (*request.set, "precision=fp32") if request.exact else request.set
    grid = load_grid(request.grid, overrides)
    run = Run(request.out or f"runs/{grid.name}")
    _check_same_grid(run, grid)
    sources = Sources(
        base=grid.base,
        pictures=request.pictures,
        weights=request.weights,
        access=Access(offline=request.offline, fetch=fetch, untrusted=request.untrusted, watch=watch),
        grid=grid.file,
        run=images or run,
    )
    for option, folder in (("--pictures", request.pictures), ("--weights", request.weights)):
        if folder and not folder.is_dir():
            raise UsageError(f"{option} {folder} is not a folder")
    inputs = Inputs(sources)
    return _plan(request, with_frames(grid, inputs), run, inputs, trials), run


def load_plugins(request: Request) -> None:
    """Run the plugins of a request. Raises PluginError, and UsageError for a stranger's grid."""
    if request.plugin and request.untrusted:
        raise UsageError("--plugin runs code, which --untrusted does not allow")
    for plugin in request.plugin:
        load_plugin(find_plugin(plugin))


def _plan(request: Request, grid: Grid, run: Run, inputs: Inputs, trials: frozenset[str] | None) -> Plan:
    if grid.search:
        return search_plan(request, grid, inputs, run, trials)
    named: dict[tuple[int, str], frozenset[int]] = {}
    for text in request.only:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals:
            raise UsageError(f"--only {text}: write --only axis=value")
        try:
            index, values = select(grid.dimensions, name, _label_or_value(grid, name, value))
        except Exception as error:
            raise UsageError(f"--only {text}: {error}") from error
        named[index, name] = named.get((index, name), frozenset()) | values
    only: dict[int, frozenset[int]] = {}
    for (index, _), values in named.items():  # zipped axes share a dimension; all their conditions must hold
        only[index] = only.get(index, values) & values
    recorded, shards = read_recorded(run, grid.halving)
    selection = Selection(only, request.limit, request.retry_failed, trials)
    packing = EXACT if request.exact else DEFAULT_PACKING
    states, kept, of_metric = recorded
    many = request.however_many
    plan = make_plan(grid, inputs, states, selection, packing, however_many=many, kept=kept, values=of_metric)
    return replace(plan, shards=shards)


def _label_or_value(grid: Grid, name: str, text: str) -> Any:
    """`--only style_layers=conv1_1` means the label of that name if there is one, otherwise the value."""
    for dimension in grid.dimensions:
        if name in dimension.settings and text in dimension.names(name):
            labelled = any(labels[dimension.settings.index(name)] == text for labels in dimension.labels)
            if labelled:
                return text
    return parse_value(text)


def _check_same_grid(run: Run, grid: Grid) -> None:
    if run.exists():
        other = run.metadata()["grid"]["name"]
        if other != grid.name:
            raise UsageError(
                f"{run.location} holds the run of another grid, {other!r}; choose another folder with --out"
            )


def execute(
    request: Request,
    display: AbstractContextManager[Listener],
    *,
    watch: Watch | None = None,
    say: Callable[[str], None] | None = None,
    trials: frozenset[str] | None = None,
) -> Outcome:
    """Run the trials of a grid that are not done yet, and draw its sheet. `trials`: run only these, if given.

    `display` shows the progress; `say` is called with other lines for people. Raises what `prepare` raises before
    anything is written, and EngineError if the sweep has to stop later.
    """
    from orchestrator.cluster.material_store import load_networks
    from orchestrator.cluster.work import work

    plan, run = prepare(request, fetch=True, watch=watch, trials=trials)
    if not plan.batches and not waits_for_votes(plan) and finish.is_current(run, plan):
        return _outcome(plan, run, None, finish.found(run), up_to_date=True)
    networks = load_networks([*each_choice(plan), *_trials_to_run(plan)], plan.inputs)
    with run.locked(_interrupt_myself, say):
        run.remove_leftovers()
        if frozenset(run.names("trials/*.parquet")) != plan.shards:  # another sweep wrote rows before we got the lock
            recorded, shards = read_recorded(run, plan.grid.halving)
            plan = replace(plan.updated(*recorded), shards=shards)
        with _keeping_what_is_written(run):
            record = RunRecord(run, plan, request)
            status, interrupted = None, False
            if plan.batches or waits_for_votes(plan):
                source = _source(plan, run, request, record, trials)
                status, interrupted = work(source, run, request, networks, display, say, repack=True)
                plan = source.plan
                if plan.halved or plan.grid.search:
                    record.write_plan_again(plan)
                finish.check_rows(run, plan)
            finished = finish.finish(run, plan, record.derived, interrupted=interrupted)
    return _outcome(plan, run, status, finished, interrupted=interrupted)


def _trials_to_run(plan: Plan) -> list[Trial]:
    """Also those that will probably run later."""
    return [trial for batch in plan.expected for trial in batch.trials]


def _outcome(
    plan: Plan,
    run: Run,
    status: Status | None,
    finished: finish.Finished,
    *,
    interrupted: bool = False,
    up_to_date: bool = False,
) -> Outcome:
    notes = finished.notes + _notes_on_further_files(run, plan) + _halving_note(plan)
    return Outcome(plan, run, status, interrupted, finished.sheet, finished.gallery, notes, up_to_date)


def _source(plan: Plan, run: Run, request: Request, record: RunRecord, trials: frozenset[str] | None) -> Source:
    """What gives the batches of a plan. If it changes the plan, `record` writes that while the sweep goes on."""
    if plan.halved:
        return HalvingSource(plan, record.write_plan_again)
    if plan.grid.search and not trials:
        return search_source(request, plan, run, record.write_plan_again)
    return FixedPlan(plan)


@contextlib.contextmanager
def _keeping_what_is_written(run: Run) -> Iterator[None]:
    """Turns errors of the storage into an EngineError that says that committed rows are kept."""
    try:
        yield
    except RunError as error:
        if not run.exists():
            raise
        raise EngineError(f"{error}. Committed rows are kept; run the same command again to go on") from error


def _interrupt_myself() -> None:
    """Stop as after Ctrl-C, because another sweep has taken this run over. Rows that both write are equal."""
    signal.raise_signal(signal.SIGINT)


def run_batches(plan: Plan, run: Run, request: Request, display: AbstractContextManager[Listener]) -> Status:
    """Run the plan's batches unchanged, into a separate run without a sheet."""
    from orchestrator.cluster.material_store import load_networks
    from orchestrator.cluster.work import work

    networks = load_networks(_trials_to_run(plan), plan.inputs)
    write_run(run, plan, request)
    return work(FixedPlan(plan), run, request, networks, display, repack=False)[0]


def _notes_on_further_files(run: Run, plan: Plan) -> list[str]:
    """Notes if the grid now asks for snapshots or print files, but some trials were done without: they are not run
    again.
    """
    settings = [(trial.id, trial.setup.settings) for trial in plan.trials.values() if not trial.paints]
    asking = {
        ("frames_every", "frames", "kept_steps"): {id for id, one in settings if one.frames_every},
        ("print_file", "such files", "print_path"): {id for id, one in settings if one.print_file != "none"},
    }
    if not any(asking.values()) or not run.exists():
        return []
    rows = read_rows(run, columns=["trial_id", "status", "kept_steps", "print_path"]).to_pylist()
    notes = []
    for (setting, files, column), ids in asking.items():
        count = sum(row["status"] == "done" and row[column] is None and row["trial_id"] in ids for row in rows)
        if count:
            notes.append(
                f"{count} trials were done without {setting} and have no {files}; with another --out they run again"
            )
    return notes


def _halving_note(plan: Plan) -> list[str]:
    """How many trials stopped at which rung, if the grid has `halving`."""
    if not (plan.halved and plan.standing):
        return []
    stopped = Counter(plan.standing.stopped.values())
    parts = [f"{count} stopped at step {rung}" for rung, count in sorted(stopped.items())]
    last = plan.halved.halving.rungs[-1]
    ended = sum(trial.iterations == last and plan.states[trial.id] == "done" for trial in plan.trials.values())
    return [f"halving: {', '.join([*parts, f'{ended} went on to step {last}'])}"]
