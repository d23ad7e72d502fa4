"""Plugins: docs/plugins.md is swept over with its own example, in workers that know nothing of it before."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import results
from orchestrator.grid.reader import grid_of
from orchestrator.plan.identity import plugins_of
from orchestrator.plan.inputs import Inputs, Sources
from orchestrator.plan.trials import make_trials
from orchestrator.request import Request
from stylize import ARCHITECTURES, Settings, SettingsError, Targets, Transfer, registry, transfer, transfer_batch
from stylize.network.pixels import PIXELS
from stylize.network.step_memory import batch_bytes
from stylize.plugin_source import GROUP, Plugin, PluginError, check_package, find_plugin
from stylize.plugins import load_plugin, loaded_plugins, no_plugins_after

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "plugins.md"
PAGE_FILES = dict(re.findall(r"<!-- (\w+\.py) -->\n```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))
EXAMPLE, METHODS = PAGE_FILES["my_losses.py"], PAGE_FILES["my_methods.py"]
OPTIMISER = """
from stylize.optimisers.adam import Adam
from stylize.plugins import optimiser

@optimiser("mine")
class Mine(Adam):
    pass
"""


@pytest.fixture(autouse=True)
def _taken_out():
    with no_plugins_after():
        yield


@pytest.fixture
def plugin(tmp_path):
    path = tmp_path / "my_losses.py"
    path.write_text(EXAMPLE, encoding="utf-8")
    return path


@pytest.fixture
def two_nodes(ray_session):
    """The address of the session, with a second node of one core, and one core of its own left on the first."""
    import ray
    from ray._private.worker import global_worker
    from ray.cluster_utils import Cluster
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    cluster = Cluster()
    cluster.head_node = global_worker.node
    cluster.redis_address = cluster.head_node.redis_address
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    occupier = ray.remote(num_cpus=1, scheduling_strategy=here)(Occupier).remote()
    ray.get(occupier.here.remote())
    node = cluster.add_node(num_cpus=1)
    yield cluster.address
    cluster.remove_node(node)
    ray.kill(occupier)


class Occupier:
    """Somebody else's work on the cluster."""

    def here(self):
        return True


NODE = """
import ray
from stylize.plugins import metric

@metric("node", {"node": str})
class Node:
    def __init__(self, network):
        pass

    def of(self, image, content, styles):
        return {"node": ray.get_runtime_context().get_node_id()}
"""
"""Says where a trial was computed."""


