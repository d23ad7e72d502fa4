"""The page's scripts without a browser: their logic by node's test runner, and that they call only what is there."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "results" / "gallery" / "page"
FROM_DATA = {"receiveData", "receiveState", "receiveCurves", "receiveEmbedded", "receiveColumns"}
"""Called by the data's scripts."""


def test_the_logic_by_itself():
    node = shutil.which("node")
    if not node:
        pytest.skip("there is no node (apt-get install nodejs)")
    ran = subprocess.run(
        [node, "--test", *sorted(map(str, (ROOT / "tests/gallery/script").glob("*.test.mjs")))],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout


def test_scripts_use_only_what_a_script_defines_and_define_only_what_is_used():
    texts = {path.name: re.sub(r"//[^\n]*", "", path.read_text()) for path in PAGE.glob("*.js")}
    defined = {name for text in texts.values() for name in re.findall(r"\bg\.(\w+) =[^=]", text)}
    uses = [name for text in texts.values() for name in re.findall(r"\bg\.(\w+)\b(?! =[^=])", text)]
    assert set(uses) - defined == set()
    assert defined - set(uses) == FROM_DATA


def test_the_page_loads_every_script_and_style_sheet_of_its_own():
    page = (PAGE / "index.html").read_text()
    loaded = re.findall(r'(?:src|href)="([\w./-]+\.(?:js|css))"', page)
    files = [path.relative_to(PAGE).as_posix() for path in PAGE.rglob("*") if path.suffix in (".js", ".css")]
    assert sorted(loaded) == sorted([*files, "state.js"])


def test_every_file_of_the_page_is_short():
    for path in PAGE.glob("*.*"):
        assert len(path.read_text().splitlines()) <= 350, path.name
