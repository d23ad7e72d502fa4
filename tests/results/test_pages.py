"""The Python that docs/table.md and docs/effects.md show, run on a small run."""

import itertools
import re
from pathlib import Path

import matplotlib.figure
import pandas as pd
import pytest
from PIL import Image

import results

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def figure5(made_run_in, tmp_path, monkeypatch):
    """A run in runs/figure5, with a star, a tag, and each of five sets of layers with two ratios."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Image.Image, "show", lambda image: None)
    run = made_run_in(tmp_path / "runs" / "figure5", "figure5")
    for number, (layers, ratio) in enumerate(itertools.product(range(1, 6), [1e-4, 1e-3])):
        named = [f"conv{block}_1" for block in range(1, layers + 1)]
        run.add(number, (20 * number, 0, 0), style_layers=named, ratio=ratio, outcome={"style_distance": 1 / layers})
    return run.write([("style_layers",), ("ratio",)])


@pytest.mark.parametrize("page", ["table.md", "effects.md"])
def test_the_python_of_a_page_runs(figure5, page):
    names = {"results": results, "trials": results.load("runs/figure5")}
    shown = BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))
    assert shown
    for code in shown:
        exec(compile(code, page, "exec"), names)
    if page == "table.md":
        assert isinstance(names["curves"], pd.DataFrame)
        assert Path("mine.png").exists()
    else:
        assert isinstance(names["figure"], matplotlib.figure.Figure)
