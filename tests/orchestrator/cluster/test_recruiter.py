"""A worker that no machine takes although one has room is asked for again, so that nothing waits without end."""

import time
from types import SimpleNamespace

import pytest

from orchestrator.cluster import recruiter
from orchestrator.cluster.node import Node
from orchestrator.cluster.recruiter import PLACE_SECONDS, Recruiter
from orchestrator.cluster.workforce import Workforce


class Crew(list):
    """Workers that were asked for so many seconds ago, and what was done about them."""

    def __init__(self, asked):
        super().__init__(
            SimpleNamespace(actor=None, ready=False, asked=time.monotonic() - asked, lost=None) for _ in "ab"
        )
        self.hired, self.let = 0, []

    def hire(self, count, force, avoid):
        self.hired += count

    def let_go(self, worker):
        self.let.append(worker)


@pytest.mark.parametrize(
    ("asked", "free_cores", "again"), [(PLACE_SECONDS + 1, 1, 1), (PLACE_SECONDS + 1, 0, 0), (PLACE_SECONDS - 1, 1, 0)]
)
def test_a_worker_that_was_forgotten_is_asked_for_again(monkeypatch, asked, free_cores, again):
    monkeypatch.setattr(recruiter, "node_of", lambda actor: None)
    monkeypatch.setattr(recruiter, "free_nodes", lambda: [Node("1", "a machine", free_cores, 0)])
    crew = Crew(asked)
    Recruiter(crew, Workforce(2, 1, 0.0, 2))._look_after_starts(time.monotonic())
    assert (crew.hired, len(crew.let)) == (again, again)
