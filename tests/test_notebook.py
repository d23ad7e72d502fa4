"""The notebook of docs/, executed on a small run of the shape that it asks about."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[1] / "docs/figure5.ipynb"
# What ipykernel says of its own sockets, and what the event loop's fork finds, is not ours.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


def test_the_notebook_answers_its_questions(ray_session, sweep, tmp_path, monkeypatch):
    run = tmp_path / "run"
    small = ["--set", "size=[40,40]", "--set", "iterations=3", "--set", "history_every=1", "--workers", "1"]
    swept = sweep("run", "figure5", "--offline", *small, "--out", run)
    assert swept.exit_code == 0, swept.stderr
    monkeypatch.setenv("FIGURE5_RUN", str(run))
    notebook = nbformat.read(NOTEBOOK, 4)
    kept = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    made = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    # The kinds of answers that are committed are those that it gives.
    assert [[one.output_type for one in outputs] for outputs in made] == [
        [one.output_type for one in outputs] for outputs in kept
    ]
    assert sum("image/png" in one.get("data", {}) for outputs in made for one in outputs) == 2
