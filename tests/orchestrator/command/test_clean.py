"""`sweep clean`: lists what the grid no longer has, removes it where that is wished, and nothing else."""

import pytest

import results
from results import Run
from results.run.verify import verify

pytestmark = pytest.mark.usefixtures("ray_session")


def test_trials_that_the_grid_no_longer_has_are_listed_and_removed_with_yes(sweep, small_grid, tree):
    grid = small_grid.read_text().replace("iterations: 4", "iterations: 2\n  frames_every: 1")
    small_grid.write_text(grid)
    assert sweep(small_grid).exit_code == 0
    before = tree("runs")
    everything = results.load("runs/small")
    nothing = sweep("clean", "runs/small")
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert "there is nothing to clean" in nothing.stderr
    assert tree("runs") == before

    small_grid.write_text(grid.replace("[1e-3, 1e-2]", "[1e-3]"))
    assert sweep(small_grid).exit_code == 0
    gone = everything[everything["ratio"] == 1e-2]
    before = tree("runs")
    listed = sweep("clean", "runs/small")
    assert listed.exit_code == 0
    assert listed.stdout.split() == sorted(gone["image_path"])
    assert "`sweep clean runs/small --yes` removes them" in listed.stderr
    assert tree("runs") == before

    removed = sweep("clean", "runs/small", "--yes")
    assert removed.exit_code == 0
    assert "removed 2 images" in removed.stderr
    kept = everything[everything["ratio"] == 1e-3]
    assert results.load("runs/small")["pixels_sha256"].tolist() == kept["pixels_sha256"].tolist()
    files = tree("runs/small")
    for trial, sha256 in zip(gone["trial_id"], gone["pixels_sha256"], strict=True):
        assert not any(trial in path or sha256[:20] in path for path in files)
    for trial, sha256 in zip(kept["trial_id"], kept["pixels_sha256"], strict=True):
        assert {f"images/{trial[:2]}/{trial}.png", f"frames/{trial[:2]}/{trial}/0000001.webp"} <= files.keys()
        assert any(sha256[:20] in path for path in files)
    assert verify(Run("runs/small"))[1] == []
    assert "nothing to do" in sweep(small_grid).stderr

    small_grid.write_text(grid)  # back: what was removed is computed again
    assert "2 trials done" in sweep(small_grid).stderr