@pytest.mark.clusters
def test_the_pages_examples_are_swept_on_two_nodes_by_a_job(two_nodes, small_grid, plugin, sweep):
    """All kinds of methods, from Python, in a process that finds its cluster as a Ray job does. The workers are new
    processes, and none has seen the plugins' files.
    """
    Path("my_methods.py").write_text(METHODS, encoding="utf-8")
    Path("node.py").write_text(NODE, encoding="utf-8")
    small_grid.write_text("""\
settings: {content: astronaut, style: swirls, size: 32, iterations: 3, architecture: tiny, weights: random:1}
axes:
  content_representation: [responses, angles]
  init: [content, grey]
  style_representation: [gram, histogram]
""")
    refused = sweep("plan", small_grid)
    assert (refused.exit_code, "angles" in refused.stderr or "tiny" in refused.stderr) == (2, True)
    plugins = [plugin.name, "my_methods.py", "node.py"]
    job = f"import style_sweep; style_sweep.Sweep('small.yaml', plugin={plugins}, workers=2).run()"
    environment = os.environ | {"RAY_ADDRESS": two_nodes, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run([sys.executable, "-c", job], env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    trials = results.load("runs/small")
    assert trials["status"].tolist() == ["done"] * 8
    assert trials.groupby("init")["pixels_sha256"].nunique().tolist() == [4, 4]
    assert trials["node"].nunique() == 2
    for _, trial in trials.head(2).iterrows():
        assert trial["brightness"] == pytest.approx(np.asarray(results.image(trial), dtype=float).mean(), rel=1e-6)
    recorded = results.Run("runs/small").metadata()["plugins"]
    assert [one["name"] for one in recorded] == ["my_losses.py", "my_methods.py", "node.py"]
    assert recorded[0]["columns"] == {"brightness": "float"}
    assert {"style representation", "content representation", "initial image"} <= {
        *results.effects(trials, "style_loss")["effect"]
    }


@pytest.mark.usefixtures("ray_session")
def test_a_sweep_with_a_plugin_is_verified_and_a_changed_plugin_runs_again(small_grid, plugin, sweep):
    grid = small_grid.read_text()
    grid = re.sub(r"axes:.*?(?=^\w|\Z)", "axes:\n  style_representation: [gram, histogram]\n", grid, flags=re.S | re.M)
    small_grid.write_text(re.sub(r"sheet: .*\n", "", grid))
    ranked = EXAMPLE.replace('{"brightness": float})', '{"brightness": float}, better={"brightness": "higher"})')
    plugin.write_text(ranked, encoding="utf-8")
    ran = sweep(small_grid, "--plugin", plugin)
    assert ran.exit_code == 0, ran.stderr
    _forget()
    verified = sweep("verify", "runs/small", "--recompute", "2")
    assert (verified.exit_code, verified.stdout.count("identical (the same")) == (0, 2), verified.stderr

    plugin.write_text(ranked + "\n# another version\n", encoding="utf-8")
    _forget()
    trials = results.load("runs/small")  # read without the plugin
    best = results.select(trials, best=1, by="brightness")
    assert best["brightness"].tolist() == [trials["brightness"].max()]
    planned = sweep("plan", small_grid, "--plugin", plugin)
    assert "1 to run" in planned.stdout  # the other one is gram's
    assert "1 done" in planned.stdout
    refused = sweep("verify", "runs/small", "--recompute", "1")
    assert (refused.exit_code, "1 trials of" in refused.stderr, "plugins" in refused.stderr) == (2, True, True)


def _forget():
    from stylize import plugins

    for loaded in list(plugins._loaded.values()):
        plugins._take_out(loaded)


def test_only_trials_that_use_a_plugin_have_its_hash_in_their_id():
    plugin = Plugin("mine.py", OPTIMISER)
    load_plugin(plugin)
    load_plugin(plugin)  # once is enough
    assert loaded_plugins() == (plugin,)
    assert Settings(optimizer="mine").optimizer == "mine"
    assert plugins_of({"optimizer": "mine", "style_representation": "gram"}) == {"plugin of optimizer": plugin.sha256}
    assert plugins_of({"optimizer": "adam"}) == {}
    changed = Plugin("mine.py", OPTIMISER + "# changed\n")
    load_plugin(changed)
    assert loaded_plugins() == (changed,)
    assert plugins_of({"optimizer": "mine"}) == {"plugin of optimizer": changed.sha256}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x = 1\n", "adds nothing"),
        ("x = (\n", r"mine\.py:1: SyntaxError"),
        ("\n\nraise ValueError('no')\n", r"mine\.py:3: ValueError: no"),
        (OPTIMISER.replace('"mine"', '"adam"'), "there is a 'adam' already"),
        (OPTIMISER + "\nraise ValueError('late')\n", "late"),
        ("from stylize.plugins import metric\n@metric('m', {'total_loss': float})\nclass M: pass\n", "total_loss"),
        (METHODS.replace('"tiny"', '"vgg16"'), "there is a network 'vgg16' already"),
        (METHODS.replace('"grey"', '"noise"'), "there is a 'noise' already"),
        (METHODS.replace('"angles"', '"responses"'), "there is a 'responses' already"),
    ],
)
def test_a_plugin_that_does_not_load_says_where_and_adds_nothing(source, message):
    kinds = [*registry.chosen_by_settings().values(), registry.METRICS]
    before = [list(one) for one in kinds]
    with pytest.raises(PluginError, match=message):
        load_plugin(Plugin("mine.py", source))
    assert [list(one) for one in kinds] == before
    assert loaded_plugins() == ()


def test_commands_refuse_what_is_no_plugin_and_code_for_strangers(small_grid, plugin, sweep, tmp_path):
    refused = sweep("plan", small_grid, "--plugin", tmp_path / "none.py")
    assert (refused.exit_code, "cannot read the plugin" in refused.stderr) == (2, True)
    refused = sweep("plan", small_grid, "--plugin", plugin, "--untrusted")
    assert (refused.exit_code, "--untrusted does not allow" in refused.stderr) == (2, True)
    assert loaded_plugins() == ()
    said = sweep("schema", "--plugin", plugin)
    assert '"histogram"' in said.stdout
    (tmp_path / "odd.py").write_bytes(b"\xff")
    with pytest.raises(PluginError, match="UTF-8"):
        find_plugin(str(tmp_path / "odd.py"))


