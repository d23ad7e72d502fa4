"""The architecture that the folder list promises: imports run one way, and what needs no torch or Ray loads neither."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "grids": set(),
    "store": set(),
    "stylize": set(),
    "results": {"stylize"},  # only what needs no torch: see below
    "pictures": {"store", "grids"},
    "weights": {"store"},
    "weights/training": {"stylize", "weights"},
    "orchestrator": {"grids", "store", "stylize", "results", "pictures", "weights"},
}


def imported(file):
    """The top-level packages that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_run_one_way(package):
    inner = {name for name in MAY_IMPORT if name.startswith(f"{package}/")}
    files = [
        file for file in (ROOT / package).rglob("*.py") if not any(file.is_relative_to(ROOT / name) for name in inner)
    ]
    assert files
    for file in files:
        ours = set(imported(file)) & MAY_IMPORT.keys() - {package}
        assert ours <= MAY_IMPORT[package], f"{file.relative_to(ROOT)} imports {ours - MAY_IMPORT[package]}"


def test_results_know_only_settings_and_names_of_stylize():
    for file in (ROOT / "results").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                assert not any(alias.name.startswith("stylize") for alias in node.names), file
            elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "stylize":
                assert node.module.startswith(("stylize.settings", "stylize.registry")) or (
                    node.module == "stylize" and {alias.name for alias in node.names} == {"registry"}
                ), file


@pytest.mark.parametrize(
    "code",
    [
        "import results; results.load; results.sheet; results.curves",
        "from orchestrator.command.main import app\nfrom typer.testing import CliRunner\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0",
        "from orchestrator.command.main import app\nfrom typer.testing import CliRunner\n"
        "assert CliRunner().invoke(app, ['plan', 'quickstart']).exit_code == 0",
        "import stylize; stylize.Settings()",
        "import pictures, weights",
    ],
)
def test_what_needs_neither_torch_nor_ray_loads_neither(code):
    check = f"{code}\nimport sys\nprint(sorted({{'torch', 'ray'}} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout.splitlines()[-1] == "[]"
