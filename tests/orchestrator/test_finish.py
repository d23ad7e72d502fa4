"""The end of a sweep: nothing that a run shows is out of date, and success is reported only for rows that are there."""

import datetime
import re
import shutil

import pytest
from shown import out_of_date
from typer.testing import CliRunner

import results
from orchestrator import finish
from orchestrator.cluster import work
from orchestrator.cluster.engine import Engine
from orchestrator.command.main import app
from orchestrator.plan.plan import Plan
from orchestrator.plan.settings_columns import SETTINGS_SCHEMA
from results import Run
from results.run.derived import DERIVED
from results.run.rows import commit, read_rows

pytestmark = pytest.mark.usefixtures("ray_session")

NOTHING = "nothing to do: 4 of 4 trials are done already"


@pytest.fixture(scope="module")
def first_sweep(ray_session, small_grid_text, tmp_path_factory):
    """The small grid after a first sweep."""
    folder = tmp_path_factory.mktemp("first")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        (folder / "small.yaml").write_text(small_grid_text)
        done = CliRunner().invoke(app, ["small.yaml", "--workers", "1"], prog_name="sweep")
    assert done.exit_code == 0, done.stderr
    return folder


@pytest.fixture
def run(first_sweep, small_grid):
    """A copy of the first sweep's run, which is the one of the grid in the working directory."""
    shutil.copytree(first_sweep / "runs", "runs")
    return small_grid.parent / "runs" / "small"


@pytest.fixture
def no_ray(monkeypatch):
    monkeypatch.setattr(work, "session", lambda *arguments: pytest.fail("a trial is computed again"))


@pytest.mark.parametrize("moment", ["compact", "_draw", "_write_gallery", "write_derived"])
def test_a_sweep_that_is_killed_after_its_last_row_is_finished_by_the_next(moment, sweep, small_grid, monkeypatch):
    """An older sheet and gallery are there, of one trial; they must not stay."""
    assert sweep(small_grid, "--limit", "1").exit_code == 0

    def killed(*_, **__):
        raise KeyboardInterrupt  # nothing between here and the command catches it

    with monkeypatch.context() as patch:
        patch.setattr(finish, moment, killed)
        assert sweep(small_grid).exit_code == 130
    run = small_grid.parent / "runs" / "small"
    assert results.load(run)["status"].tolist() == ["done"] * 4
    again = sweep(small_grid)
    assert again.exit_code == 0, again.stderr
    assert "no trial to compute: 4 of 4" in again.stderr
    assert out_of_date(Run("runs/small")) == []
    assert NOTHING in sweep(small_grid).stderr


@pytest.mark.parametrize("lost", ["sheet.png", "gallery/index.html", DERIVED, "run.json", "plan.parquet"])
def test_what_is_derived_from_rows_and_grid_costs_nothing_when_it_is_lost(run, sweep, small_grid, no_ray, lost):
    before = results.load(run)
    (run / lost).unlink()
    again = sweep(small_grid)
    assert again.exit_code == 0, again.stderr
    assert "no trial to compute: 4 of 4" in again.stderr
    assert (run / lost).exists()
    assert results.load(run).equals(before)
    assert NOTHING in sweep(small_grid).stderr


def test_rows_that_change_make_the_sheet_out_of_date(run, sweep, small_grid, no_ray):
    """A row of the same trial with other pixels, such as another machine commits it."""
    row = read_rows(results.Run(run)).to_pylist()[0]
    later = row["committed_at"] + datetime.timedelta(seconds=1)
    commit(results.Run(run), SETTINGS_SCHEMA, "other", "later", [row | {"committed_at": later}])
    assert "no trial to compute: 4 of 4" in sweep(small_grid).stderr
    assert NOTHING in sweep(small_grid).stderr


@pytest.mark.parametrize(
    ("lost", "message"), [("", "rows of only 0 of them"), ("images", "4 images of .* are missing")]
)
def test_no_success_is_reported_for_a_run_that_was_deleted_meanwhile(lost, message, sweep, small_grid, monkeypatch):
    work = Engine.run

    def deleted_at_its_end(engine):
        status = work(engine)
        shutil.rmtree(small_grid.parent / "runs" / "small" / lost)
        return status

    monkeypatch.setattr(Engine, "run", deleted_at_its_end)
    ended = sweep(small_grid, "--limit", "4")
    assert ended.exit_code == 1
    assert "trials done" not in ended.stderr
    assert ended.stderr.count("error:") == 1
    assert re.search(message, ended.stderr)


@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_sweep_plans_again_only_where_another_has_committed_before_it_had_the_lock(
    run, sweep, small_grid, monkeypatch, no_ray, meanwhile
):
    updates, locked, updated = [], results.Run.locked, Plan.updated
    monkeypatch.setattr(
        Plan, "updated", lambda plan, recorded, *kept: updates.append(len(recorded)) or updated(plan, recorded, *kept)
    )

    def commit_first(self, *arguments):
        if meanwhile:
            row = read_rows(self).to_pylist()[0]
            commit(self, SETTINGS_SCHEMA, "other", "later", [row])
        return locked(self, *arguments)

    monkeypatch.setattr(results.Run, "locked", commit_first)
    (run / "sheet.png").unlink()
    assert sweep(small_grid).exit_code == 0
    assert len(updates) == 1 + meanwhile


ABSURD = {
    "empty": b"",
    "cut": b'{"format": 1, "grid": {"na',
    "no format": b'{"grid": {"name": "small"}}',
    "format of another kind": b'{"format": "x", "grid": {"name": "small"}}',
    "an endless number": b'{"format": 1e999, "grid": {"name": "small"}}',
    "an endless number where nobody looks": b'{"format": 1, "grid": {"name": "small"}, "seconds": 1e999}',
    "no number": b'{"format": 1, "grid": {"name": "small"}, "seconds": NaN}',
    "a format below one": b'{"format": -3, "grid": {"name": "small"}}',
    "a list": b"[]",
    "no grid": b'{"format": 1}',
    "a grid that is a list": b'{"format": 1, "grid": []}',
    "a name that is a number": b'{"format": 1, "grid": {"name": 7}}',
    "axes that are a text": b'{"format": 1, "grid": {"name": "small", "axes": "ratio"}}',
    "deep": b'{"format": 1, "grid": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "binary": bytes(range(256)),
}


@pytest.mark.parametrize("content", ABSURD.values(), ids=ABSURD)
def test_a_description_that_makes_no_sense_gets_one_message_with_a_remedy_that_works(
    run, sweep, small_grid, no_ray, content
):
    (run / "run.json").write_bytes(content)
    for command in ([small_grid], ["status", "runs/small"], ["verify", "runs/small"], ["table", "runs/small"]):
        refused = sweep(*command)
        assert refused.exit_code == 2
        assert refused.stderr.count("error:") == 1
        assert "unexpected" not in refused.stderr
        assert "run.json in runs/small is damaged" in refused.stderr
        assert "remove it and run the grid again" in refused.stderr
    (run / "run.json").unlink()
    again = sweep(small_grid)
    assert again.exit_code == 0
    assert "no trial to compute: 4 of 4" in again.stderr


def test_a_description_of_a_newer_version_is_refused(run, sweep, small_grid):
    (run / "run.json").write_bytes(b'{"format": 99, "grid": {"name": "small"}}')
    refused = sweep(small_grid)
    assert refused.exit_code == 2
    assert "newer version (format 99); upgrade to read it" in refused.stderr
