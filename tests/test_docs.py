"""What the documents show works: grids are read, commands and their options exist, links lead somewhere."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from orchestrator.command.main import app
from orchestrator.command.options import grid_path
from orchestrator.grid.reader import load_grid

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
DOCUMENTS = sorted(
    [ROOT / "README.md", ROOT / "deploy/README.md", ROOT / "weights/slim.md", *(ROOT / "docs").glob("*.md")]
)
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")


def blocks(kind):
    """(document, number, text) of every code block of a language."""
    for name in NAMES:
        found = [text for language, text in BLOCK.findall((ROOT / name).read_text()) if language == kind]
        yield from ((name, number, text) for number, text in enumerate(found))


GRIDS = {f"{name}, {number}": text for name, number, text in blocks("yaml")}


@pytest.mark.parametrize("which", GRIDS)
def test_every_grid_is_read_and_has_points(which, tmp_path):
    path = tmp_path / "shown.yaml"
    path.write_text(GRIDS[which])
    assert list(load_grid(path, ()).points())


@pytest.mark.parametrize("name", NAMES)
def test_every_link_within_the_project_leads_somewhere(name):
    document = ROOT / name
    for link in LINK.findall(document.read_text()):
        if not link.startswith(("http://", "https://")):
            assert (document.parent / link).exists(), link


@pytest.mark.parametrize(
    "entry", ["zip", "exclude", "include", "sheet", "description", "linspace", "logspace", "trial:"]
)
def test_the_page_on_grids_shows_every_entry(entry):
    shown = [text for name, text in GRIDS.items() if name.startswith("docs/grids.md")]
    assert re.search(rf"\b{entry}", "".join(shown))


PROMISES = re.findall(r"^\| \*\*(.+?)\.\*\* .*? \| (.*) \|$", (ROOT / "docs/reliability.md").read_text(), re.MULTILINE)
"""(title, what shows it) of every row of the table of promises."""


def test_no_row_of_the_promises_is_missed():
    rows = [line for line in (ROOT / "docs/reliability.md").read_text().splitlines() if line.startswith("| **")]
    assert len(PROMISES) == len(rows) > 20


@pytest.mark.parametrize(("title", "shown_by"), PROMISES)
def test_every_promise_is_shown_by_tests_that_exist(title, shown_by):
    commands = re.findall(r"`([^`]+)`", shown_by)
    assert commands, title
    for command in commands:
        program, *words = shlex.split(command)
        if program == "pytest":
            assert words
            for file in words:
                assert (ROOT / file).is_file(), f"{title}: {file}"
                assert "\ndef test_" in (ROOT / file).read_text(), f"{title}: {file}"
        elif program == "make":
            assert re.search(rf"^{words[0]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), title
        elif program == "python":
            script = words[1].replace(".", "/") + ".py" if words[0] == "-m" else words[0]
            assert (ROOT / script).is_file(), f"{title}: {script}"


def shown_commands():
    """Every line of a shell block that starts the program, as words, comments left out."""
    for name, _, text in blocks("sh"):
        for line in text.splitlines():
            words = shlex.split(line.removeprefix("$ "), comments=True)
            if words[:1] == ["sweep"]:
                yield name, words[1:]


COMMANDS = {f"{name}: sweep {shlex.join(words)}": words for name, words in shown_commands()}


@pytest.mark.parametrize("shown", COMMANDS)
def test_every_command_exists_with_its_options(shown):
    words = COMMANDS[shown]
    commands = get_command(app).commands
    command, *rest = words if words[0] in commands else ["run", *words]
    if command in ("run", "plan"):
        grid = rest[0]
        assert grid.endswith(".yaml") or grid_path(grid).is_file()
    known = {option for parameter in commands[command].params for option in parameter.opts}
    assert {word for word in rest if word.startswith("--")} <= known


def test_the_readme_shows_what_the_plan_prints(sweep, tmp_path, monkeypatch):
    """All lines but the estimate of time, which is of the machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "110")
    shown = re.search(r"^\$ sweep plan quickstart --offline\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)
    printed = sweep("plan", "quickstart", "--offline").stdout
    kept, made = ([line.rstrip() for line in text.splitlines() if line[:4] != "time"] for text in (shown[1], printed))
    assert kept == made
