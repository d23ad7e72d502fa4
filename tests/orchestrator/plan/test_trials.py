"""Trials of whole grids: what is worked out once for many points is what each point by itself gives."""

import json
import math

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from orchestrator.grid.reader import load_grid
from orchestrator.plan.clips import with_frames
from orchestrator.plan.identity import trial_id
from orchestrator.plan.inputs import Inputs, Sources
from orchestrator.plan.plan import Selection, make_plan
from orchestrator.plan.settings_columns import SETTINGS_SCHEMA, settings_row
from orchestrator.plan.transfer import check_point
from orchestrator.preview.preview import preview
from orchestrator.preview.time import Estimate
from results import Run
from stylize.settings import ABOUT

SETTINGS = {
    "content": "photo.png",
    "style": "painting.png",
    "architecture": "squeezenet1_1",
    "weights": "random",
    "init": "noise",
    "size": 64,
}

AXES = {
    "ratio": [0, 1e-3, 0.5, math.inf],
    "seed": [0, 1, 7],
    "iterations": [500, 3, 4],
    "learning_rate": [8, 2.5],
    "decay": ["none", "staircase", "exponential"],
    "decay_rate": [0.94, 0.5],
    "betas": [[0.9, 0.999], [0.5, 0.5]],
    "tv_weight": [0, 1e-3],
    "noise_share": [0.5, 0.25],
    "init": ["noise", "mix", "content", "style", "image"],
    "style_layers": [["conv1"], {"conv1": 0.25, "fire2": 2}, []],
    "optimizer": ["adam", "lbfgs"],
    "matting_weight": [0, 2],
    "matting_from": [0, 0.5],
    "laplacian_weight": [0, 2],
    "laplacian_blur": [1, 2],
    "style": ["painting.png", "photo.png"],
    "style_blend": [{}, {"photo.png": 0.25}],
    "size": [64, [80, 70]],
    "pyramid": [[], [32]],
    "frames_every": [0, 2],
    "keep_state": [False, True],
    "colour": ["style", "luminance"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trials")
    Image.linear_gradient("L").resize((80, 64)).save(folder / "photo.png")
    Image.radial_gradient("L").resize((64, 64)).save(folder / "painting.png")
    (folder / "clip").mkdir()
    for number in range(3):
        Image.linear_gradient("L").rotate(number).resize((80, 64)).save(folder / f"clip/{number}.png")
    return folder


@st.composite
def axes(draw):
    names = draw(st.lists(st.sampled_from(sorted(AXES)), unique=True, min_size=1, max_size=5))
    return {name: draw(st.permutations(AXES[name]).map(lambda values: values[:3])) for name in names}


def plan_of(folder, axes, **fixed):
    fixed = SETTINGS | {"init_image": "photo.png"} | fixed
    path = folder / "grid.yaml"
    text = json.dumps({"settings": {n: v for n, v in fixed.items() if n not in axes}, "axes": axes})
    path.write_text(text.replace("Infinity", ".inf"))
    inputs = Inputs(Sources(folder))
    return make_plan(with_frames(load_grid(path), inputs), inputs, {}, Selection())


def possible(axes):
    """Without points that a grid refuses: neither picture has a part."""
    return not (math.inf in axes.get("ratio", ()) and axes.get("content_layers")) and not (
        0 in axes.get("ratio", ()) and "style_layers" in axes
    )


def hashes(trial, inputs):
    """All hashes that an id may be made from, looked up for this one trial."""
    pictures = {"content": trial.content, "style": trial.settings.style, "init_image": "photo.png"}
    pictures |= {picture: picture for picture, _ in trial.settings.style_blend}
    found = {name: inputs.picture(reference).sha256 for name, reference in pictures.items()}
    weights = inputs.network_weights(trial.settings)
    return found | {"weights": f"{weights.sha256} {weights.preprocessing}"}


@settings(max_examples=60, deadline=None)
@given(axes().filter(possible))
def test_each_trial_is_what_its_point_alone_gives(folder, axes):
    plan = plan_of(folder, axes)
    for point, trial in plan.points:
        alone = check_point(plan.grid.settings_at(point))
        assert trial.settings == alone
        assert trial.iterations == alone.iterations
        assert trial.id == trial_id(alone, trial.width, trial.height, hashes(trial, plan.inputs))
    rows = [
        settings_row(trial.settings) | {"weights": trial.weights_reference, "preprocessing": trial.preprocessing}
        for _, trial in plan.points
    ]
    table = plan.table()
    assert table.select(SETTINGS_SCHEMA.names).equals(pa.Table.from_pylist(rows, schema=SETTINGS_SCHEMA))
    assert table["trial_id"].to_pylist() == [trial.id for _, trial in plan.points]


def test_frames_follow_one_another_by_id_and_hash(folder):
    plan = plan_of(folder, {"seed": [1, 2], "ratio": [0.5, 1]}, content="clip/", init="content")
    trials = dict(plan.points)
    assert len(trials) == 12
    for point, trial in plan.points:
        before = trials.get((*point[:2], point[2] - 1))
        assert trial.after == (before.id if before else None)
        found = hashes(trial, plan.inputs)
        if before:
            found["previous"] = f"{before.id} {plan.inputs.picture(before.content).sha256}"
        assert trial.id == trial_id(trial.settings, trial.width, trial.height, found)


def test_trials_that_differ_in_numbers_share_a_setup(folder):
    plan = plan_of(folder, {"seed": list(range(50)), "ratio": [0, 0.5, 1, 2], "iterations": [3, 4]})
    assert len(plan.points) == 400
    assert len(plan.setups) == 2  # without and with a content loss


def test_only_settings_that_nothing_else_depends_on_stand_alone():
    """A reminder: batches, sizes and pictures are asked of a setup, so that none of these may depend on such a one."""
    alone = {name for name, about in ABOUT.items() if about.alone}
    assert alone == {
        *("ratio", "tv_weight", "iterations", "noise_share", "noise_deviation", "seed", "betas", "learning_rate"),
        *("plateau", "decay", "decay_rate", "decay_steps", "hint_count", "hint_size"),
    }


def test_a_file_that_does_not_name_its_preprocessing_is_assumed_to_be_torchvisions_unless_the_grid_names_one(folder):
    (folder / "own.pth").write_bytes(b"numbers")
    found = {}
    for named in (None, "torchvision", "vgg-original"):
        plan = plan_of(folder, {"preprocessing": [named]}, weights="own.pth")
        [(_, trial)] = plan.points
        [weights] = preview(plan, Run(folder / "run"), Estimate(None, "", ""))["weights"].values()
        assert plan.table()["preprocessing"].to_pylist() == [named or "torchvision"]
        assert weights["preprocessing"] == trial.preprocessing == (named or "torchvision")
        assert weights["preprocessing_is_assumed"] is (named is None)
        found[trial.id] = trial.network
    assert len(found) == len(set(found.values())) == 3
