"""The order of batches: all of them, never later than the costliest first, and where it can be soon, sooner."""

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.cluster.batch_order import in_order


def makespan(batches, workers):
    """Played through, worker by worker."""
    free = [0.0] * workers
    for batch in batches:
        first = free.index(min(free))
        free[first] += batch.operations
    return max(free)


def batches(*costs):
    return [SimpleNamespace(operations=float(cost)) for cost in costs]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 100), max_size=30), st.integers(1, 8))
def test_no_batch_is_lost_and_costliest_first_is_never_better(costs, workers):
    given_ = batches(*costs)
    ordered = in_order(given_, workers)
    assert sorted(map(id, ordered)) == sorted(map(id, given_))
    costliest = sorted(given_, key=lambda batch: -batch.operations)
    assert makespan(ordered, workers) <= makespan(costliest, workers) * (1 + 1e-9)


def test_figure_5_on_two_workers_ends_as_soon_as_it_can():
    """Six batches of two trials to conv4_2 and three of one to conv5_1: one worker should take all three."""
    given_ = batches(*[56] * 6, *[36] * 3)
    assert makespan(sorted(given_, key=lambda batch: -batch.operations), 2) == 240
    assert makespan(in_order(given_, 2), 2) == 224


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_the_order_is_the_same_every_time(workers):
    given_ = batches(*range(1, 20))
    assert in_order(given_, workers) == in_order(given_, workers)
