"""The files in `deploy/` are what the systems that read them expect."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

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
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    assert copied == {package.split(".")[0] for package in packages}


def test_the_slurm_script_is_a_script():
    subprocess.run(["bash", "-n", str(DEPLOY / "slurm.sh")], check=True)


@pytest.mark.parametrize("name", ["rayjob.yaml", "slurm.sh", "README.md"])
def test_options_in_the_files_exist(name, sweep):
    known = sweep("run", "--help").stdout
    text = (DEPLOY / name).read_text()
    for line in re.findall(r"sweep (?:figure5|\"\$grid\"|GRID).*", text):
        for option in re.findall(r" (--[a-z-]+)", line):
            assert option in known, f"{name}: {option}"
