"""The notebook of docs/: its answers are those that are committed, and those that a reader gets by other means."""

import io
import re
from pathlib import Path

import duckdb
import nbformat
import numpy as np
import pandas as pd
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[1] / "docs/figure5.ipynb"
# What ipykernel says of its own sockets, and what the event loop's fork finds, is not ours.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


class Answers:
    """What a notebook shows: its tables and its printed lines in their order, and how many figures."""

    def __init__(self, notebook):
        outputs = [one for cell in notebook.cells if cell.cell_type == "code" for one in cell.outputs]
        pages = [one["data"]["text/html"] for one in outputs if "text/html" in one.get("data", {})]
        self.losses, self.near, self.kept, self.fell = (pd.read_html(io.StringIO(page))[0] for page in pages)
        self.explained, self.largest = (one["text"].strip() for one in outputs if one.output_type == "stream")
        self.figures = sum("image/png" in one.get("data", {}) for one in outputs)


@pytest.fixture(scope="module")
def run(ray_session, tmp_path_factory):
    """The run that the notebook names: its command is taken from there."""
    from typer.testing import CliRunner

    from orchestrator.command.main import app

    notebook = nbformat.read(NOTEBOOK, 4)
    [command] = re.findall(r"^sweep (figure5 .*)$", notebook.cells[0].source, re.MULTILINE)
    out = tmp_path_factory.mktemp("notebook") / "run"
    swept = CliRunner().invoke(app, ["run", *command.split(), "--workers", "1", "--out", str(out)])
    assert swept.exit_code == 0, swept.stderr
    return out


@pytest.fixture(scope="module")
def answers(run):
    notebook = nbformat.read(NOTEBOOK, 4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIGURE5_RUN", str(run))
        NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    return Answers(notebook)


def numbers(table):
    """The numbers of a table, those with a per cent sign among them."""
    return table.replace("%", "", regex=True).apply(pd.to_numeric, errors="coerce").to_numpy()


def test_the_answers_that_are_committed_are_those_that_the_notebook_gives(answers):
    committed = Answers(nbformat.read(NOTEBOOK, 4))
    for name in ("losses", "near", "kept"):
        ours, theirs = getattr(answers, name), getattr(committed, name)
        assert ours.iloc[:, 0].tolist() == theirs.iloc[:, 0].tolist()
        assert ours.columns.tolist() == theirs.columns.tolist()
        # Another processor rounds differently, and the optimiser carries that on.
        np.testing.assert_allclose(numbers(ours.iloc[:, 1:]), numbers(theirs.iloc[:, 1:]), rtol=0.05, atol=2e-3)
    np.testing.assert_allclose(numbers(answers.fell)[:, 2], numbers(committed.fell)[:, 2], atol=3)
    assert re.sub(r"[\d.]+", "", answers.explained) == re.sub(r"[\d.]+", "", committed.explained)
    assert answers.largest.split("(")[0] == committed.largest.split("(")[0]
    assert answers.figures == committed.figures == 2


def test_the_answers_are_right(run, answers):
    """Asked of the Parquet files, in other words than the notebook's."""
    rows = duckdb.sql(f"SELECT * FROM '{run}/trials/*.parquet' ORDER BY len(style_layers), ratio").df()
    shape = (5, 3)
    for shown, column, rounding in (
        (answers.losses, "total_loss", {"rtol": 0.0051}),  # three digits
        (answers.near, "style_distance", {"atol": 0.00051}),
        (answers.kept, "structural_similarity", {"atol": 0.00051}),
    ):
        assert shown.iloc[:, 0].tolist() == [" + ".join(layers) for layers in rows["style_layers"][::3]]
        ours = numbers(shown.iloc[:, 1:])
        np.testing.assert_allclose(ours, rows[column].to_numpy().reshape(shape), **rounding)

    near = rows["style_distance"].to_numpy().reshape(shape)
    for name, means in (("style layers", near.mean(1)), ("α/β", near.mean(0))):
        share = ((means - near.mean()) ** 2).mean() / ((near - near.mean()) ** 2).mean()
        assert f"'{name}': '{share:.1%}'" in answers.explained

    kept = rows["structural_similarity"].to_numpy().reshape(shape).mean(1)
    steps = kept[1:] - kept[:-1]
    layers = " + ".join(rows["style_layers"][3 * (1 + steps.argmin())])
    assert answers.largest == f"the largest loss of structure: {layers!r} ({steps.min():+.3f} against the row before)"

    fell = []
    for _, row in rows.iterrows():
        step, loss = np.asarray(row["history_step"]), np.asarray(row["history_total_loss"])
        late = loss[3 * step >= 2 * step[-1]]
        fell.append(100 * (1 - late[-1] / late[0]))
    np.testing.assert_allclose(numbers(answers.fell)[:, 2], sorted(fell, reverse=True)[:5], atol=0.51)
