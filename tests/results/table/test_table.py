"""Results as pandas tables."""

import math
import subprocess
import sys

import pytest

import results
from results import RunError
from results.marks import Mark, Marker
from results.table.axes import setting_columns


@pytest.fixture
def three(made_run):
    """Two done, one of them twice, and one not run yet, out of order."""
    made = made_run()
    made.add(1, "red", ratio=1e-4).add(2, "green", ratio=1e-3, style_layers=["conv1_1"]).add(3, ratio=1e-2)
    return made.write(axes=[["ratio"]])


def test_one_row_per_trial_in_the_grids_order(three):
    trials = results.load(three.location)
    assert trials["ratio"].tolist() == [1e-4, 1e-3]
    assert trials["status"].tolist() == ["done", "done"]
    assert trials["total_loss"].tolist() == [12.0, 22.0]
    assert trials["run"].unique().tolist() == [three.location]


def test_missing_trials_are_rows_where_asked_for(three):
    trials = results.load(three.location, missing=True)
    assert trials["status"].tolist() == ["done", "done", "missing"]
    assert trials["ratio"].tolist() == [1e-4, 1e-3, 1e-2]


def test_layers_are_tuples_that_can_be_grouped_by(three):
    groups = results.load(three.location).groupby("style_layers")["total_loss"].sum()
    assert groups.to_dict() == {("conv1_1",): 22.0, ("conv1_1", "conv2_1"): 12.0}


def test_each_term_and_layer_has_a_column(three):
    trials = results.load(three.location)
    assert trials["style_loss_conv1_1"].tolist() == [0.5, 0.5]
    assert trials["style_loss_conv2_1"].tolist()[0] == 0.5
    assert math.isnan(trials["style_loss_conv2_1"].tolist()[1])


def test_curves_are_long(three):
    curves = results.curves(three.location)
    assert curves["step"].tolist() == [0, 5, 0, 5]
    assert curves["total_loss"].tolist() == [10.0, 2.0, 11.0, 3.0]
    assert curves["trial_id"].nunique() == 2


def test_the_image_of_a_row(three):
    trials = results.load(three.location, missing=True)
    assert results.image(trials.iloc[0]).getpixel((0, 0)) == (255, 0, 0)
    assert results.image(trials.iloc[1].to_dict()).getpixel((5, 5)) == (0, 128, 0)
    with pytest.raises(RunError, match="has no image: missing"):
        results.image(trials.iloc[2])


def test_a_row_cannot_name_a_file_outside_its_run(three):
    row = results.load(three.location).iloc[0].copy()
    row["image_path"] = "../../secret.png"
    with pytest.raises(RunError, match="leads out of the run"):
        results.image(row)


def test_marks_are_columns(three):
    first, second, third = results.load(three.location, missing=True)["trial_id"]
    Marker(three).add(Mark(first, star=True, note="for the poster"), Mark(third, tags=("sky", "grain")))
    trials = results.load(three.location, missing=True).set_index("trial_id")
    assert trials["star"].to_dict() == {first: True, second: False, third: False}
    assert trials["tags"].to_dict() == {first: (), second: (), third: ("sky", "grain")}
    assert trials["note"].to_dict() == {first: "for the poster", second: "", third: ""}
    assert trials["star"].dtype == bool
    assert list(results.load(three.location).query("star")["trial_id"]) == [first]
    found = results.query(three.location, "select trial_id, tags from trials where list_contains(tags, 'sky')")
    assert found["trial_id"].tolist() == [third]


def test_a_run_without_marks_has_their_columns(three):
    trials = results.load(three.location)
    assert trials[["star", "tags", "note"]].to_numpy().tolist() == [[False, (), ""]] * 2
    found = results.query(three.location, "select trial_id from trials where not star and note = '' and len(tags) = 0")
    assert len(found) == 3
    assert setting_columns(trials)[-1] == "frame"


def test_marks_of_several_runs_stay_apart(made_run, tmp_path):
    starred, _ = (made_run(name).add(1, "red").write() for name in ("one", "two"))
    Marker(starred).add(Mark(results.load(starred.location)["trial_id"][0], star=True))
    trials = results.load(next(tmp_path.iterdir()) / "*")
    assert trials["star"].tolist() == [True, False]


def test_a_pattern_loads_several_runs(made_run, tmp_path):
    for name in ("one", "two"):
        made_run(name).add(1, "red").write()
    folder = next(tmp_path.iterdir())
    (folder / "no run").mkdir()
    trials = results.load(folder / "*")
    assert [run.rsplit("/")[-1] for run in trials["run"]] == ["one", "two"]
    assert len(results.curves(folder / "*")) == 4
    with pytest.raises(RunError, match="no run matches"):
        results.load(folder / "nothing*")


def test_trials_that_left_the_grid_are_not_shown(made_run):
    made = made_run().add(1, "red", ratio=1e-4).add(2, "green", ratio=1e-3)
    made.plan.pop(0)
    assert results.load(made.write().location)["ratio"].tolist() == [1e-3]


def test_two_points_that_share_a_trial_are_two_rows(made_run):
    made = made_run().add(1, "red", iterations=100)
    made.plan.append(made.plan[0] | {"iterations": 200})
    trials = results.load(made.write().location)
    assert trials["iterations"].tolist() == [100, 200]
    assert trials["trial_id"].nunique() == 1
    assert len(results.curves(made.run.location)) == 2


def test_a_run_without_rows_is_an_empty_table_with_all_columns(made_run):
    run = made_run().add(1).write()
    trials = results.load(run.location)
    assert trials.empty
    assert {"trial_id", "ratio", "status", "total_loss", "run"} <= set(trials.columns)
    assert results.curves(run.location).empty


def test_reading_needs_neither_torch_nor_ray(three):
    code = (
        "import sys, results; results.load(sys.argv[1]); results.curves(sys.argv[1]);"
        "results.sheet(results.load(sys.argv[1]));"
        "print([name for name in ('torch', 'ray', 'weights', 'orchestrator') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, three.location], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
