"""Leases on runs in object stores: one sweep at a time, and none for the dead."""

import threading
import time
import uuid

import pytest

from results import Run, RunError
from results.run import lease


@pytest.fixture(autouse=True)
def _hurry(monkeypatch):
    monkeypatch.setattr(lease, "HEARTBEAT", 0.05)
    monkeypatch.setattr(lease, "WATCH", 0.5)
    monkeypatch.setattr(lease, "SETTLE", 0.02)


@pytest.fixture
def run():
    return Run(f"memory://{uuid.uuid4().hex}/run")


def test_a_second_sweep_is_kept_out_for_as_long_as_the_first_lives(run):
    with run.locked():
        time.sleep(1.0)  # longer than a lease lasts without signs of life
        with pytest.raises(RunError, match=r"another sweep is running in memory://.*: process \d+ of \S+ on \S+"):
            run.locked().__enter__()
    assert not run.exists("lease.json")
    with run.locked():
        pass


def test_the_lease_of_a_dead_sweep_is_taken_over(run, monkeypatch):
    monkeypatch.setattr(lease, "_beat", lambda *arguments: None)  # it is dead
    dead, said = run.locked(), []
    dead.__enter__()
    began = time.monotonic()
    with run.locked(say=said.append):
        assert time.monotonic() - began >= 0.5
        assert run.exists("lease.json")
    assert "watching for" in said[0]


def test_of_many_that_start_at_once_one_stays(run):
    entered, refused, gate = [], [], threading.Barrier(6)

    def start():
        gate.wait()
        try:
            with run.locked():
                entered.append(1)
                time.sleep(0.3)
        except RunError:
            refused.append(1)

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(entered), len(refused)) == (1, 5)


def test_a_sweep_that_was_taken_for_dead_is_told(run):
    told = threading.Event()
    with run.locked(on_lost=told.set):
        run.write("lease.json", lease._content("another"))
        assert told.wait(5)
    assert run.exists("lease.json")  # it is the other's


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"x"', b"\xff"])
def test_a_damaged_lease_keeps_nobody_out(run, content):
    run.write("lease.json", content)
    with run.locked():
        pass


def test_a_store_that_fails_for_a_while_costs_no_lease(run, monkeypatch):
    """Kinds of object stores have exceptions of their own, which are no OSErrors."""
    with run.locked():
        whole = run._files.pipe_file

        def failing(*arguments, **options):
            raise ArithmeticError("of a kind that nobody knows")

        monkeypatch.setattr(type(run._files), "pipe_file", failing)
        time.sleep(0.3)
        monkeypatch.setattr(type(run._files), "pipe_file", lambda self, *a, **o: whole(*a, **o))
        before = run.read("lease.json")
        time.sleep(0.3)
        assert run.read("lease.json") != before
    assert not run.exists("lease.json")


def test_a_store_that_cannot_be_written_is_named(run, monkeypatch):
    def failing(*arguments, **options):
        raise ArithmeticError("of a kind that nobody knows")

    monkeypatch.setattr(type(run._files), "pipe_file", failing)
    with pytest.raises(RunError, match=r"cannot write in memory://.*: of a kind that nobody knows"):
        run.locked().__enter__()
