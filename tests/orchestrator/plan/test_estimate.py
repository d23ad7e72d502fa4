"""The estimate of a sweep's time: operations over the machine's rate, by network and arithmetic."""

import pytest

from orchestrator.plan import estimate
from orchestrator.request import Request
from orchestrator.sweep import prepare


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
