"""`sweep new`: a grid that is valid, commented, and never written over another file."""

from pathlib import Path

import pytest

from orchestrator.grid.reader import load_grid


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_grid_is_written_and_can_be_planned(sweep):
    made = sweep("new", "first")
    assert (made.exit_code, made.stdout) == (0, "first.yaml\n")
    assert "3 trials; `sweep plan first.yaml`" in made.stderr
    grid = load_grid(Path("first.yaml"), ())
    assert (grid.title, grid.settings.content, grid.settings.style) == ("first", "astronaut", "swirls")
    assert [dimension.settings for dimension in grid.dimensions] == [("ratio",)]
    assert "  content: astronaut\n" in Path("first.yaml").read_text()
    planned = sweep("plan", "first.yaml", "--offline")
    assert planned.exit_code == 0, planned.stderr


def test_what_is_asked_for_is_in_it(sweep):
    options = ["--content", "my: photo.png", "--axis", "style=swirls,facets", "--axis", "ratio=1e-3, 1e-2"]
    layers = ["--axis", "style_layers={one: [conv1_1], two: [conv1_1, conv2_1]}", "--size", "96"]
    assert sweep("new", 'a "quoted": name', *options, *layers).exit_code == 0
    grid = load_grid(Path('a "quoted": name.yaml'), ())
    assert (grid.title, grid.settings.content, grid.settings.size) == ('a "quoted": name', "my: photo.png", 96)
    assert [dimension.settings[0] for dimension in grid.dimensions] == ["style", "ratio", "style_layers"]
    assert grid.most_points() == 8


@pytest.mark.parametrize("name", ["null", "true", "1e3", "a: b", "[a", "#x", "~", "ünï", "Null"])
def test_every_name_stays_a_text(sweep, name):
    assert sweep("new", name, "--style", name).exit_code == 0
    grid = load_grid(Path(f"{name}.yaml"), ())
    assert (grid.title, grid.settings.style) == (name, name)


@pytest.mark.parametrize(
    ("axis", "message"),
    [
        ("ratio", "write --axis name=value,value"),
        ("ratoi=1,2", "there is no setting 'ratoi'; did you mean ratio?"),
        ("ratio=1,x", "ratio should be a valid number, not 'x'"),
        ("ratio=1]\nsettings: {seed: [3", "nothing was written"),
    ],
)
def test_what_would_be_no_grid_is_not_written(sweep, tree, tmp_path, axis, message):
    refused = sweep("new", "wrong", "--axis", axis)
    assert refused.exit_code == 2
    assert message in refused.stderr
    assert tree(tmp_path) == {}


def test_no_file_is_written_over_and_a_folder_that_is_missing_is_named(sweep, tmp_path):
    (tmp_path / "mine.yaml").write_text("title: mine\n")
    refused = sweep("new", "mine")
    assert (refused.exit_code, (tmp_path / "mine.yaml").read_text()) == (2, "title: mine\n")
    assert "mine.yaml is there already" in refused.stderr
    assert "cannot write nowhere/mine.yaml: No such file" in sweep("new", "nowhere/mine").stderr


def test_on_a_terminal_it_asks(sweep, monkeypatch):
    answers = iter(["coffee", "facets", "seed", "1, 2"])
    monkeypatch.setattr("orchestrator.command.new._ask", lambda question, usual: next(answers))
    monkeypatch.setattr("orchestrator.command.new._on_a_terminal", lambda: True)
    assert sweep("new", "asked").exit_code == 0
    grid = load_grid(Path("asked.yaml"), ())
    assert (grid.settings.content, grid.settings.style, grid.most_points()) == ("coffee", "facets", 2)
