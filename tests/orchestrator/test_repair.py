"""`sweep verify --repair`: what is missing, damaged or exchanged is computed again, and then nothing is found."""

import re
import shutil

import pandas as pd
import pytest
from typer.testing import CliRunner

import results
from orchestrator.command.main import app

pytestmark = pytest.mark.usefixtures("ray_session")

TELLING = ["trial_id", "status", "pixels_sha256", "total_loss"]


@pytest.fixture(scope="module")
def swept(ray_session, small_grid_text, tmp_path_factory):
    """The small grid after a sweep in which each trial was alone in its batch, so that it is again in a repair."""
    folder = tmp_path_factory.mktemp("swept")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        (folder / "small.yaml").write_text(small_grid_text + "\n")
        done = CliRunner().invoke(app, ["small.yaml", "--workers", "1", "--exact"], prog_name="sweep")
    assert done.exit_code == 0, done.stderr
    return folder


@pytest.fixture
def run(swept, small_grid, monkeypatch):
    """A copy of the run; its record names the grid of the first folder, which is still there."""
    shutil.copytree(swept / "runs", "runs")
    return small_grid.parent / "runs" / "small"


def harm(run):
    """An image is gone, two are exchanged, a shard is cut off, the plan and a picture are overwritten."""
    rows = results.load(run)
    images = [run / path for path in rows["image_path"]]
    images[0].unlink()
    images[1].rename(run / "kept")
    images[2].rename(images[1])
    (run / "kept").rename(images[2])
    for shard in (run / "trials").iterdir():
        if pd.read_parquet(shard)["trial_id"].tolist() == [rows["trial_id"].iloc[3]]:
            shard.write_bytes(shard.read_bytes()[:-30])
    (run / "plan.parquet").write_bytes(b"PAR1 and nothing")
    next((run / "references").iterdir()).write_bytes(b"nothing")


def test_a_repair_computes_again_what_was_lost_and_leaves_nothing_to_find(run, sweep):
    before = results.load(run)[TELLING]
    harm(run)
    found = sweep("verify", "runs/small")
    assert found.exit_code == 1
    assert found.stdout.count("damage: ") == 6
    assert "`sweep verify runs/small --repair` sets damaged files aside" in found.stderr
    mended = sweep("verify", "runs/small", "--repair")
    assert mended.exit_code == 0, mended.stderr
    assert "4 trials were computed again" in mended.stderr
    assert "4 images compared with their rows: 0 damaged files or rows" in mended.stderr
    assert results.load(run)[TELLING].equals(before)
    for path in re.findall(r"set aside: (\S+)", mended.stderr):
        assert (run / path).is_file()
    assert sweep("verify", "runs/small").stdout == ""


def test_a_plain_sweep_after_a_repair_without_the_grid_computes_the_same(run, sweep, small_grid, swept):
    before = results.load(run)[TELLING]
    harm(run)
    moved = swept / "small.yaml"
    moved.rename(swept / "moved.yaml")
    try:
        mended = sweep("verify", "runs/small", "--repair")
        assert mended.exit_code == 2
        assert "the grid of runs/small is no longer at" in mended.stderr
        assert (
            "what was damaged is set aside; a sweep of its grid with --out runs/small computes it again"
            in mended.stderr
        )
    finally:
        (swept / "moved.yaml").rename(moved)
    again = sweep(small_grid, "--exact")
    assert again.exit_code == 0, again.stderr
    assert results.load(run)[TELLING].equals(before)
    assert sweep("verify", "runs/small").stdout == ""


def test_a_repair_runs_nothing_that_had_not_been_run(sweep, small_grid):
    assert sweep(small_grid, "--limit", "2", "--exact").exit_code == 0
    run = small_grid.parent / "runs" / "small"
    (run / results.load(run)["image_path"].iloc[0]).unlink()
    mended = sweep("verify", "runs/small", "--repair")
    assert mended.exit_code == 0, mended.stderr
    assert "1 trials were computed again" in mended.stderr
    assert "2 trials of the grid have no row" in mended.stderr
    assert len(results.load(run)) == 2
