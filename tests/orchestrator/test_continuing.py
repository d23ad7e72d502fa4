"""More steps from where trials stopped: the same rows and pixels as if they had never stopped, and honest rows where
they cannot be."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import results
from orchestrator.command.main import app
from results import Run
from results.run.verify import verify

pytestmark = pytest.mark.usefixtures("ray_session")

GRID = """\
settings:
  content: astronaut
  style: swirls
  size: 40
  iterations: 14
  history_every: 3
  frames_every: 4
  keep_state: true
  architecture: squeezenet1_1
  weights: random
  content_layers: [fire3]
  style_layers: [conv1]
axes:
  optimizer: [adam, lbfgs]
  ratio: {logspace: [1e-4, 1e-1, 9]}
"""
SHORT = GRID.replace("iterations: 14", "iterations: 6")

OF_CHANCE = {"run", "seconds", "iterations_per_second", "worker", "committed_at", "state_sha256", "kept_by"}
CONTINUED = {"continued_from", "continued_at", "continued_under"}


def swept(text, out, *options):
    """Sweep a grid with this text into a folder."""
    Path("grid.yaml").write_text(text)
    done = CliRunner().invoke(app, ["grid.yaml", "--out", str(out), "--workers", "1", *options], prog_name="sweep")
    assert done.exit_code == 0, done.stderr
    return results.load(out).set_index("trial_id", drop=False)


@pytest.fixture(scope="module")
def whole(ray_session, tmp_path_factory):
    """The trials with all their steps in one go, and the folder of a run with fewer steps."""
    folder = tmp_path_factory.mktemp("continuing")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        short = swept(SHORT, folder / "short")
        return swept(GRID.replace("keep_state: true", "keep_state: false"), folder / "whole"), short, folder


@pytest.fixture
def short(whole, tmp_path, monkeypatch):
    """A copy of the run with fewer steps."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(whole[2] / "short", tmp_path / "grid"))


def assert_same(rows, whole, but=frozenset()):
    for name in whole.columns.difference({*OF_CHANCE, *CONTINUED, "keep_state", *but}):
        assert rows[name].equals(whole[name]), name
    assert (
        results.curves(rows["run"].iloc[0])
        .drop(columns="run")
        .equals(results.curves(whole["run"].iloc[0]).drop(columns="run"))
    )


def test_what_goes_on_is_what_never_stopped(whole, short, sweep):
    """In batches of two, with curves and snapshots from the first step on."""
    whole, before, _ = whole
    assert set(before["batch_width"]) == {1, 2}
    sizes = Run(short).sizes("states/**")
    pixels = int((before["width"] * before["height"]).iloc[0])
    assert sum(sizes.values()) == pytest.approx(9 * pixels * (36 + 576), rel=0.05)  # what `sweep plan` says
    planned = (Path("grid.yaml").write_text(GRID), sweep("plan", "grid.yaml", "--out", short))[1].stdout
    assert "18 to run, 18 of these from where they stopped" in planned
    assert "MB of it kept states" in planned
    rows = swept(GRID, short)
    assert_same(rows, whole)
    assert list(rows["continued_from"]) == list(before["trial_id"])
    assert set(rows["continued_at"]) == {6}
    assert set(rows["continued_under"]) == {""}
    assert set(rows["kept_steps"]) == {(0, 4, 8, 12)}
    assert whole["continued_from"].isna().all()
    assert verify(Run(short))[1] == []
    assert [step for step, _ in results.snapshots(rows.iloc[0])] == [0, 4, 8, 12, 14]
    # States that are no longer needed go with the trials that the grid no longer has.
    assert len(Run(short).names("states/**")) == 36
    assert sweep("clean", short, "--yes").exit_code == 0
    assert len(Run(short).names("states/**")) == 18
    assert len(Run(short).names("frames/**")) == 18 * 4
    assert verify(Run(short))[1] == []


def test_a_state_that_is_lost_costs_time_and_nothing_else(whole, short):
    """One is gone, one is damaged: verify says so, and these two run from the start."""
    whole, before, _ = whole
    gone, damaged = (short / Run.state_path(before["trial_id"].iloc[at]) for at in (0, 9))
    gone.unlink()
    content = bytearray(damaged.read_bytes())
    content[-7] ^= 1
    damaged.write_bytes(content)
    found = {finding.path: finding for finding in verify(Run(short))[1]}
    assert "is missing" in found[gone.relative_to(short).as_posix()].what
    assert not found[damaged.relative_to(short).as_posix()].harmless
    rows = swept(GRID, short)
    alone = rows["trial_id"].isin(rows["trial_id"].iloc[[0, 9]])
    assert rows.loc[alone, "continued_from"].isna().all()
    assert rows.loc[~alone, "continued_from"].notna().all()
    assert set(rows["steps"]) == {14}
    assert (rows["total_loss"] / whole["total_loss"] - 1).abs().max() < 0.02
    together = rows["batch_width"] == whole["batch_width"]
    assert rows.loc[together, "pixels_sha256"].equals(whole.loc[together, "pixels_sha256"])


def test_steps_that_were_made_under_other_circumstances_are_named(whole, short):
    """The first part in batches of two, the second image by image; both in fp32, so that the trials are the same."""
    out = short.parent / "exact"
    swept(SHORT, out, "--set", "precision=fp32", "--only", "optimizer=adam")
    rows = swept(GRID, out, "--exact", "--only", "optimizer=adam")
    wide = rows["continued_under"] == "batch_width 2"
    assert wide.sum() == 8
    assert set(rows.loc[~wide, "continued_under"]) == {""}
    assert set(rows["batch_width"]) == {1}


def test_a_grid_that_asks_for_snapshots_goes_on_only_from_trials_that_kept_the_same(short, sweep):
    for every, continued in ((0, 18), (4, 18), (2, 0)):
        Path("grid.yaml").write_text(GRID.replace("frames_every: 4", f"frames_every: {every}"))
        planned = sweep("plan", "grid.yaml", "--out", short, "--json")
        assert f'"continued": {continued}' in planned.stdout


def test_what_cannot_go_on_keeps_no_state_and_runs_from_the_start(short, sweep):
    pyramid = GRID.replace("iterations: 14", "iterations: 4\n  pyramid: [20]").replace("[adam, lbfgs]", "[adam]")
    Path("grid.yaml").write_text(pyramid.replace("{logspace: [1e-4, 1e-1, 9]}", "[1e-3]"))
    assert '"state_bytes": 0' in sweep("plan", "grid.yaml", "--json").stdout
    assert sweep("grid.yaml", "--out", "runs/pyramid").exit_code == 0
    assert Run("runs/pyramid").names("states/**") == []
    assert '"continued": 0' in sweep("plan", "grid.yaml", "--set", "iterations=8", "--json").stdout
