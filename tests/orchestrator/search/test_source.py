"""A search that is killed at any moment proposes what it would have proposed undisturbed. No image is made here."""

import datetime
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from downloads import Access
from orchestrator.errors import GridError, UsageError
from orchestrator.grid.reader import grid_of
from orchestrator.plan.batches import DEFAULT_PACKING
from orchestrator.plan.inputs import Inputs, Sources
from orchestrator.plan.settings_columns import SETTINGS_SCHEMA, settings_row
from orchestrator.search.source import SearchSource
from results import Run
from results.judge.votes import Ballot
from results.run.rows import commit, write_plan

GRID = """
settings: {content: coffee, size: 64, iterations: 5, architecture: vgg16-slim}
axes:
  style: {choice: [swirls, facets]}
  ratio: {loguniform: [1e-5, 1e-1]}
  style_layers: {choice: [[conv1_1], {conv1_1: 0.5, conv2_1: 2}]}
search: {trials: 22, minimise: [style_distance], maximise: [structural_similarity], at_once: 8}
"""
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "pictures.drawn_once.drawn_once", lambda name: Image.new("RGB", (600, 400), zlib.crc32(name.encode()) >> 8)
        )
        yield Inputs(Sources(tmp_path_factory.mktemp("grids"), access=Access(offline=True, fetch=False)))


class Sweep:
    """Does what a sweep does with a source, until `most` trials have ended; then it is killed."""

    def __init__(self, folder, inputs, text=GRID):
        self.run, self.inputs = Run(folder), inputs
        self.grid = grid_of(text, folder / "grid.yaml")

    def source(self, **options):
        return SearchSource(self.grid, self.inputs, self.run, DEFAULT_PACKING, **options)

    def go_on(self, most=10**6, failing=(), backwards=False):
        self.run.write_metadata({"grid": {"name": "grid"}})
        source = self.source(publish=lambda plan: write_plan(self.run, plan.table()))
        write_plan(self.run, source.plan.table())
        ended = 0
        waiting = list(source.ask())
        while waiting and ended < most:
            batch = waiting.pop(-1 if backwards else 0)
            rows = [self.row(trial, failing) for trial in batch.trials]
            commit(self.run, SETTINGS_SCHEMA, batch.name, "a", rows)
            ended += len(rows)
            source.tell(rows)
            waiting += source.ask()
        return source

    @staticmethod
    def row(trial, failing):
        settings = trial.settings
        row = settings_row(settings) | {"trial_id": trial.id, "committed_at": NOW, "status": "done"}
        if settings.style in failing:
            return row | {"status": "failed"}
        layers = len(settings.style_layers)
        return row | {"style_distance": settings.ratio * layers, "structural_similarity": 1 / settings.ratio}

    def points(self):
        plan = self.source().plan
        return [trial.id for _, trial in plan.points], plan


@pytest.fixture
def sweep(tmp_path, inputs):
    number = iter(range(99))

    def make(text=GRID):
        folder = tmp_path / str(next(number))
        folder.mkdir()
        return Sweep(folder, inputs, text)

    return make


@pytest.fixture
def undisturbed(sweep):
    one = sweep()
    source = one.go_on()
    points = [trial.id for _, trial in source.plan.points]
    assert len(points) == 22
    assert source.plan.count("to run") == 0
    assert source.to_come().trials == 0
    assert one.points()[0] == points
    return points


@pytest.mark.parametrize("most", [1, 9, 14, 21])
def test_a_killed_search_goes_on_as_if_nothing_had_happened(sweep, undisturbed, most):
    one = sweep()
    one.go_on(most)
    known, plan = one.points()
    assert known == undisturbed[: len(known)]
    assert plan.count("to run") == len(known) - plan.count("done") > 0
    one.go_on()
    assert one.points()[0] == undisturbed


def test_in_which_order_trials_end_makes_no_difference(sweep, undisturbed):
    one = sweep()
    one.go_on(backwards=True)
    assert one.points()[0] == undisturbed


def test_a_lost_plan_costs_no_trial(sweep, undisturbed):
    one = sweep()
    one.go_on(14)
    one.run.write("plan.parquet", b"damaged")
    known, plan = one.points()
    assert set(known) <= set(undisturbed) | set(known[14:])
    assert plan.count("done") >= 14


def test_more_trials_keep_those_that_are_there(sweep, undisturbed):
    one = sweep(GRID.replace("22", "10"))
    one.go_on()
    assert one.points()[0] == undisturbed[:10]
    more = Sweep(Path(one.run.location), one.inputs)
    more.go_on()
    assert more.points()[0][:10] == undisturbed[:10]
    assert len(more.points()[0]) == 22


def test_the_trials_of_other_fixed_settings_are_another_search(sweep):
    one = sweep()
    one.go_on(14)
    one.grid = grid_of(GRID.replace("size: 64", "size: 72"), one.grid.file)
    _, plan = one.points()
    assert plan.count("done") == 0


def test_failed_trials_have_no_outcome_and_run_again_if_asked(sweep):
    one = sweep()
    source = one.go_on(failing=("facets",))
    failed = source.plan.count("failed")
    assert failed > 0
    assert source.plan.count("done") + failed == 22
    assert one.points()[1].count("failed") == failed
    assert one.source(retry_failed=True).plan.count("to run") == failed


