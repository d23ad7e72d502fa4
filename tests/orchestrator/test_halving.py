"""`halving` in whole sweeps: what runs, what the table and the plan say, and what an interruption changes."""

import json
import re
import shutil
from pathlib import Path

import pytest

import results
from orchestrator.plan.halving_source import HalvingSource
from results import Run
from results.run.verify import verify

pytestmark = pytest.mark.usefixtures("ray_session")

GRID = """\
settings:
  content: astronaut
  style: swirls
  size: 40
  history_every: 2
  architecture: squeezenet1_1
  weights: random
  content_layers: [fire3]
  style_layers: [conv1]
axes:
  pooling: [average, max]
  learning_rate: [0.1, 1, 4, 8, 16, 40]
halving: {by: style_distance, rungs: [2, 5, 9], keep: 0.33, within: pooling}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("halving")


@pytest.fixture
def grid(folder, monkeypatch):
    monkeypatch.chdir(folder)
    path = folder / "grid.yaml"
    path.write_text(GRID)
    return path


@pytest.fixture
def halved(grid, folder, sweep):
    """The run of the grid, swept once for all tests."""
    if not (folder / "runs" / "grid").exists():
        done = sweep(grid)
        assert done.exit_code == 0, done.stderr
        assert "12 trials in 12 batches, then probably 6 more, on" in done.stderr
    return folder / "runs" / "grid"


def compared(run):
    """What two sweeps of a grid must have in common."""
    columns = ["trial_id", "status", "iterations", "steps", "pixels_sha256", "total_loss", "continued_from"]
    rows = results.load(run)[[*columns, "stopped_at_rung"]]
    return rows, results.curves(run).drop(columns="run")


def test_the_best_of_each_group_go_on_and_the_others_say_where_they_stopped(halved, grid, sweep):
    rows = results.load(halved)
    assert len(rows) == 12
    assert set(rows["status"]) == {"done"}
    for _, group in rows.groupby("pooling"):
        assert sorted(group["steps"]) == [2, 2, 2, 2, 5, 9]
        assert list(group["stopped_at_rung"].fillna(9)) == list(group["steps"])
        assert group.set_index("steps")["continued_at"].dropna().to_dict() == {5: 2, 9: 5}
    assert all(Path(halved, path).exists() for path in rows["image_path"])
    assert list(rows["iterations"]) == list(rows["steps"])
    curves = results.curves(halved).groupby("trial_id")["step"].apply(list)
    assert curves.loc[rows.loc[rows["steps"] == 9, "trial_id"].iloc[0]] == [0, 2, 4, 6, 8, 9]
    again = sweep(grid)
    assert "nothing to do: 12 of 12" in again.stderr
    assert "halving: 8 stopped at step 2, 2 stopped at step 5, 2 went on to step 9" in again.stderr
    assert verify(Run(halved))[1] == []


def test_a_plan_lists_the_rungs_and_what_they_cost(halved, grid, sweep):
    planned = sweep("plan", grid, "--out", "elsewhere")
    assert planned.exit_code == 0, planned.stderr
    words = " ".join(planned.stdout.split())
    assert "12 trials to step 2, 4 to 5, 2 to 9: the best of each pooling by style_distance; 41 % of the work" in words
    data = json.loads(sweep("plan", grid, "--json").stdout)
    assert [one["trials"] for one in data["halving"]["rungs"]] == [12, 4, 2]
    assert data["trials"]["to run"] == 0


@pytest.mark.parametrize("after", [1, 9, 14])
def test_a_sweep_that_is_killed_goes_on_as_if_nothing_had_happened(halved, grid, sweep, monkeypatch, after):
    told, tell = [], HalvingSource.tell

    def killed(self, rows):
        told.extend(rows)
        if len(told) >= after:
            raise KeyboardInterrupt  # nothing between here and the command catches it
        tell(self, rows)

    out = f"killed-{after}"
    with monkeypatch.context() as patch:
        patch.setattr(HalvingSource, "tell", killed)
        assert sweep(grid, "--out", out).exit_code == 130
    done = sweep(grid, "--out", out)
    assert done.exit_code == 0, done.stderr
    for one, other in zip(compared(out), compared(halved), strict=True):
        assert one.equals(other)


def test_what_decided_is_not_cleaned_away(halved, grid, sweep):
    copy = Path(shutil.copytree(halved, "cleaned"))
    grid.write_text(GRID.replace("0.1, 1, 4, 8, 16, 40", "0.1, 1, 4"))
    assert sweep(grid, "--out", copy).exit_code == 0
    assert sweep("clean", copy, "--yes").exit_code == 0
    grid.write_text(GRID.replace("0.1, 1, 4, 8, 16, 40", "0.1, 1, 4"))
    assert "nothing to do: 6 of 6" in sweep(grid, "--out", copy).stderr


def test_some_of_them_are_computed_again_from_the_start(halved, sweep):
    checked = sweep("verify", halved, "--recompute", "3")
    assert checked.exit_code == 0, checked.stderr
    assert len(re.findall("^ok: trial", checked.stdout, re.MULTILINE)) == 3
