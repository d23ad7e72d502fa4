"""Which of Ray's exceptions mean what. A cluster raised each of them so (Ray 2.60)."""

import pytest
from ray import exceptions

from orchestrator.cluster.ray_errors import LOST, classify, last_line
from orchestrator.cluster.retry import LossKind


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (exceptions.ActorDiedError(), LossKind.CRASH),
        (exceptions.WorkerCrashedError(), LossKind.CRASH),
        (exceptions.NodeDiedError("the node has died"), LossKind.NODE),
        (exceptions.RayActorError("ab", "The actor's node was terminated unexpectedly", False), LossKind.NODE),
        # A node that is killed without notice is first seen so, seconds before Ray knows that it is dead.
        (exceptions.ActorUnavailableError("The actor is temporarily unavailable: IOError", None), LossKind.NODE),
        (exceptions.OutOfMemoryError("Task was killed due to the node running low on memory."), LossKind.OUT_OF_MEMORY),
        (exceptions.RayActorError("ab", "killed: the node was running low on memory", False), LossKind.OUT_OF_MEMORY),
    ],
)
def test_ways_to_lose_a_worker(error, kind):
    assert isinstance(error, LOST)
    assert classify(error).kind is kind


def test_a_worker_that_was_ended_because_it_made_no_progress():
    assert classify(TimeoutError("it made no step")).kind is LossKind.STUCK
    assert classify(TimeoutError("it made no step")).cause == "it made no step"


def test_the_last_line_of_an_error_is_one_line_of_bounded_length():
    assert last_line(ValueError("first\n  second\n\n")) == "second"
    assert last_line(ValueError("")) == "ValueError"
    assert (
        last_line(ValueError("it ended so\nThe actor never ran - it was cancelled before it started.")) == "it ended so"
    )
    assert len(last_line(ValueError("x" * 5000))) == 300
