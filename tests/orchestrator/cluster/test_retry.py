"""What becomes of a batch whose worker was lost, without Ray and without workers."""

from types import SimpleNamespace

import pytest

from orchestrator.cluster.retry import Loss, LossKind, after_loss
from orchestrator.plan.batches import Batch

CRASH, STUCK, NODE, OUT_OF_MEMORY = LossKind.CRASH, LossKind.STUCK, LossKind.NODE, LossKind.OUT_OF_MEMORY


def batch(count):
    return Batch(tuple((SimpleNamespace(id=f"{number:020x}", trains=False),) for number in range(count)))


def after(count, *kinds):
    """The verdict on a batch of so many trials that lost workers in these ways, the last one now."""
    return after_loss(batch(count), Loss(kinds[-1], "the cause"), kinds[:-1])


def sizes(verdict):
    return [(len(one.trials), one.width) for one in verdict.again]


@pytest.mark.parametrize("kind", [CRASH, STUCK, NODE])
@pytest.mark.parametrize("count", [1, 4])
def test_a_batch_that_lost_its_first_worker_runs_again_as_it_was(kind, count):
    verdict = after(count, kind)
    assert verdict.again == (batch(count),)
    assert verdict.suspected
    assert "(the cause)" in verdict.reason


def test_a_batch_whose_steps_were_done_is_not_halved_for_want_of_memory():
    verdict = after_loss(batch(4), Loss(OUT_OF_MEMORY, "the cause"), (), finishing=True)
    assert sizes(verdict) == [(4, 4)]


@pytest.mark.parametrize("kinds", [(CRASH, CRASH), (STUCK, CRASH), (CRASH, NODE, NODE, NODE, NODE), (NODE,) * 8])
def test_a_batch_with_the_blame_of_two_crashes_runs_trial_by_trial(kinds):
    assert sizes(after(3, *kinds)) == [(1, 1)] * 3
    assert after(3, *kinds).suspected
    assert sizes(after(3, *kinds[:-1])) == [(3, 3)]


def test_the_trials_of_a_split_batch_are_those_of_the_batch():
    assert [one.trials[0] for one in after(3, CRASH, CRASH).again] == list(batch(3).trials)


def test_a_trial_with_the_blame_of_two_crashes_is_recorded_as_failed_with_the_true_number_of_losses():
    verdict = after(1, NODE, CRASH, CRASH)
    assert verdict.again == ()
    assert verdict.reason == "its worker process was lost 3 times: the cause"


def test_a_batch_that_exhausted_a_hosts_memory_runs_in_halves_and_none_is_suspected():
    verdict = after(5, OUT_OF_MEMORY)
    assert sizes(verdict) == [(2, 2), (3, 3)]
    assert sum((one.trials for one in verdict.again), ()) == batch(5).trials
    assert not verdict.suspected


def test_one_trial_cannot_be_halved_and_fails_like_one_that_crashes():
    assert sizes(after(1, OUT_OF_MEMORY)) == [(1, 1)]
    assert after(1, OUT_OF_MEMORY, OUT_OF_MEMORY).again == ()
