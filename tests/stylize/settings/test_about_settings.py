"""What is declared with each setting, and that the rest of the project takes it from there."""

import itertools
import json
import math
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import Field

from results.sheets.shared_settings import fixed_text
from stylize.settings import ABOUT, AFTER_FRAME, DEFAULTS, PICTURES, SETTING_NAMES, TrialSettings, why_needed
from stylize.settings.conditions import ALWAYS, unless, where
from stylize.settings.picture_and_network_settings import abouts
from stylize.settings.value_text import setting_name, value_text

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", SETTING_NAMES)
def test_every_setting_says_what_it_is_when_it_counts_and_how_it_is_written(name):
    assert TrialSettings.model_fields[name].description
    assert setting_name(name)
    assert "_" not in setting_name(name)
    assert str(ABOUT[name].effect)
    assert value_text(name, DEFAULTS[name])
    assert ABOUT[name].effect.names() <= {*SETTING_NAMES, AFTER_FRAME}


def test_a_setting_without_a_declaration_is_refused():
    class More(TrialSettings):
        glow: float = Field(default=0.0)

    with pytest.raises(TypeError, match="the setting glow has no About in its type"):
        abouts(More)


SETTING = """
    glow: Annotated[
        float, About(title="γ of the glow", effect=unless("colour", "style"), words={0.5: "half"})
    ] = Field(default=0.0, ge=0, description="How much it glows.")

    @property
    def follows("""

USE = """
import json, sys
from orchestrator.grid.reader import load_grid
from orchestrator.grid.schema import grid_schema
from orchestrator.plan.inputs import Inputs, Sources
from orchestrator.plan.plan import Selection, make_plan
from results.sheets.shared_settings import fixed_text
from pathlib import Path
from downloads import Access
path = Path(sys.argv[1])
plan = make_plan(load_grid(path), Inputs(Sources(path.parent, access=Access(offline=True))), {}, Selection())
rows = plan.table().to_pylist()
print(json.dumps({
    "ids": [row["trial_id"] for row in rows],
    "column": [row["glow"] for row in rows],
    "footer": fixed_text(rows[-1]),
    "schema": json.dumps(grid_schema()),
}))
"""


def test_a_new_setting_touches_one_file(tmp_path):
    """A copy of the one file with one more setting: grid, schema, trial id, table and footer know it."""
    shutil.copytree(ROOT / "stylize", tmp_path / "stylize")
    for package in ("autopaint", "downloads", "grids", "orchestrator", "pictures", "results", "weights"):
        (tmp_path / package).symlink_to(ROOT / package)
    file = tmp_path / "stylize/settings/picture_and_network_settings.py"
    file.write_text(file.read_text().replace("\n    @property\n    def follows(", SETTING, 1))
    grid = tmp_path / "grid.yaml"
    settings = {"content": "astronaut", "style": "waves", "size": 64}
    axes = {"colour": ["style", "luminance"], "glow": [0, 0.5]}
    grid.write_text(json.dumps({"settings": settings, "axes": axes}))
    environment = {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    ran = subprocess.run(
        [sys.executable, "-c", USE, str(grid)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=environment,
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["column"] == [0, 0.5, 0, 0.5]
    style_default, style_glowing, luminance_default, luminance_glowing = found["ids"]
    assert style_default == style_glowing  # without effect there
    assert luminance_default != luminance_glowing
    assert "γ of the glow half" in found["footer"]
    assert "How much it glows." in found["schema"]


VALUES = {"init": ["noise", "mix", "content"], "decay": ["none", "staircase"], "ratio": [0.0, 1.0, math.inf]}


@pytest.mark.parametrize("facts", list(itertools.product(*VALUES.values())))
def test_conditions_combine_as_booleans_do(facts):
    init, decay, ratio = facts
    known = dict(zip(VALUES, facts, strict=True))
    noisy, decays, finite = where("init", "noise", "mix"), unless("decay", "none"), unless("ratio", 0, math.inf)
    truth = [init != "content", decay != "none", ratio == 1]
    assert [one.holds(known) for one in (noisy, decays, finite)] == truth
    assert (noisy & decays | finite).holds(known) is ((truth[0] and truth[1]) or truth[2])
    assert (noisy & (decays | finite)).holds(known) is (truth[0] and (truth[1] or truth[2]))


def test_what_is_not_known_stays_open_unless_the_rest_decides():
    noisy, decays = where("init", "noise"), unless("decay", "none")
    assert noisy.holds({}) is None
    assert (noisy & decays).holds({"decay": "none"}) is False
    assert (noisy & decays).holds({"decay": "staircase"}) is None
    assert (noisy | decays).holds({"decay": "staircase"}) is True
    assert (noisy | decays).holds({"decay": "none"}) is None
    assert ALWAYS.holds({}) is True


def test_conditions_are_put_into_words():
    assert str(where("init", "noise", "mix")) == "init is noise or mix"
    assert str(unless("decay", "none") & (where("init", "mix") | unless("style_layers", ()))) == (
        "decay is not none and (init is mix or style_layers is not empty)"
    )
    assert str(ABOUT["style_mask"].effect).endswith("content_mask is given")


def test_a_picture_is_needed_for_a_reason():
    facts = dict(DEFAULTS) | {"init": "mix"}
    assert {name: why_needed(name, facts) for name in PICTURES} == {
        "content": "init: mix starts from it",
        "style": "its style loss counts",
        "content_mask": None,
        "style_mask": None,
        "init_image": None,
        "hints": None,
    }
    assert why_needed("content", facts | {"ratio": 0.0, "init": "noise", "colour": "luminance"}) == (
        "colour: luminance needs its colours"
    )


def test_a_footer_is_silent_about_a_style_that_has_no_part():
    line = fixed_text(
        {"content": "a", "style": "b", "init": "noise", "style_layers": ("x",), "ratio": math.inf, "mrf_stride": 2}
    )
    assert line == "content a · initial image noise · α/β content only"


def test_a_footer_says_what_may_count_in_some_of_its_trials():
    """Where the initial image is an axis, the footer does not know it, and the seed counts in some of the trials."""
    assert fixed_text({"seed": 3, "noise_share": 0.25}) == "seed 3 · noise share 0.25"
    assert fixed_text({"init": "noise", "seed": 3, "noise_share": 0.25}) == "initial image noise · seed 3"


def test_shares_of_a_blend_are_always_written():
    assert value_text("style_blend", (("starry_night", 0.3),)) == "starry_night × 0.3"
    assert value_text("style_layers", (("conv1_1", 0.5), ("conv2_1", 0.5))) == "conv1_1\nconv2_1"
    assert value_text("style_layers", (("conv1_1", 0.5), ("conv2_1", 1.0))) == "conv1_1 × 0.5\nconv2_1 × 1"
