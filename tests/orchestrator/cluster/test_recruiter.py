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
        self.hired, self.let, self.now = 0, [], time.monotonic()

    def hire(self, count, force, avoid):
        self.hired += count
        self.append(SimpleNamespace(actor=None, ready=False, asked=self.now, lost=None))

    def let_go(self, worker):
        self.let.append(worker)
        self.remove(worker)


@pytest.mark.parametrize(
    ("asked", "free_cores", "again"), [(PLACE_SECONDS + 1, 1, 1), (PLACE_SECONDS + 1, 0, 0), (PLACE_SECONDS - 1, 1, 0)]
)
def test_a_worker_that_was_forgotten_is_asked_for_again(monkeypatch, asked, free_cores, again):
    monkeypatch.setattr(recruiter, "node_of", lambda actor: None)
    monkeypatch.setattr(recruiter, "free_nodes", lambda: [Node("1", "a machine", free_cores, 0)])
    crew = Crew(asked)
    Recruiter(crew, Workforce(2, 1, 0.0, 2))._look_after_starts(time.monotonic())
    assert (crew.hired, len(crew.let)) == (again, again)


@pytest.fixture
def one_worker(monkeypatch):
    """A worker that is asked for while a machine has room: what is said after so many seconds, the crew, and a list;
    as long as that is not empty, the worker is placed.
    """
    placed = []
    monkeypatch.setattr(recruiter, "node_of", lambda actor: "1" if placed else None)
    monkeypatch.setattr(recruiter, "free_nodes", lambda: [Node("1", "a machine", 1, 0)])
    crew, start = Crew(0), time.monotonic()
    del crew[1:]
    recruiter_of_one = Recruiter(crew, Workforce(1, 1, 0.0, 1))

    def said(seconds):
        crew.now = start + seconds
        return recruiter_of_one._look_after_starts(crew.now)

    return said, crew, placed


def test_a_worker_that_is_never_placed_although_there_is_room_is_mentioned_once(one_worker):
    said, crew, _ = one_worker
    assert [said(31), said(62), said(70)] == [[], [], []]
    (line,) = said(93)
    assert "no new worker for 93 s" in line
    assert "requested 3 times again" in line
    assert [said(124), said(155)] == [[], []]
    assert crew.hired == 5


def test_requests_count_from_the_begin_after_a_worker_was_placed(one_worker):
    said, _, placed = one_worker
    assert [said(31), said(62)] == [[], []]
    placed.append("a process")
    assert said(70) == []
    placed.clear()
    assert [said(93), said(124)] == [[], []]