def test_methods_of_a_plugin_are_what_they_say(network, pictures):
    """One batch with both content representations: each image as if it were alone."""
    load_plugin(Plugin("my_methods.py", METHODS))
    content, style = pictures
    common = {"content_layers": ["fire2"], "style_layers": ["conv1"], "iterations": 2, "precision": "fp32"}
    both = [Settings(content_representation=one, ratio=10.0, init="grey", **common) for one in ("responses", "angles")]
    results_of_both = transfer_batch([Transfer(content, style, one) for one in both], Targets(network))
    for result, settings in zip(results_of_both, both, strict=True):
        alone = transfer(content, style, settings, network)
        assert result.content_loss == pytest.approx(alone.content_loss, rel=1e-4)
        with torch.no_grad():
            found, wanted = (
                network(one[None].float(), ["fire2"])["fire2"][0].double() for one in (result.image, content)
            )
        if settings.content_representation == "responses":
            expected = (found - wanted).square().sum() / 2
        else:
            expected = 1 - ((found * wanted).sum(0) / (found.norm(dim=0) * wanted.norm(dim=0))).mean()
        assert result.content_loss == pytest.approx(expected.item(), rel=1e-4)
        assert result.history.step[0] == 0


SEARCH = """
from stylize.losses.style_representations.nnst import NearestNeighbours
from stylize.plugins import style_representation

@style_representation("mine", searches="hypercolumns", sums_over_positions=True)
class Mine(NearestNeighbours):
    pass
"""


def test_a_plugin_that_searches_all_positions_costs_what_nnst_does(small_grid):
    load_plugin(Plugin("mine.py", SEARCH))
    vgg = ARCHITECTURES["vgg16"]
    layers = {"content_layers": ["conv2_1"], "style_layers": ["conv1_1", "conv2_1"]}
    mine, nnst = (Settings(style_representation=one, **layers).for_architecture(vgg) for one in ("mine", "nnst"))
    assert batch_bytes(mine, vgg, 64, 64, 2, 4) == batch_bytes(nnst, vgg, 64, 64, 2, 4)
    with pytest.raises(SettingsError, match="mine compares every position with every other"):
        Settings(style_representation="mine").for_architecture(PIXELS)
    fixed, _, _ = small_grid.read_text().partition("axes:")
    axes = "  style_layers: [conv1]\naxes: {style_representation: [gram, mine, nnst]}\n"
    grid = grid_of(fixed + axes, small_grid)
    found = [trial.setup.operations_a_step for _, trial in make_trials(grid, Inputs(Sources(grid.base)))]
    assert found[0] < found[1] == found[2]


def test_layers_of_a_plugins_network_are_listed(sweep, tmp_path):
    path = tmp_path / "my_methods.py"
    path.write_text(METHODS, encoding="utf-8")
    said = sweep("layers", "tiny", "--plugin", path)
    assert said.exit_code == 0, said.stderr
    assert "second" in said.stdout
    path.write_text(METHODS.replace("return self.second", "assert pictures.sum() > 0\n        return self.second"))
    said = sweep("layers", "tiny", "--plugin", path)
    assert (said.exit_code, "the network tiny cannot be traced" in said.stderr) == (2, True)


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package with a plugin, as pip would leave it."""
    package = tmp_path / "site" / "toy_methods"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "base.py").write_text("from stylize.optimisers.adam import Adam as Base\n")
    (package / "losses.py").write_text(
        OPTIMISER.replace("stylize.optimisers.adam import Adam", ".base import Base as Adam")
    )
    info = tmp_path / "site" / "toy_methods-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-methods\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\ntoy = toy_methods.losses\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    yield package
    for module in [name for name in sys.modules if name.startswith("toy_methods")]:
        del sys.modules[module]


def test_an_entry_point_of_an_installed_package_is_a_plugin(installed, sweep):
    plugin = find_plugin("toy")
    assert plugin.package == "toy_methods"
    load_plugin(plugin)
    assert Settings(optimizer="mine").optimizer == "mine"
    assert '"mine"' in sweep("schema", "--plugin", "toy").stdout
    assert Request(grid=Path("a.yaml"), plugin=("toy",)).recorded()["plugin"] == ["toy"]
    (installed / "base.py").write_text("from stylize.optimisers.adam import Adam as Base  # changed\n")
    assert find_plugin("toy").sha256 != plugin.sha256
    with pytest.raises(PluginError, match="another version of the package toy_methods"):
        check_package(plugin)
    with pytest.raises(PluginError, match=r"no plugin 'tox'.*installed are toy"):
        find_plugin("tox")
    with pytest.raises(PluginError, match="install the package elsewhere on every node"):
        check_package(Plugin("toy", "", "elsewhere", "0" * 64))
