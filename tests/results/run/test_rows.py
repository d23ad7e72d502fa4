"""A row is a commit: which of several counts, whatever the order of shards."""

import datetime

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from results import Run, RunError
from results.run.rows import commit, open_rows, read_rows, write_shard

SETTINGS = pa.schema([("ratio", pa.float64())])
ids = st.sampled_from(["aaaaaaaa", "bbbbbbbb", "cccccccc"])
attempts = st.lists(
    st.tuples(ids, st.sampled_from(["done", "failed"]), st.integers(0, 50), st.floats(allow_nan=False)), max_size=12
)


@settings(max_examples=40, deadline=None)
@given(attempts, st.integers(1, 4))
def test_the_latest_success_counts_and_else_the_latest_failure(tmp_path_factory, attempts, shard):
    run = Run(tmp_path_factory.mktemp("run"))
    rows = [
        {
            "trial_id": trial,
            "status": status,
            "ratio": ratio,
            # Seconds apart in any order; the order of shards settles ties.
            "committed_at": datetime.datetime.fromtimestamp(second, datetime.UTC),
        }
        for trial, status, second, ratio in attempts
    ]
    for number, start in enumerate(range(0, len(rows), shard)):
        commit(run, SETTINGS, f"batch{number:03}", "a", rows[start : start + shard])
    expected = {}
    for row in sorted(rows, key=lambda row: (row["status"] == "done", row["committed_at"])):
        expected[row["trial_id"]] = (row["status"], row["ratio"], row["committed_at"])
    read = {row["trial_id"]: (row["status"], row["ratio"], row["committed_at"]) for row in read_rows(run).to_pylist()}
    if rows:
        assert read == expected
        assert len(read_rows(run)) == len(expected)
    else:
        assert read == {}


def test_only_the_columns_that_were_asked_for_are_read(tmp_path):
    run = Run(tmp_path)
    row = {"trial_id": "aaaaaaaa", "status": "done", "ratio": 0.5, "total_loss": 3.0}
    commit(run, SETTINGS, "batch", "a", [row | {"committed_at": datetime.datetime.now(datetime.UTC)}])
    assert set(read_rows(run, ["total_loss"]).column_names) == {"total_loss", "trial_id", "status", "committed_at"}


def test_shards_of_an_older_version_with_fewer_settings_are_read_along(tmp_path):
    run = Run(tmp_path)
    now = datetime.datetime.now(datetime.UTC)
    commit(run, pa.schema([]), "old", "a", [{"trial_id": "aaaaaaaa", "status": "done", "committed_at": now}])
    commit(run, SETTINGS, "new", "a", [{"trial_id": "bbbbbbbb", "status": "done", "ratio": 0.5, "committed_at": now}])
    assert {row["trial_id"]: row["ratio"] for row in read_rows(run).to_pylist()} == {"aaaaaaaa": None, "bbbbbbbb": 0.5}


def test_a_column_that_a_shard_lacks_is_missing_there(tmp_path):
    run = Run(tmp_path)
    row = {"trial_id": "aaaaaaaa", "status": "done", "committed_at": datetime.datetime.now(datetime.UTC)}
    write_shard(run, "old", pa.Table.from_pylist([row]))
    assert open_rows(run)["total_loss"].to_pylist() == [None]
    commit(run, SETTINGS, "new", "a", [row | {"trial_id": "bbbbbbbb", "ratio": 0.5, "total_loss": 3.0}])
    rows = open_rows(run)
    assert sorted(rows["total_loss"].to_pylist(), key=str) == [3.0, None]
    assert dict(zip(*(rows[name].to_pylist() for name in ("trial_id", "ratio")), strict=True))["aaaaaaaa"] is None
    assert rows.read(["of no row"]).num_columns == 0


def test_a_damaged_shard_is_named(tmp_path):
    run = Run(tmp_path)
    run.write("trials/broken.parquet", b"PAR1 and nothing else")
    with pytest.raises(RunError, match=r"trials/broken\.parquet .* is damaged"):
        read_rows(run)
