"""The architecture that the folder list promises: imports run one way, and what needs no torch or Ray loads neither."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

MAY_IMPORT = {
    "grids": "",
    "downloads": "",
    "stylize": "",
    "results": "stylize/settings stylize/registry",  # which load no torch
    "pictures": "downloads grids",
    "weights": "downloads",
    "weights/training": "stylize weights autopaint pictures",
    "autopaint": "stylize pictures",
    "style_sweep": """downloads stylize results pictures orchestrator/errors orchestrator/request orchestrator/grid
        orchestrator/plan orchestrator/cluster/status orchestrator/progress orchestrator/preview orchestrator/sweep""",
    "orchestrator": "grids downloads stylize results pictures weights autopaint",
}
"""What each package imports of the others: all of one, or only these of its folders and files."""

ROOMS = {
    "stylize": """
        errors
        registry plugin_source
        network/architecture     # without torch, like the next line: settings are checked against layers
        network/architectures network/torchvision_names network/pixels
        plugins                  # methods of the user's
        settings
        masks state
        lanes
        network
        losses
        result host
        images
        optimisers metrics
        step ends ready
        optimise
    """,
    "results": """
        errors printable suggestion file_name
        loopback                 # addresses that only this machine reaches
        run
        marks                    # stars, tags and notes
        table
        sheets plot analysis export
        film gallery judge report
    """,
    "autopaint": """
        sketch hints
        networks
        examples objective export
        training painting architecture
    """,
    "orchestrator": """
        errors versions processor
        request
        grid
        plan
        search                   # Optuna
        interruption
        cluster
        progress
        preview
        describe
        finish
        sweep paint
        repair render
        recompute
        command
    """,
}
"""The folders and files of a package, the lowest first. Each imports of its own package only what stands in a line
above its own: neither what is below, nor its neighbours in the line. A package's `__init__.py` is above all others.
"""

RAY = "orchestrator/cluster"
"""The only folder that imports Ray."""


def files(folder):
    return sorted(path.relative_to(ROOT) for path in (ROOT / folder).rglob("*.py"))


def imported(file):
    """What a file imports, wherever in it: each as the path of a file or folder, or a library's name."""
    for node in ast.walk(ast.parse((ROOT / file).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.replace(".", "/") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: write imports with the whole name"
            module = (node.module or "").replace(".", "/")
            for alias in node.names:  # `from stylize import registry` is of that file, and not of all stylize
                inner = f"{module}/{alias.name}"
                yield inner if (ROOT / inner).is_dir() or (ROOT / f"{inner}.py").is_file() else module


def is_in(path, folder):
    return path == folder or path.startswith(f"{folder}/")


def home(path, of):
    """The innermost of some folders and files that a path is in; None where it is in none."""
    return max((one for one in of if is_in(path, one)), key=len, default=None)


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_packages_import_one_way(package):
    allowed = MAY_IMPORT[package].split()
    ours = [file for file in files(package) if home(file.as_posix(), MAY_IMPORT) == package]
    assert ours
    for file in ours:
        for path in imported(file):
            if home(path, MAY_IMPORT) not in (None, package):
                assert home(path, allowed), f"{file} imports {path}, and {package} may not"


def levels(package):
    """For each room of a package the number of its line."""
    lines = [line.partition("#")[0].split() for line in ROOMS[package].strip().splitlines()]
    return {f"{package}/{room}": number for number, line in enumerate(lines) for room in line}


@pytest.mark.parametrize("package", ROOMS)
def test_rooms_of_a_package_import_one_way(package):
    level = levels(package)
    for file in files(package):
        room = home(file.with_suffix("").as_posix(), level)
        if file.parent == Path(package) and file.stem in ("__init__", "__main__"):
            continue
        assert room, f"{file}: there is no line for it in ROOMS"
        for path in imported(file):
            if not is_in(path, package) or home(path, level) == room:
                continue
            below = level.get(home(path, level), len(level))
            assert below < level[room], f"{file} imports {path}, which is not below {room}"


@pytest.mark.parametrize("package", ROOMS)
def test_every_room_is_there(package):
    for room in levels(package):
        assert (ROOT / f"{room}.py").is_file() or (ROOT / room).is_dir(), room


def test_ray_is_imported_in_one_folder_only():
    importing = {
        file.parent.as_posix()
        for package in MAY_IMPORT
        for file in files(package)
        if any(is_in(path, "ray") for path in imported(file))
    }
    assert importing == {RAY}


@pytest.mark.parametrize(
    "code",
    [
        "import results; results.load; results.sheet; results.curves",
        "from orchestrator.command.main import app\nfrom typer.testing import CliRunner\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0",
        "from orchestrator.preview import probe; probe.measure_apart = lambda samples, *_: [0.01] * len(samples)\n"
        "from orchestrator.command.main import app; from typer.testing import CliRunner\n"
        "assert CliRunner().invoke(app, ['plan', 'quickstart']).exit_code == 0",
        "import stylize; stylize.Settings()",
        "from orchestrator.preview import probe; probe.measure_apart = lambda samples, *_: [0.01] * len(samples)\n"
        "import style_sweep; style_sweep.load; style_sweep.sheet; style_sweep.Sweep('quickstart').plan()",
        "import pathlib, pictures, stylize, weights\n"
        "shapes = stylize.ARCHITECTURES['vgg16-slim'].parameter_shapes()\n"
        "weights.find_weights('vgg16-slim', None, base=pathlib.Path()).load_arrays(shapes)",
    ],
)
def test_what_needs_neither_torch_nor_ray_loads_neither(code):
    check = f"{code}\nimport sys\nprint(sorted({{'torch', 'ray'}} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout.splitlines()[-1] == "[]"