def test_a_metric_without_a_value_ends_the_search_with_its_place(sweep):
    one = sweep(GRID.replace("style_distance", "temporal_loss"))
    with pytest.raises(GridError, match=r"grid.yaml:7:33.*none of the first 4 trials has a value of temporal_loss"):
        one.go_on()
    with pytest.raises(GridError, match="temporal_loss"):
        one.source()


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("trials: 22", "trials: 0", "7:18", "trials is a whole number from 1 to 100,000, not 0"),
        ("trials: 22, ", "", "7:9", "search says how many trials"),
        ("[style_distance]", "[style_distnace]", "7:", "no metric 'style_distnace'; did you mean style_distance?"),
        ("[style_distance]", "style_distance", "7:", "minimise is a list of metrics"),
        ("[structural_similarity]", "[style_distance]", "7:", "style_distance is here a second time"),
        ("at_once: 8", "at_onec: 8", "7:", "no entry of search 'at_onec'; did you mean at_once?"),
        ("at_once: 8", "at_once: 8, sampler: tpee", "7:", "no sampler 'tpee'; did you mean tpe?"),
        ("at_once: 8", "at_once: 0", "7:", "at_once is a whole number"),
        ("{loguniform: [1e-5, 1e-1]}", "[1e-3, 1e-2]", "5:10", "every axis of a search is a distribution"),
        ("search:", "sample: {count: 3}\nsearch:", "7:1", "sample does not go with it"),
        ("[structural_similarity]", "[preference]", "7:", "people compare images of one content and style; style"),
        ("[style_distance]", "[preference]", "7:", "write preference below maximise"),
    ],
)  # fmt: skip
def test_a_wrong_search_gets_one_message_with_its_place(old, new, place, message, tmp_path):
    assert old in GRID
    with pytest.raises(GridError) as refused:
        grid_of(GRID.replace(old, new), tmp_path / "grid.yaml")
    assert message in str(refused.value)
    assert f"grid.yaml:{place}" in str(refused.value)


def test_axes_that_are_fixed_are_not_searched(tmp_path):
    grid = grid_of(GRID, tmp_path / "grid.yaml", ["style=swirls"])
    assert list(grid.search.distributions) == ["ratio", "style_layers"]
    assert grid.dimensions[0].settings == ("ratio", "style_layers")
    with pytest.raises(GridError, match="leaves nothing to search"):
        grid_of(GRID, tmp_path / "grid.yaml", ["style=swirls", "ratio=1", "style_layers=[conv1_1]"])


@pytest.mark.parametrize(("at_once", "first", "second"), [(1, 1, 2), (2, 2, 3), (3, 2, 3), (8, 8, 12)])
def test_no_more_trials_run_at_once_than_asked_for(sweep, at_once, first, second):
    one = sweep(GRID.replace("at_once: 8", f"at_once: {at_once}"))
    source = one.source()
    batches = source.ask()
    assert sum(len(batch.trials) for batch in batches) == first <= at_once
    block = first if at_once == 1 else first // 2
    rows = [one.row(trial, ()) for _, trial in source.plan.points[:block]]
    source.tell(rows)
    assert sum(len(batch.trials) for batch in source.ask()) == second - first


def test_a_clip_is_not_searched(sweep):
    one = sweep()
    one.grid = replace(one.grid, clips={"clip": 3})
    with pytest.raises(UsageError, match="still pictures"):
        one.source()


PREFERRED = """
settings: {content: coffee, style: swirls, size: 64, iterations: 5, architecture: vgg16-slim}
axes: {ratio: {loguniform: [1e-5, 1e-1]}}
search: {trials: 12, maximise: [preference], at_once: 4}
"""


def test_a_search_by_preference_waits_for_votes_and_goes_on_with_them(sweep):
    one = sweep(PREFERRED)
    source = one.go_on()
    assert len(source.plan.points) == 4
    assert source.to_come().waiting_for.startswith("votes: sweep judge ")
    ballot = Ballot(one.run)
    known = 4
    while source.to_come().waiting_for:
        ratios = {trial.id: trial.settings.ratio for _, trial in source.plan.points}
        ids = [trial.id for _, trial in source.plan.points]
        for left, right in zip(ids, [*ids[1:], ids[0]], strict=True):  # a circle: two votes each
            choice = "left" if ratios[left] > ratios[right] else "right"
            vote = {"voted_at": NOW, "axis": "ratio", "left": left, "right": right, "choice": choice, "voter": ""}
            ballot.add(vote)
        source = one.go_on()
        assert len(source.plan.points) > known
        known = len(source.plan.points)
    assert known == 12
    assert source.to_come().waiting_for == ""
    assert source.plan.count("done") == 12


def test_trials_that_votes_do_not_connect_are_waited_for(sweep):
    one = sweep(PREFERRED)
    ids = [trial.id for _, trial in one.go_on().plan.points]
    ballot = Ballot(one.run)
    for left, right in ((ids[0], ids[2]), (ids[0], ids[2]), (ids[1], ids[3])):
        ballot.add({"voted_at": NOW, "axis": "ratio", "left": left, "right": right, "choice": "tie", "voter": ""})
    assert len(one.points()[0]) == 4
    ballot.add({"voted_at": NOW, "axis": "ratio", "left": ids[1], "right": ids[2], "choice": "left", "voter": ""})
    assert len(one.points()[0]) == 6  # the first block has its votes
