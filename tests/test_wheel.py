"""`pip install .` alone: the wheel has everything that a sweep needs, in a folder that is not the checkout."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = (
    *("autopaint", "downloads", "grids", "orchestrator"),
    *("pictures", "results", "style_sweep", "stylize", "weights"),
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The wheel in an environment of its own, which sees this one's libraries but not the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", folder, source]
    subprocess.run(build, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=False)
    place = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    target = folder / "venv" / place
    libraries = folder / "libraries"  # all of this environment's, save the link to the checkout
    libraries.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if "style_sweep" not in entry.name and entry.suffix != ".pth":
            (libraries / entry.name).symlink_to(entry)
    (target / "libraries.pth").write_text(f"{libraries}\n")
    pip[3:3] = ["--python", str(folder / "venv/bin/python")]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", wheel], check=True, capture_output=True)
    (folder / "elsewhere").mkdir()
    return folder


def command(folder, *arguments):
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return subprocess.run(
        [folder / "venv/bin/sweep", *arguments],
        cwd=folder / "elsewhere",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_file_of_the_packages_but_their_training_is_inside(installed):
    [wheel] = installed.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
    files = [path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.*") if path.is_file()]
    expected = {path.as_posix() for path in files if not {"__pycache__", "training"} & set(path.parts)}
    assert {"grids/figure5.yaml", "weights/vgg16-slim.safetensors"} <= expected
    assert inside == expected


def test_a_bundled_grid_is_swept_from_another_folder(installed):
    small = ["--set", "size=40", "--set", "iterations=2"]
    ran = command(installed, "quickstart", "--offline", *small, "--limit", "1", "--workers", "1")
    assert ran.returncode == 0, ran.stderr
    sheet = installed / "elsewhere/runs/quickstart/sheet.png"
    assert ran.stdout == f"{sheet}\n"
    assert sheet.stat().st_size > 1000
