"""Which trials go on from a rung: a function of rows alone, at whatever moment a sweep ended."""

import json
import math
import random

import pytest
from PIL import Image

from orchestrator.errors import EngineError, GridError
from orchestrator.grid.reader import load_grid
from orchestrator.plan.halving_source import HalvingSource
from orchestrator.plan.inputs import Inputs, Sources
from orchestrator.plan.plan import Selection, make_plan

HALVING = {"by": "style_distance", "rungs": [5, 10, 30], "keep": 0.5, "within": ["pooling"]}
SETTINGS = {
    "content": "photo.png",
    "style": "photo.png",
    "size": 64,
    "architecture": "squeezenet1_1",
    "weights": "random",
}
AXES = {"pooling": ["average", "max"], "ratio": [1e-4, 1e-3, 1e-2, 1e-1, 1.0]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("halving")
    Image.linear_gradient("L").resize((80, 64)).save(folder / "photo.png")
    return folder


@pytest.fixture
def plan(folder):
    """Plans a grid with `halving`; settings, axes and the entry may be changed."""

    def make(recorded=None, values=None, *, settings=None, axes=AXES, halving=HALVING, **selection):
        path = folder / "grid.yaml"
        text = {"settings": SETTINGS | (settings or {}), "axes": axes} | ({"halving": halving} if halving else {})
        path.write_text(json.dumps(text, indent=1).replace("Infinity", ".inf"))
        inputs = Inputs(Sources(folder, grid=path))
        return make_plan(load_grid(path), inputs, recorded or {}, Selection(**selection), values=values or {})

    return make


def value_of(trial):
    """Small for high ratios: the best are the last of each group, and more steps are better."""
    return -math.log10(trial.settings.ratio) * 10 - trial.iterations / 100


def row(trial, status="done", value=value_of):
    return {
        "trial_id": trial.id,
        "status": status,
        "style_distance": value(trial),
        "iterations": trial.iterations,
        "frames_every": 0,
        "state_sha256": "ab",
    }


def run(source, status=lambda trial: "done", value=value_of, most=1000):
    """The batches that a source gives until there are none, or until so many trials have ended."""
    given = []
    while len(given) < most and (batches := source.ask()):
        for batch in batches:
            for trial in batch.trials:
                given.append(trial)
                if len(given) > most:
                    return given
                source.tell([row(trial, status(trial), value)])
    return given


def ignore(plan):
    pass


def test_the_best_part_of_each_group_goes_on_from_where_it_stopped(plan):
    source = HalvingSource(plan(), ignore)
    given = run(source)
    steps = [(trial.iterations, trial.first_step) for trial in given]
    assert steps == [(5, 0)] * 10 + [(10, 5)] * 6 + [(30, 10)] * 4
    ended = source.plan
    for pooling in ("average", "max"):
        of_group = [trial for _, trial in ended.points if trial.settings.pooling == pooling]
        assert [(trial.settings.ratio, trial.iterations) for trial in of_group] == [
            (1e-4, 5), (1e-3, 5), (1e-2, 10), (1e-1, 30), (1.0, 30),
        ]  # fmt: skip
    table = ended.table()
    assert table["stopped_at_rung"].to_pylist() == [5, 5, 10, None, None] * 2
    assert [len(trials) for trials in table["earlier_rungs"].to_pylist()] == [0, 0, 1, 2, 2] * 2
    assert table["iterations"].to_pylist() == [5, 5, 10, 30, 30] * 2
    assert ended.count("done") == 10
    assert ended.batches == []


def test_trials_of_rungs_are_the_trials_of_grids_with_as_many_iterations(plan):
    """So what was stopped is a trial like any other, and a grid without halving has it already."""
    given = {trial.id for trial in run(HalvingSource(plan(), ignore))}
    plain = [plan(halving=None, settings={"iterations": steps}).trials for steps in (5, 10, 30)]
    assert [len(given & trials.keys()) for trials in plain] == [10, 6, 4]
    every = plan().halved.every_trial()
    assert every.keys() == {id for trials in plain for id in trials}


@pytest.mark.parametrize("moment", range(21))
def test_a_sweep_that_ended_at_any_moment_continues_as_if_it_had_not(plan, moment):
    whole = HalvingSource(plan(), ignore)
    all_of_it = run(whole)
    first = HalvingSource(plan(), ignore)
    begun = run(first, most=moment)[:moment]
    recorded = {trial.id: "done" for trial in begun}
    values = {trial.id: value_of(trial) for trial in begun}
    second = HalvingSource(plan(recorded, values), ignore)
    rest = run(second)
    assert sorted(trial.id for trial in [*begun, *rest]) == sorted(trial.id for trial in all_of_it)
    assert second.plan.table().equals(whole.plan.table())


def test_a_rung_is_packed_as_a_whole_and_begins_when_the_one_before_has_ended(plan):
    changes = []
    source = HalvingSource(plan(), changes.append)
    first = source.ask()
    assert sum(len(batch.trials) for batch in first) == 10
    assert (source.to_come().trials, len(source.plan.expected) > len(first)) == (10, True)
    for batch in first[:-1]:
        source.tell([row(trial) for trial in batch.trials])
        assert source.ask() == ()
    source.tell([row(trial) for trial in first[-1].trials])
    second = source.ask()
    assert {trial.iterations for batch in second for trial in batch.trials} == {10}
    assert source.to_come().trials == 4
    assert len(changes) == 1


def test_what_failed_does_not_go_on_and_may_be_run_again(plan):
    def fails(trial):
        return "failed" if trial.settings.ratio == 1.0 and trial.iterations == 5 else "done"

    source = HalvingSource(plan(), ignore)
    given = run(source, fails)
    assert [trial.iterations for trial in given].count(30) == 4
    ended = source.plan
    assert ended.count("failed") == 2
    assert ended.table()["stopped_at_rung"].to_pylist() == [5, 10, None, None, None] * 2  # the last one failed
    values = {trial.id: value_of(trial) for trial in given}
    retried = HalvingSource(plan(ended.recorded, values, retry_failed=True), ignore)
    again = run(retried, lambda trial: "failed" if trial.settings.ratio == 1.0 else "done")
    assert [(trial.iterations, trial.settings.ratio) for trial in again] == [(5, 1.0)] * 2
    succeeded = HalvingSource(plan(ended.recorded, values, retry_failed=True), ignore)
    assert [trial.iterations for trial in run(succeeded)] == [5, 5, 10, 10, 30, 30]


def test_missing_values_are_last_and_equal_ones_in_the_grids_order(plan):
    def value(trial):
        return None if trial.settings.ratio < 1e-2 else 1.0

    source = HalvingSource(plan(), ignore)
    run(source, value=value)
    assert source.plan.table()["stopped_at_rung"].to_pylist() == [5, 5, None, None, 10] * 2
    nothing = HalvingSource(plan(), ignore)
    with pytest.raises(EngineError, match="none of the 5 trials that ended at step 5 has a value of style_distance"):
        run(nothing, value=lambda trial: None)


def test_a_metric_may_be_better_the_higher_it_is_and_all_trials_may_be_one_group(plan):
    source = HalvingSource(plan(halving={"by": "structural_similarity", "rungs": [5, 30], "keep": 0.05}), ignore)
    trials = [trial for batch in source.ask() for trial in batch.trials]
    best = random.Random(0).choice(trials)
    source.tell([row(one) | {"structural_similarity": float(one is best)} for one in trials])
    [[last]] = [batch.trials for batch in source.ask()]
    assert last.id == best.at(30).id


def test_a_part_of_a_grid_decides_only_about_whole_groups(plan):
    """Of a group of which some trials were not asked for, none goes on yet."""
    source = HalvingSource(plan(only={0: frozenset({1})}), ignore)
    assert [trial.iterations for trial in run(source)] == [5] * 5 + [10] * 3 + [30] * 2
    part = HalvingSource(plan(limit=7), ignore)
    given = run(part)
    assert [trial.iterations for trial in given] == [5] * 7 + [10] * 3 + [30] * 2
    assert {trial.settings.pooling for trial in given if trial.iterations > 5} == {"average"}


def test_more_may_be_kept_later(plan):
    given = run(HalvingSource(plan(), ignore))
    recorded = {trial.id: "done" for trial in given}
    values = {trial.id: value_of(trial) for trial in given}
    more = HalvingSource(plan(recorded, values, halving=HALVING | {"keep": 0.7}), ignore)
    assert [trial.iterations for trial in run(more)] == [10] * 2 + [30] * 2


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (3, "halving is a mapping with by and rungs"),
        ({"by": "style_distance"}, "halving is a mapping with by and rungs"),
        (HALVING | {"hurry": 1}, "there is no entry of halving 'hurry'"),
        (
            HALVING | {"by": "style_distanse"},
            "there is no metric that can rank trials 'style_distanse'; did you mean style_distance",
        ),
        (
            HALVING | {"by": "style_distance_network"},
            "there is no metric that can rank trials 'style_distance_network'",
        ),
        (HALVING | {"rungs": [50]}, "rungs are two or more numbers of steps"),
        (HALVING | {"rungs": [50, 50]}, "rungs rise, and 50 is not above 50"),
        (HALVING | {"rungs": [0, 50]}, "a rung is a whole number of steps from 1 on, not 0"),
        (HALVING | {"rungs": [5, "50"]}, "a rung is a whole number of steps from 1 on, not '50'"),
        (HALVING | {"keep": 1}, "keep is the part that goes on, above 0 and below 1, not 1"),
        (HALVING | {"keep": 0.0}, "keep is the part that goes on, above 0 and below 1, not 0.0"),
        (HALVING | {"keep": True}, "keep is the part that goes on"),
        (HALVING | {"within": ["style"]}, "there is no axis 'style'"),
        (HALVING | {"within": ["ratio", "ratio"]}, "ratio is here a second time"),
    ],
)
def test_a_wrong_entry_is_one_message_with_its_place(plan, entry, message):
    with pytest.raises(GridError) as refused:
        plan(halving=entry)
    assert message in str(refused.value)
    assert refused.value.position.line > 5


