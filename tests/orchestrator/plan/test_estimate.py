"""The estimate of a sweep's time: operations over the machine's rate, by network and arithmetic."""

import pytest

import results
from orchestrator.describe import grid_metadata
from orchestrator.plan import estimate
from orchestrator.request import Request
from orchestrator.sweep import prepare
from results.run.rows import write_plan


@pytest.fixture
def batches(small_grid, monkeypatch):
    """The batches of the small grid with one setting changed, on a machine of a known rate."""
    monkeypatch.setattr(estimate, "machine_rate", lambda: 1e9)

    def make(*changes, bf16=False):
        monkeypatch.setattr(estimate, "multiplies_bf16", lambda: bf16)
        return prepare(Request(grid=small_grid, set=changes, offline=True), fetch=False)[0].batches

    return make


def working_seconds(batches):
    return estimate.seconds(batches) - estimate.START_SECONDS


def test_it_is_the_operations_over_the_rate(batches):
    made = batches()
    exact, _ = estimate.OTHERS_SHARE
    assert working_seconds(made) == pytest.approx(sum(batch.operations for batch in made) / 1e9 / exact)


def test_twice_the_steps_take_twice_the_time(batches):
    assert working_seconds(batches("iterations=8")) == pytest.approx(2 * working_seconds(batches()))


@pytest.mark.parametrize(("precision", "bf16", "rounded"), [("auto", True, 1), ("auto", False, 0), ("fp32", True, 0)])
def test_bf16_counts_where_it_will_be_used(batches, precision, bf16, rounded):
    made = batches(f"precision={precision}", bf16=bf16)
    expected = sum(batch.operations for batch in made) / 1e9 / estimate.OTHERS_SHARE[rounded]
    assert working_seconds(made) == pytest.approx(expected)


def test_nothing_to_do_takes_no_time():
    assert estimate.seconds([]) == 0.0


def test_the_rate_of_this_machine_is_plausible():
    assert 1e8 < estimate.machine_rate() < 1e15


@pytest.mark.parametrize("size", [32, 64, 900])
def test_the_sheet_is_about_as_large_as_it_is_said(small_grid, size, tmp_path):
    """Small images are enlarged on it, and large ones reduced."""
    plan, _ = prepare(Request(grid=small_grid, set=(f"size={size}",), offline=True), fetch=False)
    run = results.Run(tmp_path / "run")
    write_plan(run, plan.table())
    run.write_metadata({"grid": grid_metadata(plan.grid)})
    trials = results.load(run.location, missing=True)
    first = next(iter(plan.trials.values()))
    drawn = results.sheet(trials.assign(width=first.width, height=first.height))
    said = estimate.sheet_pixels(plan)
    assert said[0] == pytest.approx(drawn.width, rel=0.5)
    assert said[1] == pytest.approx(drawn.height, rel=0.5)
