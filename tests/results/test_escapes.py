"""What a stranger wrote into a run never orders the terminal about."""

import json

import pytest

from results import Run

HOSTILE = "\x1b]0;owned\x07\x1b[31mred\x9b5m\u202e\u2066"


@pytest.fixture
def two(made_run):
    def make(name):
        made = made_run(name)
        made.add(1, "red", ratio=1e-3).add(2, status="failed", error=HOSTILE, ratio=1e-2)
        made.add(3, "green" if name == "one" else "blue", ratio=1e-1)
        run = Run(made.write(axes=[["ratio"]], order={"ratio": [1e-3, 1e-2, 1e-1]}).location)
        metadata = run.metadata()
        metadata["grid"]["title"] = f"A title {HOSTILE}"
        run.write_metadata(metadata)
        run.write(f"images/{HOSTILE.replace('/', '')}.png", b"x")
        return run.location

    return make("one"), make("other")


@pytest.mark.parametrize(
    "arguments",
    [
        ["status"],
        ["status", "--json"],
        ["table", "--columns", "trial_id,error"],
        ["table", "--csv"],
        ["table", "--json"],
        ["query", "select * from trials"],
        ["query", "--csv", "select error from trials"],
        ["query", "--json", "select error from trials"],
        ["verify"],
        ["diff"],
        ["diff", "--json"],
        ["clean"],
    ],
    ids=" ".join,
)
def test_no_command_prints_a_control_character(two, sweep, arguments):
    command, *rest = arguments
    ran = sweep(command, two[0], *([two[1]] if command == "diff" else []), *rest)
    assert ran.stdout
    assert {one for one in ran.stdout + ran.stderr if not one.isprintable()} <= {"\n"}
    if command == "status" and rest:
        found = json.loads(ran.stdout)
        assert found["title"] == f"A title {HOSTILE}"
        assert [one["error"] for one in found["failed"]] == [HOSTILE]
