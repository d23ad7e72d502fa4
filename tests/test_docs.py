"""What the documents show works: grids are read, commands take their options, Python runs, links lead somewhere, and
the pages become a site.
"""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command

from orchestrator.command.main import app
from orchestrator.command.options import grid_path
from orchestrator.grid.reader import load_grid
from stylize.plugin_source import Plugin
from stylize.plugins import load_plugin, no_plugins_after

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
DOCUMENTS = sorted(
    [
        ROOT / "README.md",
        ROOT / "deploy/README.md",
        ROOT / "weights/slim.md",
        ROOT / "weights/steerable.md",
        *(ROOT / "docs").glob("*.md"),
    ]
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
    page = which.partition(",")[0]
    with no_plugins_after():
        for name, code in re.findall(r"<!-- (\w+\.py) -->\n```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL):
            load_plugin(Plugin(name, code))
        grid = load_grid(path, ())
        assert grid.search or list(grid.points())


@pytest.mark.parametrize("name", NAMES)
def test_every_link_within_the_project_leads_somewhere(name):
    document = ROOT / name
    for link in LINK.findall(document.read_text()):
        if not link.startswith(("http://", "https://")):
            assert (document.parent / link).exists(), link


@pytest.mark.parametrize(
    "entry",
    [
        *("zip", "exclude", "include", "sheet", "description", "linspace", "logspace", "sample", "search", "trial:"),
        *("halving", "keep_state"),
    ],
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


def shown_lines():
    """Every line of a shell block with what it starts, and every command in the text, as words without comments."""
    for name, _, text in [*blocks("sh"), *blocks("console")]:
        lines = text.replace("\\\n", "").splitlines()
        asked = [line for line in lines if line.startswith("$ ")] or lines
        yield from ((name, shlex.split(line.removeprefix("$ "), comments=True)) for line in asked)
    for name in NAMES:
        text = BLOCK.sub("", (ROOT / name).read_text())
        for code in re.findall(r"`((?:sweep|python|make) [^`]+)`", text):
            words = shlex.split(code.replace("…", ""))
            words = words[: words.index(">")] if ">" in words else words
            if words[1:2] != ["GRID"] and len(words) > 1:
                yield name, words


LINES = {f"{name}: {shlex.join(words)}": words for name, words in shown_lines() if words}
COMMANDS = {shown: words[1:] for shown, words in LINES.items() if words[0] == "sweep"}
OF_THE_PROGRAM = {"--help", "--install-completion", "--show-completion", "--version", "--debug"}


@pytest.mark.parametrize("shown", COMMANDS)
def test_every_command_exists_with_its_options(shown):
    words = [word for word in COMMANDS[shown] if word != "--debug"]
    commands = get_command(app).commands
    command, *rest = words if words[0] in commands else ["run", *words]
    if words[0] in OF_THE_PROGRAM or not rest:
        return
    if command in ("run", "plan") and not rest[0].startswith("-"):
        grid = rest[0]
        assert grid.endswith(".yaml") or grid.isupper() or grid_path(grid).is_file()
    known = {option for parameter in commands[command].params for option in parameter.opts + parameter.secondary_opts}
    assert {word.partition("=")[0] for word in rest if word.startswith("--")} <= known
    if not any(word.isupper() for word in rest) and not rest[0].startswith("-"):
        commands[command].make_context(command, rest)  # the values fit, and nothing is missing


@pytest.mark.parametrize("shown", [shown for shown, words in LINES.items() if words[0] in ("make", "python")])
def test_every_script_and_every_target_exists(shown):
    program, *words = LINES[shown]
    if program == "make":
        assert re.search(rf"^{words[0]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    elif words[0] == "-m":
        place = ROOT / words[1].replace(".", "/")
        assert place.is_dir() or place.with_suffix(".py").is_file() or words[1] == "pip"
    else:
        assert (ROOT / words[0]).is_file()


EXECUTED_BY = {
    "docs/effects.md": "tests/results/test_pages.py",
    "docs/extending.md": "tests/stylize/test_extending.py",  # its command by tests/results/test_extending_command.py
    "docs/plugins.md": "tests/stylize/test_plugins.py",
    "docs/python.md": "tests/style_sweep/test_style_sweep.py",
    "docs/table.md": "tests/results/test_pages.py",
}
"""The test that runs the Python of each page."""


def test_the_python_of_every_page_is_run():
    assert {name for name, _, _ in blocks("python")} == {*EXECUTED_BY}
    for page, test in EXECUTED_BY.items():
        assert Path(page).name in (ROOT / test).read_text()


def test_no_block_of_code_is_of_a_kind_that_nothing_checks():
    kinds = {kind for name in NAMES for kind, _ in BLOCK.findall((ROOT / name).read_text())}
    assert kinds == {"console", "python", "sh", "toml", "yaml"}
    for _, _, text in blocks("toml"):
        tomllib.loads(text)


def test_every_page_is_in_the_navigation_of_the_site():
    listed = (ROOT / "mkdocs.yml").read_text()
    for page in (ROOT / "docs").glob("*.md"):
        assert re.search(rf"\b{page.name}\b", listed), f"add {page.name} to `nav` in mkdocs.yml"


def test_the_pages_become_a_site_without_a_warning(tmp_path):
    site = tmp_path / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(site)]
    built = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False
    )
    assert (built.returncode, built.stdout + built.stderr) == (0, "")
    pages = {path.name: path.read_text() for path in site.glob("*.html")}
    for page, text in pages.items():
        for link in re.findall(r'(?:href|src)="([^"#?:]+)(?:#[^"]*)?"', text):
            assert page == "404.html" or (site / link).exists(), f"{page}: {link}"
        assert not re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="(?:https?:)?//', text), page


def test_the_readme_shows_what_the_plan_prints(sweep, tmp_path, monkeypatch):
    """All lines but the estimate of time, which is of the machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "110")
    shown = re.search(r"^\$ sweep plan quickstart --offline\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)
    printed = sweep("plan", "quickstart", "--offline").stdout
    kept, made = ([line.rstrip() for line in text.splitlines() if line[:4] != "time"] for text in (shown[1], printed))
    assert kept == made