@pytest.mark.parametrize(
    ("settings", "axes", "by", "message"),
    [
        ({"iterations": 20}, AXES, "style_distance", "the last rung is the number of iterations, 30"),
        ({}, AXES | {"iterations": [10, 20]}, "style_distance", "the last rung is the number of iterations, 30"),
        ({"pyramid": [64]}, AXES, "style_distance", "with this pyramid they cannot"),
        ({}, AXES | {"pyramid": [[], [64]]}, "style_distance", "with this pyramid they cannot"),
        (
            {},
            AXES | {"ratio": [1e-3, math.inf]},
            "style_distance",
            "this trial has no style_distance, because it uses no",
        ),
        (
            {},
            AXES | {"ratio": [1e-3, 0]},
            "content_loss",
            "this trial has no content_loss, because its content does not",
        ),
        ({}, AXES, "matting_loss", "this trial has no matting_loss, because its matting_weight is 0"),
    ],
)
def test_trials_that_cannot_be_halved_are_refused(plan, settings, axes, by, message):
    with pytest.raises(GridError) as refused:
        plan(settings=settings, axes=axes, halving=HALVING | {"by": by, "within": []})
    assert message in str(refused.value)
    assert refused.value.position


def test_iterations_may_be_those_of_the_last_rung(plan):
    assert plan(settings={"iterations": 30}).count("to run") == 10


def test_a_search_does_not_go_with_halving(folder):
    path = folder / "searched.yaml"
    axes = {"ratio": {"loguniform": [1e-4, 1e-1]}}
    search = {"trials": 8, "minimise": ["style_distance"]}
    entries = {"settings": SETTINGS, "axes": axes, "search": search, "halving": HALVING | {"within": []}}
    path.write_text(json.dumps(entries, indent=1))
    with pytest.raises(GridError, match="it does not go with halving"):
        load_grid(path)
