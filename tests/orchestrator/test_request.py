"""The options of a sweep: declared once, and the same on the command line, in a run's record and in advice."""

import dataclasses
from pathlib import Path

import pytest

from orchestrator.errors import UsageError
from orchestrator.request import Request, flag_of

EVERYTHING = Request(
    grid=Path("small.yaml"),
    out="runs/some where",
    set=("ratio=1e-3", "style_layers=[conv1, fire2]"),
    plugin=("my_losses.py",),
    only=("ratio=1e-3",),
    limit=3,
    pictures=Path("my pictures"),
    weights=Path("/weights"),
    offline=True,
    untrusted=True,
    exact=True,
    retry_failed=True,
    however_many=True,
    address="auto",
    workers=2,
    gpus_per_worker=0.5,
    fail_fast=True,
    max_failures=4,
    grace=3.0,
)


def test_this_file_knows_every_option():
    fields = dataclasses.fields(Request)
    assert all(getattr(EVERYTHING, one.name) != one.default for one in fields)
    assert {one.name for one in fields} == Request.options().keys() | {"grid"}


@pytest.mark.parametrize("asked", [Request(Path("small.yaml")), EVERYTHING])
def test_the_words_of_a_request_ask_for_it_again(asked, small_grid, sweep, monkeypatch):
    """Advice such as `sweep animate` gives is a command that does what it says."""
    seen = []

    def execute(request, display, **options):
        seen.append(request)
        raise UsageError("enough")

    monkeypatch.setattr("orchestrator.sweep.execute", execute)
    assert sweep("run", *asked.words(), one_worker=False).exit_code == 2
    assert seen == [asked]


def test_a_run_records_what_decides_its_trials_and_gives_it_back(small_grid):
    record = EVERYTHING.recorded()
    assert record == {
        "grid": str(small_grid),
        "set": ["ratio=1e-3", "style_layers=[conv1, fire2]"],
        "plugin": [str(small_grid.parent / "my_losses.py")],
        "pictures": str(small_grid.parent / "my pictures"),
        "weights": "/weights",
        "offline": True,
        "untrusted": True,
        "exact": True,
    }
    again = Request.from_record(record)
    assert again.recorded() == record
    assert again.workers is None


def test_a_record_of_an_earlier_version_has_defaults_for_what_it_lacks():
    again = Request.from_record({"grid": "/a.yaml", "set": []})
    assert again == Request(grid=Path("/a.yaml"))


@pytest.mark.parametrize(
    "record", [{}, [], "text", {"grid": 3}, {"grid": "a", "set": "ratio=1"}, {"grid": "a", "offline": []}]
)
def test_a_record_that_nobody_wrote_is_refused(record):
    with pytest.raises(UsageError, match="recorded in a form that cannot be read"):
        Request.from_record(record)


def test_the_plan_has_the_options_that_decide_the_trials_and_choose_among_them(sweep, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    of_run, of_plan = (sweep(command, "--help").stdout for command in ("run", "plan"))
    for name, option in Request.options().items():
        flag = f"{flag_of(name, option)} "
        assert flag in of_run
        assert (flag in of_plan) == (option.scope != "work")
