"""`import style_sweep`: the names that it has, sweeps from Python, tables with images, one picture."""

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import ray

import results
import style_sweep
from orchestrator.cluster.status import Status
from orchestrator.errors import UsageError
from orchestrator.grid.reader import load_grid
from orchestrator.grid.yaml12 import read_yaml
from style_sweep import progress
from style_sweep.grid_file import grid_text, write_grid

SETTINGS = {"content": "astronaut", "style": "swirls", "size": 32, "iterations": 3}

SURFACE = {
    *(
        "Preview",
        "Run",
        "Sweep",
        "Trial",
        "Trials",
        "curves",
        "diff",
        "effects",
        "effects_figure",
        "image",
        "labels",
        "load",
    ),
    *(
        "pareto",
        "plot",
        "query",
        "ratings",
        "reference",
        "select",
        "sheet",
        "snapshots",
        "strengths",
        "transfer",
        "vote_effects",
    ),
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The working folder of a notebook."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_surface_is_what_it_was():
    """A name that goes is missed by somebody's notebook; one that comes is a promise."""
    assert set(style_sweep.__all__) == SURFACE
    for name in SURFACE:
        assert getattr(style_sweep, name).__doc__, name
    assert style_sweep.sheet is results.sheet
    with pytest.raises(AttributeError, match="nothing"):
        style_sweep.nothing  # noqa: B018


PAGE = (Path(__file__).parents[2] / "docs" / "python.md").read_text(encoding="utf-8")


def test_the_python_of_the_page_runs_as_the_command_does(here, ray_session):
    """The page's own code, with smaller images and fewer steps."""
    swept, single = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    swept = swept.replace('"size": 160, "iterations": 80', '"size": 32, "iterations": 3, "precision": "fp32"')
    single = single.replace("size=160, iterations=80", 'size=32, iterations=3, precision="fp32"')
    names = {}
    exec(swept, names)
    sweep, trials = names["sweep"], names["trials"]
    assert ray.is_initialized()  # it was before
    plan = sweep.plan()
    assert "6 done already" in str(plan)
    assert "<pre>" in plan._repr_html_()
    assert trials["status"].tolist() == ["done"] * 6
    assert sweep.plan().facts["run"] == "runs/mine"
    shown = trials._repr_html_()
    assert shown.count("<img src=") == shown.count("<details") == 6
    assert "α/β" in shown
    opened = trials.iloc[1]._repr_html_()
    assert opened.count("<img src=") == opened.count("<details") == opened.count(" open>") == 1
    for fact in ("swirls", "style loss", "vgg16", trials["trial_id"].iloc[1]):
        assert fact in opened
    assert "learning rate" not in opened  # it has its default
    assert "<script" not in shown + opened
    run = style_sweep.Run("runs/mine")._repr_html_()
    assert "6 trials (6 done) in runs/mine" in run
    assert run.count("<img src=") == 1
    assert "no run" in style_sweep.Run("runs/none")._repr_html_()
    assert isinstance(trials[trials["ratio"] < 5e-4], style_sweep.Trials)
    assert "<img" not in trials[["ratio"]]._repr_html_()
    pd.testing.assert_frame_equal(pd.DataFrame(style_sweep.load("runs/mine")), results.load("runs/mine"))
    with pytest.warns(UserWarning, match="stand-in"):
        exec(single, names)
    assert (here / "astronaut-swirls.png").exists()
    [same] = [row for _, row in trials.iterrows() if (row["ratio"], row["pooling"]) == (1e-3, "average")]
    # The number of threads is part of the rounding, and three steps carry it on.
    difference = np.asarray(names["image"], dtype=int) - np.asarray(results.image(same), dtype=int)
    assert np.abs(difference).max() <= 2


def test_one_picture_refuses_what_needs_a_sweep(here):
    with pytest.raises(UsageError, match="use a Sweep"):
        style_sweep.transfer(**SETTINGS, content_mask="mask.png", offline=True)


def test_the_grid_that_is_written_reads_as_what_was_given(here):
    given = {
        "content": "1e-3",
        "style": "no",
        "size": np.int64(64),
        "style_layers": ("conv1_1", "conv2_1"),
        "weights": "random:1",
    }
    axes = {"ratio": np.array([1e-4, 0.5]), "pooling": {"the mean: of all": "average", "yes": "max"}}
    write_grid(here / "odd.yaml", grid_text("odd", given, axes, {"title": 'A "title": é # no comment'}))
    assert read_yaml(here / "odd.yaml").data == {
        "title": 'A "title": é # no comment',
        "settings": given | {"size": 64, "style_layers": ["conv1_1", "conv2_1"]},
        "axes": axes | {"ratio": [1e-4, 0.5]},
    }
    assert len(list(load_grid(here / "odd.yaml").points())) == 4


def test_a_grid_that_somebody_wrote_is_not_replaced(here):
    (here / "sweep.yaml").write_text("settings: {}\n")
    with pytest.raises(UsageError, match="another name"):
        style_sweep.Sweep(settings=SETTINGS).plan()
    assert (here / "sweep.yaml").read_text() == "settings: {}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "either a grid file, or settings"),
        ({"grid": "figure5", "settings": SETTINGS}, "either a grid file, or settings"),
        ({"grid": "figure5", "ofline": True}, "did you mean offline"),
        ({"grid": "figure5", "title": "Mine"}, "written in the grid file"),
    ],
)
def test_arguments_that_do_not_go_together_are_refused(arguments, message):
    with pytest.raises(UsageError, match=message):
        style_sweep.Sweep(**arguments)


def test_texts_of_a_run_are_escaped(here):
    trials = style_sweep.Trials({"trial_id": ["a"], "run": ["<b>"], "status": ["<i>"], "image_path": [None]})
    shown = trials._repr_html_()
    assert "<b>" not in shown
    assert "&lt;i&gt;" in shown


def test_the_bar_of_a_notebook_is_one_output_that_changes(monkeypatch):
    shown = []
    output = SimpleNamespace(update=shown.append)
    fake = SimpleNamespace(HTML=lambda text: text, display=lambda text, display_id: shown.append(text) or output)
    monkeypatch.setattr(progress, "_ipython", lambda: fake)
    status = Status(total=2, total_work=4.0)
    with progress._Notebook() as bar:
        bar(status, "a <line>")
        status.done, status.work = 1, 2.0
        bar(status, None)
        bar(status, None)
    assert shown[0] == "<p>starting workers</p>"
    assert 'value="0.500"' in shown[-1]
    assert "1/2 trials" in shown[-1]
    assert "a &lt;line&gt;" in shown[-1]
