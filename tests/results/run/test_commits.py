"""Rows are committed in a thread: nothing is lost or reported too early, and there are few files at any moment."""

import datetime
import threading
import time

import pyarrow as pa
import pytest

from results import Run, RunError
from results.run import compact
from results.run.commits import Commits
from results.run.rows import read_rows

SETTINGS = pa.schema([("ratio", pa.float64())])
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def row(number):
    return {"trial_id": f"{number:020x}", "status": "done", "ratio": float(number), "committed_at": NOW}


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path / "run")


def ids(run):
    return sorted(read_rows(run, columns=["trial_id"])["trial_id"].to_pylist())


def wait_for(commits, count):
    found = []
    while len(found) < count:
        found += commits.committed()
        time.sleep(0.001)  # the thread that writes needs the interpreter, too
    return found


def test_a_batch_is_reported_when_its_rows_are_in_place_and_not_before(run, monkeypatch):
    may_write, write = threading.Event(), Run.write
    monkeypatch.setattr(Run, "write", lambda *arguments: (may_write.wait(60), write(*arguments)))
    commits = Commits(run, SETTINGS)
    commits.add("first", [row(1), row(2)])
    assert commits.committed() == []
    assert commits.waiting
    may_write.set()
    assert wait_for(commits, 1) == ["first"]
    assert not commits.waiting
    assert ids(run) == [row(1)["trial_id"], row(2)["trial_id"]]
    commits.close()


def test_rows_that_come_while_a_shard_is_written_share_the_next(run, monkeypatch):
    may_write, writing, write = threading.Event(), threading.Event(), Run.write
    monkeypatch.setattr(Run, "write", lambda *arguments: (writing.set(), may_write.wait(60), write(*arguments)))
    commits = Commits(run, SETTINGS)
    commits.add(0, [row(0)])
    assert writing.wait(60)
    for number in range(1, 40):
        commits.add(number, [row(number)])
    may_write.set()
    commits.close()
    assert commits.committed() == list(range(40))
    assert len(run.names("trials/*")) == 2
    assert len(ids(run)) == 40


def test_shards_stay_few_however_many_batches_there_are(run, monkeypatch):
    monkeypatch.setattr(compact, "WORTH_MERGING", 4)
    commits = Commits(run, SETTINGS)
    most = 0
    for number in range(41):
        commits.add(number, [row(number)])
        assert wait_for(commits, 1) == [number]  # one shard each
        most = max(most, len(run.names("trials/*")))
        if number % 20 == 0:
            assert len(ids(run)) == number + 1
    commits.close()
    assert most <= 4 * 3 + 4  # a merged shard is there before those that it replaces go
    assert len(run.names("trials/*")) <= 3 * 4
    assert ids(run) == [row(number)["trial_id"] for number in range(41)]


def test_large_shards_are_left_to_the_end_of_the_sweep(run, monkeypatch):
    """Merging them would hold many rows in memory, and new ones would wait meanwhile."""
    monkeypatch.setattr(compact, "WORTH_MERGING", 2)
    monkeypatch.setattr("results.run.commits.LARGE", 3)
    merge, merged = compact.merge, []
    monkeypatch.setattr(compact, "merge", lambda run, shards: merged.append(len(shards)) or merge(run, shards))
    commits = Commits(run, SETTINGS)
    for number in range(16):
        commits.add(number, [row(number)])
        wait_for(commits, 1)
    commits.close()
    assert merged == [2, 2, 2] * 4  # one and one row, two and two, and no more
    assert len(run.names("trials/*")) == 4
    assert len(ids(run)) == 16


def test_what_was_added_is_committed_when_it_is_closed(run):
    commits = Commits(run, SETTINGS)
    for number in range(30):
        commits.add(number, [row(number)])
    commits.close()
    assert len(ids(run)) == 30
    assert commits.committed() == list(range(30))


def test_a_full_disk_is_told_after_what_was_committed_before(run, monkeypatch):
    write, written = Run.write, []

    def full(self, path, content):
        if written:
            raise RunError("the disk is full")
        written.append(path)
        write(self, path, content)

    monkeypatch.setattr(Run, "write", full)
    commits = Commits(run, SETTINGS)
    commits.add("first", [row(1)])
    found = wait_for(commits, 1)
    commits.add("second", [row(2)])
    commits.close()
    assert found == ["first"]
    with pytest.raises(RunError, match="the disk is full"):
        commits.committed()
    assert commits.waiting
    assert ids(run) == [row(1)["trial_id"]]
