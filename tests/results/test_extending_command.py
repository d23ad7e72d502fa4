"""The command that docs/extending.md writes is one file, and works."""

import importlib.util
import re
from pathlib import Path

import typer
from typer.testing import CliRunner

DOCUMENT = Path(__file__).parents[2] / "docs/extending.md"


def test_the_command_of_the_document_works(made_run, tmp_path):
    code = re.search(r"```python\n(\"\"\"The command.*?)```", DOCUMENT.read_text(), re.DOTALL)[1]
    (tmp_path / "worst.py").write_text(code)
    spec = importlib.util.spec_from_file_location("worst", tmp_path / "worst.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = made_run().add(1, "red", ratio=1e-3).add(2, "green", ratio=1e-2)
    run = made.write(axes=[["ratio"]])
    app = typer.Typer()
    app.command()(module.worst)
    ran = CliRunner().invoke(app, [run.location])
    assert ran.exit_code == 0, ran.stderr
    assert ran.stdout == f"{run.full_path(run.image_path(made.plan[1]['trial_id']))}\n"
