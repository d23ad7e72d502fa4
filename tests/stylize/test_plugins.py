"""Plugins: docs/plugins.md is swept over with its own example, in workers that know nothing of it before."""

import re
from pathlib import Path

import numpy as np
import pytest

import results
from orchestrator.plan.identity import plugins_of
from stylize import Settings, registry
from stylize.plugins import Plugin, PluginError, load_plugin, loaded_plugins, no_plugins_after, read_plugin

PAGE = Path(__file__).parents[2] / "docs" / "plugins.md"
[EXAMPLE] = re.findall(r"<!-- my_losses\.py -->\n```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
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


def test_the_pages_example_is_swept_beside_gram_and_its_columns_stay(plugin, small_grid, sweep, own_workers):
    grid = small_grid.read_text()
    grid = re.sub(r"axes:.*?(?=^\w|\Z)", "axes:\n  style_representation: [gram, histogram]\n", grid, flags=re.S | re.M)
    small_grid.write_text(re.sub(r"sheet: .*\n", "", grid))
    refused = sweep("plan", small_grid)
    assert (refused.exit_code, "histogram" in refused.stderr) == (2, True)
    ran = sweep(small_grid, "--plugin", plugin)
    assert ran.exit_code == 0, ran.stderr
    trials = results.load("runs/small").set_index("style_representation")
    assert trials["pixels_sha256"].nunique() == 2
    for _, trial in trials.iterrows():
        assert trial["brightness"] == pytest.approx(np.asarray(results.image(trial), dtype=float).mean(), rel=1e-6)
    [recorded] = results.Run("runs/small").metadata()["plugins"]
    assert (recorded["name"], recorded["columns"]) == ("my_losses.py", {"brightness": "float"})
    effects = results.effects(results.load("runs/small"), "style_loss")
    assert effects["effect"].iloc[0] == "style representation"
    plugin.write_text(EXAMPLE + "\n# another version\n", encoding="utf-8")
    _forget()
    assert results.load("runs/small")["brightness"].notna().all()  # read without the plugin
    planned = sweep("plan", small_grid, "--plugin", plugin)
    assert "1 to run" in planned.stdout  # the other one is gram's
    assert "1 done" in planned.stdout


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
    ],
)
def test_a_plugin_that_does_not_load_says_where_and_adds_nothing(source, message):
    before = {name: list(getattr(registry, name)) for name in ("STYLE_REPRESENTATIONS", "OPTIMISERS", "METRICS")}
    with pytest.raises(PluginError, match=message):
        load_plugin(Plugin("mine.py", source))
    assert {name: list(getattr(registry, name)) for name in before} == before
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
        read_plugin(tmp_path / "odd.py")
