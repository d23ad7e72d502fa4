"""The grids that come with the program, against the paper (López, Villanueva, Yus 2017)."""

import math
import zlib
from pathlib import Path

import pytest
from PIL import Image

import grids
from downloads import Access
from orchestrator.grid.reader import load_grid
from orchestrator.plan.clips import with_frames
from orchestrator.plan.inputs import Inputs, Sources
from orchestrator.plan.plan import Selection, make_plan

FOLDER = Path(grids.__file__).parent

TRIALS = {
    "figure3": 2,  # VGG-16 and VGG-19
    "figure4": 5 + 5,  # a layer of content at a time; ever more layers of style
    "figure5": 5 * 3,  # sets of style layers × ratios
    "figure6": 5,  # painters
    "learning_rate": 4 * 4,  # decays × rates
    "quickstart": 3 * 3,  # styles × ratios
    "sampled": 24,  # points that are drawn
    "halved": 36,
    "colour": 2 * 4,  # photographs × ways to keep colours
    "mrf": 2 * 4,  # paintings × style losses
    "nnst": 3 * 3,  # pyramids × ratios
    "offline": 3 * 3,  # paintings × ways without a download
    "methods": 2 * 3 * 7,  # photographs × paintings × methods
    "photoreal": 2 * 4,  # styles × weights of the matting Laplacian
    "laplacian": 3 * 4,  # styles × weights of the Laplacian loss
    "optimisers": 3 * 3,  # optimisers × iterations
    "initialisation": 5 * 2,  # starts × iterations
    "pooling": 3 * 3,  # paddings × poolings
    "networks": 6,
    "autopainter": 5 * 3 * 2,  # pictures × hints × sketch and result
    "autopainter_losses": 3 * 2 * 4,  # pictures × hints × sets of losses
}
OF_THE_PAPER = ["figure3", "figure4", "figure5", "figure6", "learning_rate"]
SEARCHED = "searched"  # whose trials are proposed while it runs
VIDEO = "video"  # whose trials are as many as its clip has frames

LAYERS = ["conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"]
CUMULATIVE = [LAYERS[:count] for count in range(1, 6)]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Nothing is fetched or found in a home, and paintings are plain colours: to draw them takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))  # torch hub's cache may hold the weights
        patch.setattr(
            "pictures.drawn_once.drawn_once", lambda name: Image.new("RGB", (600, 400), zlib.crc32(name.encode()) >> 8)
        )
        yield Inputs(Sources(FOLDER, access=Access(offline=True, fetch=False)))


@pytest.fixture
def plan(inputs):
    return lambda name: make_plan(load_grid(FOLDER / f"{name}.yaml"), inputs, {}, Selection())


def names(layers):
    return [layer for layer, _ in layers]


def test_every_bundled_grid_is_here():
    assert {path.stem for path in FOLDER.glob("*.yaml")} == {*TRIALS, SEARCHED, VIDEO, "pictures"}


@pytest.mark.parametrize("name", TRIALS)
def test_a_bundled_grid_plans_offline_with_as_many_trials_as_the_paper_shows(name, plan):
    made = plan(name)
    assert all(trial.weights_sha256 != "unknown" for trial in made.trials.values())
    assert len(made.points) == len(made.trials) == made.count("to run") == TRIALS[name]
    assert sum(len(batch.trials) for batch in made.batches) == TRIALS[name]


@pytest.mark.parametrize("name", [*TRIALS, SEARCHED, VIDEO])
def test_a_bundled_grid_says_in_a_paragraph_what_to_look_for_and_lays_out_every_axis(name):
    grid = load_grid(FOLDER / f"{name}.yaml")
    assert grid.title != name
    assert len(grid.title) <= 60
    assert 60 < len(grid.description) < 300
    assert "Look for" in grid.description
    assert "\n" not in grid.description
    on_sheet = {*grid.rows, *grid.columns}
    assert on_sheet
    for dimension in grid.dimensions:
        assert on_sheet & set(dimension.settings), f"{dimension.settings} is nowhere on the sheet"


def test_the_films_share_their_first_frame_and_nothing_else(inputs):
    made = make_plan(with_frames(load_grid(FOLDER / "video.yaml"), inputs), inputs, {}, Selection())
    frames = made.grid.settings.clip_frames
    assert len(made.points) == 3 * frames
    assert len(made.trials) == 1 + 3 * (frames - 1)
    assert sum(trial.after is None for trial in made.trials.values()) == frames  # those on their own


@pytest.mark.parametrize("name", OF_THE_PAPER)
def test_the_papers_pictures_and_networks_have_stand_ins_offline_and_these_are_named(name, plan):
    for trial in plan(name).trials.values():
        assert "astronaut for neckarfront" in trial.stand_ins
        assert f"{trial.settings.architecture}-steerable for {trial.settings.architecture} original" in trial.stand_ins
        assert (trial.width, trial.height) == (448, 448)


def test_the_quickstart_needs_pictures_that_are_always_here(plan):
    for trial in plan("quickstart").trials.values():
        assert trial.stand_ins == ("vgg16-steerable for vgg16 original",)


def test_figure_3_compares_networks(plan):
    assert [trial.settings.architecture for _, trial in plan("figure3").points] == ["vgg16", "vgg19"]


def test_figure_4_is_content_alone_layer_by_layer_above_style_alone_from_ever_more_layers(plan):
    made = [trial.settings for _, trial in plan("figure4").points]
    assert {one.init for one in made} == {"noise"}
    content, style = made[:5], made[5:]
    assert [names(one.active_content_layers) for one in content] == [[layer] for layer in LAYERS]
    assert [names(one.active_style_layers) for one in style] == CUMULATIVE
    assert {(one.alpha, one.beta) for one in content} == {(1, 0)}
    assert {(one.alpha, one.beta) for one in style} == {(0, 1)}


def test_figure_5_crosses_cumulative_style_layers_with_ratios(plan):
    made = [trial.settings for _, trial in plan("figure5").points]
    assert [(names(one.style_layers), one.ratio) for one in made] == [
        (layers, ratio) for layers in CUMULATIVE for ratio in (1e-4, 1e-3, 1e-2)
    ]
    for one in made:
        assert math.fsum(weight for _, weight in one.style_layers) == pytest.approx(1)
    grid = load_grid(FOLDER / "figure5.yaml")
    assert (grid.rows, grid.columns) == (("style_layers",), ("ratio",))


def test_figure_6_has_five_painters_with_a_learning_rate_each(plan):
    made = plan("figure6")
    assert made.grid.dimensions[0].names("style") == ["Turner", "Van Gogh", "Munch", "Picasso", "Kandinsky"]
    styles = [trial.settings.style for _, trial in made.points]
    assert styles == ["shipwreck", "starry_night", "the_scream", "seated_nude", "composition_vii"]
    assert {trial.settings.ratio for trial in made.trials.values()} == {1e-3}
    assert made.grid.dimensions[0].settings == ("style", "learning_rate")


def test_learning_rates_are_tried_with_every_decay(plan):
    made = [trial.settings for _, trial in plan("learning_rate").points]
    assert {one.decay for one in made} == {"none", "exponential", "staircase", "inverse_time"}
    assert len({one.learning_rate for one in made}) == 4
    assert 8 in {one.learning_rate for one in made}  # the paper's own, with the staircase
