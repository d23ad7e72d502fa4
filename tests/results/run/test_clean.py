"""What a run has of trials that its grid no longer has. The command's own test is in tests/orchestrator/command."""

import pyarrow as pa

from results import Run
from results.run.clean import remove_superseded, superseded
from results.run.compact import compact
from results.run.rows import read_plan, read_rows, write_plan


def test_an_image_that_trials_of_the_grid_start_from_stays(made_run):
    made = made_run()
    made.add(1, "red").add(2, "blue").add(3, "green")
    run = made.write(axes=[["ratio"]])
    plan = read_plan(run)
    first, second, third = plan["trial_id"].to_pylist()
    starts = plan.slice(2).append_column("init_image", pa.array([f"trial:{second}"]))
    write_plan(run, starts)
    found = superseded(run)
    assert found.trials == (first,)
    assert found.images == [Run.image_path(first)]
    remove_superseded(run, found)
    assert {row["trial_id"] for row in read_rows(run).to_pylist()} == {second, third}


def test_a_removal_that_was_killed_after_its_rows_is_finished_by_the_next(made_run, monkeypatch):
    made = made_run()
    made.add(1, "red").add(2, "blue")
    run = made.write(axes=[["ratio"]])
    write_plan(run, read_plan(run).slice(1))
    compact(run)
    found = superseded(run)
    with monkeypatch.context() as patch:
        patch.setattr(Run, "remove", lambda self, paths: None)
        remove_superseded(run, found)
    assert run.exists(found.images[0])
    again = superseded(run)
    assert (again.trials, again.images) == ((), found.images)
    remove_superseded(run, again)
    assert not run.exists(found.images[0])
