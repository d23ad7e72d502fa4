"""`results.load` reads column by column, and gives what one join of whole tables gives: the same columns in the same
order, of the same types, with the same values.
"""

import datetime
import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import results
from results.marks import read_marks, with_marks
from results.run import parquet
from results.run.compact import compact
from results.run.rows import (
    EARLIER_RUNGS,
    STOPPED_AT_RUNG,
    commit,
    outcome_schema,
    read_plan,
    read_rows,
    write_plan,
)
from results.table.frame import SHARED, taken
from stylize import registry

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def joined(run, missing):
    """What `load` did before: both tables as a whole, and pandas' own join."""
    plan, plugins = read_plan(run), [name for one in run.metadata().get("plugins", []) for name in one["columns"]]
    wanted = [name for name in outcome_schema().names if not name.startswith("history_")]
    rows = read_rows(run, [*wanted, *plugins])
    planned = whole(plan.drop_columns([name for name in (STOPPED_AT_RUNG, EARLIER_RUNGS) if name in plan.column_names]))
    for field in plan.schema:
        if (
            pa.types.is_integer(field.type)
            and field.name in planned
            and 0 < planned[field.name].isna().sum() < len(plan)
        ):
            planned[field.name] = planned[field.name].astype("Int64")
    outcomes = whole(rows.drop_columns(list(registry.by_layer_columns())))
    for column in registry.by_layer_columns():
        losses = [dict(one or ()) for one in rows[column].to_pylist()]
        for layer in sorted({layer for one in losses for layer in one}):
            outcomes[f"{column.removesuffix('_by_layer')}_{layer}"] = [one.get(layer, np.nan) for one in losses]
    table = planned.merge(outcomes, on="trial_id", how="left" if missing else "inner")
    table["status"] = table["status"].fillna("missing")
    table["run"] = run.location
    if STOPPED_AT_RUNG in plan.column_names:
        stopped = dict(zip(plan["trial_id"].to_pylist(), plan[STOPPED_AT_RUNG].to_pylist(), strict=True))
        table[STOPPED_AT_RUNG] = pd.array([stopped[trial] for trial in table["trial_id"]], dtype="Int64")
    return with_marks(table, read_marks(run))


def whole(rows):
    table = rows.to_pandas(maps_as_pydicts="strict")
    for field in rows.schema:
        if pa.types.is_list(field.type):
            values = [None if one is None else tuple(one) for one in rows[field.name].to_pylist()]
            table[field.name] = pd.Series(values, dtype=object)
    return table


some_trials = st.lists(
    st.fixed_dictionaries(
        {
            "state": st.sampled_from(["done", "done", "failed", "missing"]),
            "frame": st.none() | st.integers(0, 3),
            "style_layers": st.sampled_from([["conv1_1"], ["conv1_1", "conv2_1"], []]),
            "weights": st.none() | st.sampled_from(["random", "original"]),
            "kept": st.none() | st.just({5: "red", 10: "green"}),
            "grain": st.none() | st.floats(allow_nan=False),
            "rung": st.none() | st.integers(1, 100),
        }
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=15, deadline=None)
@given(some_trials, st.randoms(use_true_random=False), st.sampled_from([1, 500_000]), *[st.booleans()] * 4)
def test_the_table_is_that_of_one_join(
    tmp_path_factory, made_run_in, some, order, at_once, shared, merged, plugin, halving
):
    """Trials that are done, failed or missing, in another order than their rows, of which a later one may come from a
    version with a plugin.
    """
    made = made_run_in(tmp_path_factory.mktemp("run") / "run")
    for number, one in enumerate(some):
        usual = {name: one[name] for name in ("frame", "style_layers", "weights")}
        if one["state"] == "missing":
            made.add(number, **usual)
            continue
        made.add(number, "red", kept=one["kept"], status=one["state"], error=one["weights"], **usual)
        if plugin and one["grain"] is not None:
            row = {"trial_id": made.plan[-1]["trial_id"], "status": "done", "grain": one["grain"], "tone": "warm"}
            schema = pa.schema([("grain", pa.float64()), ("tone", pa.string())])
            commit(made.run, schema, f"plugin {number}", "a", [row | {"committed_at": NOW + datetime.timedelta(1)}])
    for one, given_one in zip(made.plan, some, strict=True):
        one["rung"] = given_one["rung"]
    order.shuffle(made.plan)
    if shared:
        made.plan.append(made.plan[0] | {"iterations": 7})
    run = made.write(axes=[["frame"]], order={"frame": [None, 0, 1, 2, 3]})
    if plugin:
        run.write_metadata(
            run.metadata()
            | {
                "plugins": [
                    {"name": "mine", "sha256": "ab" * 32, "columns": dict.fromkeys(["grain", "tone", "of_no_row"], "x")}
                ]
            }
        )
    if halving:
        rungs = pa.array([one["rung"] for one in made.plan], pa.int64())
        earlier = pa.array([[]] * len(rungs), pa.list_(pa.string()))
        write_plan(run, read_plan(run).append_column(STOPPED_AT_RUNG, rungs).append_column(EARLIER_RUNGS, earlier))
    if merged:
        compact(run)
    for missing in (False, True):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(parquet, "CELLS_AT_ONCE", at_once)  # as in the largest runs: each column by itself
            loaded = results.load(run.location, missing=missing)
        pd.testing.assert_frame_equal(loaded, joined(run, missing))


def test_several_runs_are_one_below_the_other(made_run, tmp_path):
    runs = [made_run(name).add(1, "red", **more).add(2).write() for name, more in (("one", {}), ("two", {"frame": 3}))]
    for missing in (False, True):
        expected = pd.concat([joined(run, missing) for run in runs], ignore_index=True)
        pd.testing.assert_frame_equal(results.load(next(tmp_path.iterdir()) / "*", missing=missing), expected)


def test_a_column_can_be_added_to_the_table_without_a_warning(made_run):
    trials = results.load(made_run().add(1, "red").write().location)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # pandas warns of tables whose columns are each by themselves
        for number in range(20):
            trials[f"new {number}"] = 1.0


@pytest.mark.parametrize("rows", [0, 1, SHARED, SHARED + 1, 3 * SHARED])
def test_a_text_that_all_rows_have_takes_little_memory(rows):
    text = "a" * 100
    texts = taken(pa.table({"text": pa.array([text] * rows, pa.string())}), None)["text"]
    pd.testing.assert_series_equal(texts, pd.Series([text] * rows, dtype=texts.dtype), check_names=False)
    assert pa.array(texts).get_total_buffer_size() <= SHARED * 110
