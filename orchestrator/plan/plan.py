"""What a sweep will do: every trial of a grid with its name and state, and the batches that are left to run."""

from __future__ import annotations

import contextlib
import gc
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from orchestrator.errors import GridError, UsageError
from orchestrator.grid.grid import Grid, Point
from orchestrator.plan.batches import DEFAULT_PACKING, Batch, Packing, pack
from orchestrator.plan.inputs import Inputs
from orchestrator.plan.settings_columns import SETTINGS_SCHEMA, settings_row
from orchestrator.plan.trial import Trial, check_point, trial_id
from stylize import ARCHITECTURES, SettingsError
from stylize.settings.trial_settings import TrialSettings

ROWS_AT_ONCE = 5_000
"""Of the plan's table: rows as Python objects take fifty times their space in the table."""

LONGEST_FRAME = 16_383
"""Pixels that a WebP can have, which frames are kept as."""

MOST_TRIALS = 100_000
"""More than this is refused without --yes: it is usually a mistake in an axis."""


@dataclass(frozen=True)
class Plan:
    """A grid's trials in order, and what is left to do. `points` has a trial for each point of the grid; points whose
    difference has no effect share one.
    """

    grid: Grid
    points: list[tuple[Point, Trial]]
    states: dict[str, str]  # trial id → done, failed, to run, not selected
    batches: list[Batch]
    inputs: Inputs
    packing: Packing
    known: bool = True  # False where pictures or weights must be downloaded before trials can be named

    @property
    def trials(self) -> dict[str, Trial]:
        """Every different trial by its id."""
        return {trial.id: trial for _, trial in self.points}

    @property
    def parallel(self) -> int:
        """How many batches can be worked at together: the frames of a clip follow one another."""
        left = {trial.id for batch in self.batches for trial in batch.trials}
        return sum(batch.after.isdisjoint(left) for batch in self.batches)

    def packed(self, packing: Packing) -> Plan:
        """The same plan in other batches."""
        return replace(self, packing=packing, batches=pack(list(self.trials.values()), self.states, packing))

    def count(self, state: str) -> int:
        """How many trials are in a state."""
        return Counter(self.states.values())[state]

    def table(self) -> pa.Table:
        """The plan as `results` keeps it: trial ids, settings, and for each axis the place and label of the value."""
        columns: list[tuple[str, pa.DataType]] = []
        for dimension in self.grid.dimensions:
            for place, name in enumerate(dimension.settings):
                columns.append((f"{name}_order", pa.int32()))
                if any(labels[place] is not None for labels in dimension.labels):
                    columns.append((f"{name}_label", pa.string()))
        schema = pa.schema([("trial_id", pa.string()), *SETTINGS_SCHEMA, *columns])
        parts = [schema.empty_table()]
        for start in range(0, len(self.points), ROWS_AT_ONCE):
            rows = [
                {"trial_id": trial.id}
                | settings_row(trial.settings)
                | {"weights": trial.weights_reference}
                | self._axis_columns(point)
                for point, trial in self.points[start : start + ROWS_AT_ONCE]
            ]
            parts.append(pa.Table.from_pylist(rows, schema=schema))
        return pa.concat_tables(parts).combine_chunks()

    def _axis_columns(self, point: Point) -> dict[str, int | str | None]:
        columns: dict[str, int | str | None] = {}
        for dimension, index in zip(self.grid.dimensions, point, strict=True):
            for name, label in zip(dimension.settings, dimension.labels[index], strict=True):
                columns |= {f"{name}_order": index, f"{name}_label": label}
        return columns


@dataclass(frozen=True)
class Selection:
    """Which of the trials to run: those that `--only` and `--limit` name, and failed ones where wished."""

    only: Mapping[int, frozenset[int]] = field(default_factory=dict)
    limit: int | None = None
    retry_failed: bool = False


def make_plan(
    grid: Grid,
    inputs: Inputs,
    recorded: Mapping[str, str],
    selection: Selection,
    packing: Packing = DEFAULT_PACKING,
    *,
    however_many: bool = False,
) -> Plan:
    """Name every trial, leave out what is `recorded` (trial id → done or failed), and pack the rest into batches.

    Raises GridError for impossible points, UsageError for too many, and whatever finding pictures and weights raises.
    """
    most = grid.most_points()
    if most > MOST_TRIALS and not however_many:
        raise UsageError(f"this grid asks for {most:,} trials, more than {MOST_TRIALS:,}; give --yes if that is meant")
    with _uncollected():
        points = _trials(grid, inputs)
    if not points:
        raise UsageError("this grid has no trial: exclude leaves nothing")
    known = all(picture.source for picture in inputs.pictures.values()) and all(
        weights.is_here for weights in inputs.weights.values()
    )
    chosen = _chosen(points, selection)
    trials = {trial.id: trial for _, trial in points}
    states = {}
    for id in trials:
        state = recorded.get(id, "to run")
        if state == "failed" and selection.retry_failed:
            state = "to run"
        states[id] = "not selected" if state == "to run" and id not in chosen else state
    batches = pack(list(trials.values()), states, packing)
    return Plan(grid, points, states, batches, inputs, packing, known)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Without the garbage collector, which looks through all trials again and again while there are ever more."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _chosen(points: Sequence[tuple[Point, Trial]], selection: Selection) -> set[str]:
    chosen: dict[str, None] = {}
    for point, trial in points:
        if selection.limit is not None and len(chosen) >= selection.limit:
            break
        if all(point[index] in values for index, values in selection.only.items()):
            chosen[trial.id] = None
    before = {trial.id: trial.after for _, trial in points}
    for id in list(chosen):
        earlier = before[id]
        while earlier and earlier not in chosen:
            chosen[earlier] = None
            earlier = before[earlier]
    return set(chosen)


