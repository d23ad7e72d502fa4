"""The files in `deploy/` are what the systems that read them expect."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from setuptools import find_packages
from typer.main import get_command

from orchestrator.command.main import app

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"


def test_rays_own_validator_takes_the_cluster_file(monkeypatch):
    from ray.autoscaler._private.util import prepare_config, validate_config

    config = yaml.safe_load((DEPLOY / "cluster.yaml").read_text())
    for node in config["available_node_types"].values():
        node["resources"] = {"CPU": 4}  # Ray would ask Amazon for them
    validate_config(prepare_config(config))


def test_the_rayjob_starts_a_sweep_and_is_started_again():
    job = yaml.safe_load((DEPLOY / "rayjob.yaml").read_text())
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    spec = job["spec"]
    assert spec["entrypoint"].startswith("sweep figure5 --address auto")
    assert spec["backoffLimit"] > 0
    cluster = spec["rayClusterSpec"]
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    for group in groups:
        for container in group["template"]["spec"]["containers"]:
            assert {"name", "image", "resources"} <= container.keys()


def test_the_container_gets_every_package():
    copied = set(re.findall(r"^COPY (\w+) ", (DEPLOY / "Containerfile").read_text(), re.MULTILINE))
    find = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]
    packages = {package.split(".")[0] for package in find_packages(str(ROOT), **find)}
    assert "orchestrator" in packages
    assert copied == packages


def test_the_slurm_script_is_a_script():
    subprocess.run(["bash", "-n", str(DEPLOY / "slurm.sh")], check=True)


@pytest.mark.parametrize("name", ["rayjob.yaml", "slurm.sh", "README.md"])
def test_options_in_the_files_exist(name):
    known = {option for parameter in get_command(app).commands["run"].params for option in parameter.opts}
    commands = re.findall(r"(?:^|[`\s])sweep (?:figure5|\"\$grid\"|GRID) ([^`\n]*)", (DEPLOY / name).read_text())
    assert commands
    for command in commands:
        options = set(re.findall(r"(?:^|\s)(--[a-z-]+)", command))
        assert {"--address", "--out"} <= options <= known
