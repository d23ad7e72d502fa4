"""Machines on which no worker starts are set aside, ever longer, and come back."""

import pytest

from orchestrator.cluster.node_watch import FIRST_PAUSE, LONGEST_PAUSE, MOST_CRASHES, NodeWatch


def crash(watch, now, times=MOST_CRASHES):
    """Crashes at one moment; what is said of the last one."""
    said = [watch.failed("a", "machine a", "it ended", now, certain=False) for _ in range(times)]
    assert said[:-1] == [None] * (times - 1)
    return said[-1]


def test_a_machine_is_set_aside_after_some_crashes_and_then_tried_again():
    watch = NodeWatch()
    assert crash(watch, 0.0, MOST_CRASHES - 1) is None
    assert watch.set_aside(0.0) == set()
    assert watch.failed("a", "machine a", "it ended", 0.0, certain=False) == (
        "machine a is set aside for 30 s, because no worker starts there: it ended"
    )
    assert watch.set_aside(FIRST_PAUSE - 1) == {"a"}
    assert watch.reasons(0.0) == "machine a: it ended"
    assert watch.set_aside(FIRST_PAUSE) == set()
    assert watch.reasons(FIRST_PAUSE) == ""


def test_an_error_that_another_worker_would_meet_too_sets_a_machine_aside_at_once():
    watch = NodeWatch()
    assert "machine a is set aside" in watch.failed("a", "machine a", "no torch", 0.0, certain=True)
    assert watch.set_aside(0.0) == {"a"}


def test_pauses_double_up_to_a_longest_one():
    watch, now, pauses = NodeWatch(), 0.0, []
    for _ in range(8):
        crash(watch, now)
        pauses.append(next(pause for pause in (30, 60, 120, 240, 480, 600) if not watch.set_aside(now + pause)))
        now += pauses[-1]
    assert pauses == [30, 60, 120, 240, 480, 600, 600, 600]
    assert LONGEST_PAUSE == 600


def test_workers_that_die_together_count_as_one_pause():
    """Eight workers of a machine with eight GPUs, of which each ends."""
    watch = NodeWatch()
    crash(watch, 0.0)
    for _ in range(5):
        assert watch.failed("a", "machine a", "it ended", 1.0, certain=False) is None
    assert watch.set_aside(FIRST_PAUSE) == set()


def test_a_worker_that_starts_clears_its_machine_and_no_other():
    watch = NodeWatch()
    crash(watch, 0.0)
    watch.failed("b", "machine b", "no torch", 0.0, certain=True)
    watch.started("a")
    assert watch.set_aside(1.0) == {"b"}
    assert crash(watch, 1.0) == pytest.approx(crash(NodeWatch(), 1.0))
