"""Which trials are meant: by a condition, by marks, the best by a metric; and the same words in every command."""

import json

import pytest

import results
from results import SelectionError
from results.marks import Mark, Marker
from stylize import registry
from tests.results.conftest import trial_id

RATIOS = [1e-4, 1e-3, 1e-2, 1e-1]


@pytest.fixture
def run(made_run):
    """Four done, of which the last one's image is at two points of the grid; one failed, one to be run."""
    made = made_run()
    for number, ratio in enumerate(RATIOS, 1):
        made.add(number, (60 * number, 0, 0), ratio=ratio)
    made.add(4, (240, 0, 0), ratio=0.5)
    made.add(5, status="failed", ratio=1.0, error="no")
    made.add(6, ratio=2.0)
    run = made.write(axes=[["ratio"]])
    Marker(run).add(Mark(trial_id(2), star=True), Mark(trial_id(3), tags=("sky",), note="so blue"))
    return run


def numbers(trials):
    ids = {trial_id(number): number for number in range(1, 7)}
    return [ids[one] for one in trials["trial_id"]]


def test_the_best_come_first_and_each_trial_counts_once(run):
    trials = results.load(run.location, missing=True)
    assert numbers(results.select(trials, best=2, by="total_loss")) == [1, 2]
    assert numbers(results.select(trials, best=9, by="total_loss")) == [1, 2, 3, 4]
    assert numbers(results.select(trials, best=2, by="total_loss", highest=True)) == [4, 3]
    assert numbers(results.select(trials, best=3, by="ratio", highest=False)) == [1, 2, 3]


def test_equally_good_ones_stay_in_the_grids_order(run):
    assert numbers(results.select(results.load(run.location), best=3, by="style_loss")) == [1, 2, 3]


def test_a_metric_says_which_values_are_better(run):
    assert registry.better("structural_similarity") == "higher"
    assert registry.better("style_distance") == "lower"
    assert registry.better("matting_loss") == registry.better("total_loss") == "lower"
    assert registry.better("style_distance_of_content") is None
    assert registry.better("seconds") is None
    trials = results.load(run.location).assign(structural_similarity=lambda table: table["total_loss"])
    assert numbers(results.select(trials, best=1, by="structural_similarity")) == [4]


def test_every_column_that_ranks_is_a_column_of_its_metric():
    for name, metric in registry.METRICS.items():
        assert set(metric.better) <= {column for column, kind in metric.columns.items() if kind is float}, name


def test_marks_and_conditions_narrow_the_choice_one_after_the_other(run):
    trials = results.load(run.location)
    assert numbers(results.select(trials, marked="star")) == [2]
    assert numbers(results.select(trials, marked="sky")) == [3]
    assert numbers(results.select(trials, "ratio > 1e-3", best=1, by="total_loss")) == [3]
    assert numbers(results.select(trials, "status == 'done'")) == [1, 2, 3, 4, 4]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"where": "ratio >"}, "--where 'ratio >'"),
        ({"where": "nothing > 1"}, "--where 'nothing > 1'"),
        ({"marked": "ski"}, "--marked ski: no trial has this tag; did you mean sky?"),
        ({"marked": "star", "where": "ratio > 1e-3"}, "no trial has a star"),
        ({"best": 2, "by": "style_los"}, "--by style_los: there is no such column; did you mean style_loss?"),
        ({"best": 2, "by": "content"}, "--by content: that is no number"),
        ({"best": 2, "by": "star"}, "--by star: that is no number"),
        ({"best": 2, "by": "ratio"}, "--by ratio: nothing says which of its values are better; add --highest or --l"),
        ({"best": 2}, "--by style_distance: none of these trials has a value of it"),
        ({"by": "total_loss"}, "give --best, too"),
        ({"highest": True}, "give --best, too"),
    ],
)  # fmt: skip
def test_what_chooses_nothing_is_refused_with_the_reason(run, asked, message):
    with pytest.raises(SelectionError) as refused:
        results.select(results.load(run.location), **asked)
    assert message in str(refused.value)


def test_every_command_chooses_with_the_same_words(run, sweep, tmp_path):
    def ids(*words):
        found = sweep("table", run.location, "--json", *words)
        assert found.exit_code == 0, found.stderr
        return [row["trial_id"] for row in json.loads(found.stdout)]

    assert ids("--best", "2", "--by", "total_loss") == [trial_id(1), trial_id(2)]
    assert ids("--best", "1", "--by", "ratio", "--highest") == [trial_id(4)]
    assert ids("--marked", "star") == [trial_id(2)]
    assert ids("--where", "note.str.contains('blue')") == [trial_id(3)]

    commands = (["table"], ["sheet", "--out", tmp_path / "a.png"], ["animate"], ["export", "--to", tmp_path])
    for command, *words in commands:
        refused = sweep(command, run.location, *words, "--marked", "sea")
        assert refused.exit_code == 2, command
        assert "--marked sea: no trial has this tag" in refused.stderr
        assert "Traceback" not in refused.stderr
    sheet = sweep("sheet", run.location, "--best", "2", "--by", "total_loss", "--out", tmp_path / "best.png")
    assert sheet.exit_code == 0, sheet.stderr


def test_a_comparison_of_some_trials_leaves_the_others_of_both_runs_out(run, made_run, sweep):
    other = made_run("other").add(1, "blue", ratio=1e-4).add(2, (120, 0, 0), ratio=1e-3).add(9, "red", ratio=77.0)
    second = other.write(axes=[["ratio"]]).location
    assert len(results.diff(run.location, second).only_second) == 1
    found = sweep("diff", run.location, second, "--marked", "star", "--json")
    said = json.loads(found.stdout)
    assert [pair["first"] for pair in said["pairs"]] == [trial_id(2)]
    assert (said["only_first"], said["only_second"]) == ([], [])


def test_the_trials_on_a_pareto_front(run, sweep):
    trials = results.load(run.location, missing=True).assign(style_distance=[4.0, 3.0, 5.0, 1.0, 1.0, None, None])
    assert numbers(results.select(trials, pareto=("total_loss", "style_distance"))) == [1, 2, 4, 4]
    assert numbers(results.select(trials, pareto=("total_loss", "style_distance"), best=1, by="style_distance")) == [4]
    assert numbers(results.select(trials, "ratio < 1e-2", pareto=("total_loss", "style_distance"))) == [1, 2]
    for columns, message in (
        (("total_loss",), "--pareto total_loss: a Pareto front needs two columns or more"),
        (("total_loss", "style_distanc"), "did you mean style_distance"),
        (("total_loss", "ratio"), "nothing says which values of ratio are better"),
        (("total_loss", "temporal_loss"), "no trial has a value of each"),
    ):
        with pytest.raises(SelectionError, match=message):
            results.select(trials, pareto=columns)
    listed = sweep("table", run.location, "--pareto", "total_loss, style_loss", "--json")
    assert [one["trial_id"] for one in json.loads(listed.stdout)] == [trial_id(1)]