def _trials(grid: Grid, inputs: Inputs) -> list[tuple[Point, Trial]]:
    found: list[tuple[Point, Trial]] = []
    before: dict[Point, Trial] = {}
    for point in grid.points():
        # Frames are the last and fastest dimension, so that the one before has been named.
        previous = before.get((*point[:-1], point[-1] - 1)) if grid.clips else None
        trial = _trial(grid, point, inputs, previous)
        if grid.clips:
            before[point] = trial
        found.append((point, trial))
    return found


def _trial(grid: Grid, point: Point, inputs: Inputs, previous: Trial | None) -> Trial:
    settings = grid.settings_at(point)
    try:
        complete = check_point(settings)
        return _named(complete, inputs, previous if complete.follows else None)
    except SettingsError as error:
        where = ", ".join(
            f"{name}={dimension.names(name)[index]}"
            for dimension, index in zip(grid.dimensions, point, strict=True)
            for name in dimension.settings
        )
        raise GridError(f"{grid.file}: {error}" + (f" (at {where})" if where else "")) from error


def _named(settings: TrialSettings, inputs: Inputs, previous: Trial | None) -> Trial:
    content = settings.content
    if content and settings.frame is not None:
        if inputs.clip(content):
            content = inputs.frame(content, settings.frame)
        elif settings.frame:
            raise SettingsError(f"frame {settings.frame} of {content} is asked for, which is a still picture")
    weights = inputs.network_weights(settings)
    style = settings.style if settings.uses_style or settings.init == "style" else None
    # A content picture gives the image its shape, also where it has no other part.
    shaping = content or settings.style
    assert shaping is not None  # check_point
    shaping_size = settings.size if settings.content else settings.style_size
    width, height = inputs.scaled(shaping, shaping_size)
    architecture = ARCHITECTURES[weights.architecture]
    deepest = architecture.deepest(settings.active_layers)
    blended = [picture for picture, _ in settings.style_blend] if settings.uses_style else []
    styles = [inputs.scaled(one, settings.style_size) for one in [*([style] if style else []), *blended]]
    if settings.frames_every and max(width, height) > LONGEST_FRAME:
        raise SettingsError(
            f"frames_every: frames are WebP, which ends at {LONGEST_FRAME} pixels, not {width}×{height}"
        )
    edge = min(width, height, *(side for shape in styles for side in shape))
    needed = architecture.smallest_edge(deepest)
    if edge < needed:
        raise SettingsError(
            f"size {settings.size} leaves an edge of {edge} pixels; {deepest} of {architecture.name} needs {needed}"
        )
    hashes = {"weights": f"{weights.sha256} {weights.preprocessing}" if weights.is_here else "unknown"}
    stand_ins = []
    start = settings.init_image if settings.init == "image" else None
    if settings.uses_masks and settings.content_mask and settings.style_mask:
        inputs.check_masks(settings.content_mask, settings.style_mask)
    else:
        settings = settings.model_copy(update={"content_mask": None, "style_mask": None})
    masks = [("content_mask", settings.content_mask), ("style_mask", settings.style_mask)]
    named = [
        ("content", content),
        ("style", style),
        ("init_image", start),
        *((one, one) for one in blended),
        *masks,
    ]
    for name, reference in named:
        if reference:
            picture = inputs.picture(reference)
            hashes[name] = picture.sha256 if picture.source else f"unknown: {reference}"
            if picture.stand_in:
                stand_ins.append(f"{picture.stand_in} for {reference}")
    if previous:
        assert previous.content
        hashes["previous"] = f"{previous.id} {inputs.picture(previous.content).sha256}"
    if weights.stand_in:
        stand_ins.append(f"{weights.stand_in} for {settings.architecture} {weights.reference}")
    return Trial(
        id=trial_id(settings, width, height, hashes),
        settings=settings,
        width=width,
        height=height,
        content=content,
        style=style,
        start=start,
        after=previous.id if previous else None,
        frame_before=previous.content if previous else None,
        weights_reference=weights.reference,
        weights_sha256=weights.sha256 if weights.is_here else "unknown",
        stand_ins=tuple(stand_ins),
        architecture=weights.architecture,
        network=f"{weights.architecture} {hashes['weights']} {settings.pooling} {settings.padding}",
        deepest=deepest,
    )
