"""Merging shards: nothing is lost, whoever reads meanwhile."""

import threading

import pyarrow as pa
import pytest

from results import Run, RunError
from results.run.compact import compact
from results.run.rows import commit, read_rows

SETTINGS = pa.schema([("ratio", pa.float64())])


def add(run, batch, trials, status="done", minute=0):
    rows = [
        {"trial_id": trial, "status": status, "ratio": 0.5, "committed_at": pa.scalar(minute * 60_000_000).as_py()}
        for trial in trials
    ]
    commit(run, SETTINGS, batch, f"attempt{minute}", rows)


def ids(rows):
    return sorted(rows["trial_id"].to_pylist())


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path / "run")


def test_the_table_stays_what_it_was(run):
    add(run, "a", ["1", "2"], status="failed")
    add(run, "a", ["1"], minute=1)
    for number in range(20):
        add(run, f"b{number}", [f"x{number}"])
    before = read_rows(run).sort_by("trial_id")
    assert compact(run) == 22
    assert len(run.read_all("trials/*.parquet")) == 1
    assert read_rows(run).sort_by("trial_id").equals(before)
    assert compact(run) == 0


def test_what_is_committed_meanwhile_stays(run, monkeypatch):
    add(run, "a", ["1"])
    add(run, "b", ["2"])
    write = Run.write

    def commit_before(self, path, content):
        monkeypatch.setattr(Run, "write", write)
        add(run, "c", ["3"])
        write(self, path, content)

    monkeypatch.setattr(Run, "write", commit_before)
    assert compact(run) == 2
    assert ids(read_rows(run)) == ["1", "2", "3"]


def test_a_reader_never_sees_fewer_rows(run):
    everything = [f"{number:03}" for number in range(60)]
    for trial in everything:
        add(run, trial, [trial])
    seen, stop = [], threading.Event()

    def read():
        while not stop.is_set():
            seen.append(ids(read_rows(run)))

    reader = threading.Thread(target=read)
    reader.start()
    for round_ in range(5):
        compact(run)
        add(run, f"again{round_}", everything[:1], minute=round_ + 1)
    stop.set()
    reader.join()
    assert seen
    assert all(rows == everything for rows in seen)


def test_a_damaged_shard_is_named_and_nothing_is_removed(run):
    add(run, "a", ["1"])
    run.write("trials/bad.parquet", b"PAR1 and nothing")
    with pytest.raises(RunError, match=r"trials/bad.parquet in .* is damaged"):
        compact(run)
    assert len(run.read_all("trials/*.parquet")) == 2
