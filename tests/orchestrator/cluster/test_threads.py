"""A worker's threads are part of the numerics: one grid on one machine always has the same number of them, and so the
same pixels, however many workers there are and whatever is left to do.
"""

import pandas as pd
import pytest

import results

pytestmark = pytest.mark.usefixtures("ray_session")

GRID = """\
title: Threads
settings: {content: astronaut, style: swirls, size: 96, iterations: 12, architecture: vgg16-slim}
axes: {ratio: [1e-3, 1e-2]}
"""
TELLING = ["trial_id", "pixels_sha256", "total_loss", "threads"]


@pytest.fixture
def two(tmp_path, monkeypatch):
    """Two trials that cannot be told apart by luck: their sums are long enough for another order to show."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "two.yaml").write_text(GRID)
    return tmp_path / "two.yaml"


def table(sweep, grid, out, *options):
    ran = sweep(grid, "--offline", "--out", out, *options, one_worker=False)
    assert ran.exit_code == 0, ran.stderr
    return results.load(out)[TELLING]


def test_pixels_depend_neither_on_the_number_of_workers_nor_on_what_is_left_to_do(sweep, two):
    """With batches as they are by default; with `--exact`, the batches of one image are trivially the same."""
    undisturbed = table(sweep, two, "undisturbed", "--workers", "2")
    assert set(undisturbed["threads"]) == {1}
    assert table(sweep, two, "one-worker", "--workers", "1").equals(undisturbed)
    table(sweep, two, "in-parts", "--limit", "1")
    assert table(sweep, two, "in-parts").equals(undisturbed)
    again = sweep("verify", "one-worker", "--recompute", "2")
    assert again.stdout.count("identical (the same circumstances)") == 2, again.stdout


def test_a_difference_in_threads_is_named(sweep, two, monkeypatch):
    from orchestrator.cluster import workforce

    table(sweep, two, "before")
    monkeypatch.setattr(workforce, "threads_per_worker", lambda cores, parallel: 2)
    again = sweep("verify", "before", "--recompute", "1")
    assert "threads differ" in again.stdout
    assert again.exit_code == 0, again.stdout
    table(sweep, two, "after")
    assert "threads: 1 → 2 in 2 trials" in sweep("diff", "before", "after").stdout


def test_a_row_that_does_not_say_its_threads_is_another_circumstance():
    from orchestrator.recompute import _differs

    assert _differs(float("nan"), 1)
    assert _differs(None, 1)
    assert _differs(pd.NA, pd.NA)
    assert not _differs(1.0, 1)
