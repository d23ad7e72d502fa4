"""The queue of batches: order, what waits for other trials, what never can run, what is suspected."""

from types import SimpleNamespace

from orchestrator.cluster.batch_queue import BatchQueue
from orchestrator.cluster.retry import LossKind
from orchestrator.plan.batches import Batch


def trial(name, after=None):
    return SimpleNamespace(id=name, after=after, operations=1.0, trains=False)


def batch(*trials):
    return Batch(tuple((one,) for one in trials))


def take_all(queue):
    return [queue.take() for _ in range(len(queue))]


def test_batches_that_follow_nothing_may_run_at_once():
    queue = BatchQueue([batch(trial("a")), batch(trial("b"))])
    assert len(queue) == 0
    assert queue.release() == []
    assert len(queue) == 2
    assert queue.operations == 2.0


def test_a_batch_waits_for_all_trials_that_it_follows():
    follows = batch(trial("c", "a"), trial("d", "b"))
    queue = BatchQueue([batch(trial("a")), batch(trial("b")), follows])
    queue.release()
    take_all(queue)
    queue.settle({"a"}, set())
    queue.release()
    assert len(queue) == 0
    queue.settle({"b"}, set())
    queue.release()
    assert take_all(queue) == [follows]


def test_what_follows_a_failed_trial_is_left_out_and_so_is_what_follows_that():
    lost, sound, later = trial("c", "a"), trial("d", "b"), trial("e", "c")
    queue = BatchQueue([batch(trial("a")), batch(trial("b")), batch(lost, sound), batch(later)])
    queue.release()
    take_all(queue)
    queue.settle({"a", "b"}, {"a"})
    assert queue.release() == [batch(lost)]
    assert take_all(queue) == [batch(sound)]
    queue.settle({"c"}, {"c"})
    assert queue.release() == [batch(later)]
    assert len(queue) == 0
    assert queue.release() == []


def test_what_failed_in_an_earlier_sweep_is_not_waited_for():
    follows = trial("b", "a")
    assert BatchQueue([batch(follows)], failed_before={"a"}).release() == [batch(follows)]


def test_what_is_given_back_is_next_in_its_old_order():
    first, second, third = batch(trial("a")), batch(trial("b")), batch(trial("c"))
    queue = BatchQueue([third])
    queue.release()
    queue.put_back([first, second])
    assert take_all(queue) == [first, second, third]


def test_suspicion_stays_with_a_batch_and_its_losses_are_counted():
    guilty, innocent = batch(trial("a")), batch(trial("b"))
    queue = BatchQueue([])
    queue.put_back([innocent])
    queue.put_back([guilty], suspected=True)
    assert queue.is_suspected(guilty)
    assert not queue.is_suspected(innocent)
    queue.losses(guilty).append(LossKind.CRASH)
    queue.put_back([guilty], suspected=True)
    assert queue.losses(guilty) == [LossKind.CRASH]
