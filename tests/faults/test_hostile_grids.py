"""Grids by people who mean harm, through the command itself: one message and nothing written, or a run like others."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import results

NAMES = [
    "../../x",
    "/etc/passwd",
    "C:\\Windows\\x",
    "</script><script>alert(1)</script>",
    "\u202egnp.exe\u202c",
    "x" * 300,
    "CON",
    "nul.txt",
    "a\tb\x07c\x1b[2Jd",
    "%s %d {0} $HOME `id`",
    "[red]bold[/red]",
    "日本語 🖌",
]


def test_any_name_is_only_a_name(small_grid, sweep, tree, ray_session):
    """Labels and a title may say anything: rows, sheet and status show it, and no path is made of it."""
    labels = {name: 10.0**-place for place, name in enumerate(NAMES)}
    text = small_grid.read_text().replace("ratio: [1e-3, 1e-2]", f"ratio: {json.dumps(labels)}")
    small_grid.write_text(text.replace("title: Small", f"title: {json.dumps(''.join(NAMES))}"))
    ran = sweep(small_grid, "--only", "style_layers=shallow", "--set", "iterations=1", "--workers", "1")
    assert ran.exit_code == 0, ran.stderr
    trials = results.load("runs/small")
    assert set(trials["ratio_label"]) == set(NAMES)
    expected = {".lock", "derived.json", "plan.parquet", "run.json", "sheet.png"}
    files = {path for path in tree(small_grid.parent) if path != "small.yaml"}
    assert {path.removeprefix("runs/small/") for path in files} >= expected
    for path in files:
        kind = path.removeprefix("runs/small/").split("/")[0]
        assert path.startswith("runs/small/")
        assert kind in expected | {"gallery", "images", "references", "trials"}
    for command in (["status", "runs/small"], ["table", "runs/small"], ["table", "runs/small", "--csv"]):
        assert sweep(*command).exit_code == 0
    for command in (["status", "runs/small"], ["table", "runs/small"], ["plan", small_grid]):
        assert not {"\x07", "\u202e", "\x1b"} & set(sweep(*command).stdout)


@pytest.mark.parametrize(
    "reference",
    ["../../x.png", "/dev/zero", "x" * 1999, "x" * 5000, "nul\0byte.png", "file:///etc/passwd", "ftp://a/x.png", "CON"],
)
def test_pictures_that_are_none_are_refused_by_name(reference, small_grid, sweep, tree):
    small_grid.write_text(small_grid.read_text().replace("content: astronaut", f"content: {json.dumps(reference)}"))
    before = tree(small_grid.parent)
    refused = sweep(small_grid)
    assert refused.exit_code == 2
    assert refused.stderr.count("error:") == 1
    assert "small.yaml:" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert tree(small_grid.parent) == before


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(NAMES)
DATA = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(
    ["title", "settings", "axes", "zip", "exclude", "sheet", "description", "content", "size", "ratio"]
)


@settings(max_examples=75, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(KEYS, DATA, max_size=5) | DATA, st.sampled_from(["plan", "run"]))
def test_any_data_is_a_grid_or_gets_one_message_and_nothing_is_written(small_grid, sweep, tree, data, command):
    small_grid.write_text(json.dumps(data))
    before = tree(small_grid.parent)
    answered = sweep(command, small_grid)
    assert answered.exit_code in ((0, 2) if command == "plan" else (2,))
    assert "Traceback" not in answered.stderr
    assert answered.stderr.count("error:") == (answered.exit_code == 2)
    assert tree(small_grid.parent) == before


@pytest.mark.parametrize(
    "text",
    [
        "title: " + "x" * 10_000_000,
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
        "[" * 100_000,
        "settings: " + "{a: " * 5_000,
        "- " * 50_000 + "x",
    ],
    ids=["10 MB scalar", "alias bomb", "brackets", "braces", "dashes"],
)
def test_what_is_made_to_fill_the_memory_is_refused(text, small_grid, sweep, tree):
    small_grid.write_text(text)
    refused = sweep("plan", small_grid)
    assert refused.exit_code == 2
    assert refused.stderr.count("error:") == 1
    assert len(refused.stderr) < 2_000
