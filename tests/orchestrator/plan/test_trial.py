"""A trial's id: the same wherever the result is the same by definition, another where anything that counts differs."""

import math

import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image

from orchestrator.grid.reader import load_grid
from orchestrator.grid.values import check_value
from orchestrator.plan.identity import trial_id
from orchestrator.plan.inputs import Inputs, Sources
from orchestrator.plan.plan import Selection, make_plan
from orchestrator.plan.settings_columns import SETTINGS_SCHEMA, settings_row
from orchestrator.plan.transfer import check_point
from stylize import SettingsError
from stylize.settings import SETTING_NAMES, TrialSettings
from stylize.settings.painting_settings import PaintingSettings

HASHES = {"content": "c", "style": "s", "weights": "w", "other": "o"}


def identify(given, width=40, height=30, hashes=HASHES):
    """The id of a trial given as a mapping of settings."""
    named = {"content": "photo", "style": "painting"} | given
    return trial_id(check_point(TrialSettings(**named)), width, height, hashes)


# Ids are the SHA-256 of JSON that was written by hand when these were. Where one of them changes, results that people
# have on disk no longer belong to their grids: that needs a higher NUMERICS_VERSION, and new ids here.
GOLDEN = {
    "8792992f350d242cf15f": (
        {"size": [448, 448], "style_layers": ["conv1_1", "conv2_1"], "ratio": 1e-4},
        (448, 448),
    ),
    "74d9561b079808b7c68f": (
        {"architecture": "squeezenet1_1", "pooling": "max", "ratio": 0, "init": "noise", "seed": 7, "size": 40},
        (40, 30),
    ),
    "466f6f3c04b4b8a704ed": (
        {
            "architecture": "vgg19", "content_layers": {"conv1_1": 2}, "ratio": math.inf, "tv_weight": 1e-3,
            "precision": "bf16", "iterations": 100, "decay": "none", "decay_rate": 0.5,
        },
        (448, 300),
    ),
}  # fmt: skip


def test_pyramids_with_adam_are_of_a_numerics_version_of_their_own(monkeypatch):
    pyramid, plain, lbfgs = {"pyramid": [20]}, {}, {"pyramid": [20], "optimizer": "lbfgs"}
    before = [identify(given) for given in (pyramid, plain, lbfgs)]
    monkeypatch.setattr("orchestrator.plan.identity.NUMERICS_VERSION_OF_PYRAMIDS", 3)
    after = [identify(given) for given in (pyramid, plain, lbfgs)]
    assert before[0] != after[0]
    assert before[1:] == after[1:]


@pytest.mark.parametrize("golden", GOLDEN)
def test_ids_stay_what_they_were(golden):
    given, size = GOLDEN[golden]
    assert identify(given, *size) == golden


# What each setting is where nobody gives it, as grids/schema.json says.
DEFAULTS = {
    "size": 448, "architecture": "vgg16", "pooling": "average", "ratio": 1e-3, "tv_weight": 0, "iterations": 500,
    "content_layers": ["conv4_2"], "style_layers": ["conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"],
    "init": "content", "seed": 0, "optimizer": "adam", "learning_rate": 8, "decay": "staircase", "decay_rate": 0.94,
    "decay_steps": 100, "precision": "auto", "history_every": 10, "pyramid": [], "plateau": 0, "checkpointing": "auto",
    "frames_every": 0, "keep_state": False,
    "padding": "zero", "style_scale": 1, "style_representation": "gram", "mrf_stride": 1,
    "sliced_directions": 0, "sliced_power": 2,
    "mrf_rotations": [-15, -7.5, 0, 7.5, 15], "mrf_scales": [0.85, 0.9, 0.95, 1, 1.05, 1.1, 1.15], "colour": "style",
    "matting_weight": 0, "matting_from": 0, "laplacian_weight": 0, "laplacian_blur": 1,
    "noise_share": 0.5, "noise_deviation": 20, "betas": [0.9, 0.999], "style_blend": {},
}  # fmt: skip

VALUES = {
    "size": [448, 40, [40, 30]],
    "architecture": ["vgg16", "vgg19"],
    "pooling": ["average", "max"],
    "content_layers": [["conv4_2"], {"conv4_2": 1}, {"conv4_2": 3}, ["conv1_1"], []],
    "style_layers": [DEFAULTS["style_layers"], ["conv1_1", "conv2_1"], {"conv1_1": 0.5, "conv2_1": 0.5}, []],
    "ratio": [1e-3, 1, 0, math.inf],
    "tv_weight": [0, 0.5],
    "iterations": [500, 5e2, 10],
    "init": ["content", "noise", "style", "mix"],
    "padding": ["zero", "reflect"],
    "style_scale": [1, 0.5],
    "style_representation": ["gram", "wasserstein", "sliced-wasserstein"],  # mrf has other layers where none are named
    "sliced_directions": [0, 16],
    "sliced_power": [2, 1],
    "mrf_stride": [1, 2],
    "mrf_rotations": [[-15, -7.5, 0, 7.5, 15], [0]],
    "mrf_scales": [[0.85, 0.9, 0.95, 1, 1.05, 1.1, 1.15], [1]],
    "colour": ["style", "luminance"],
    "matting_weight": [0, 1],
    "matting_from": [0, 0.5],
    "laplacian_weight": [0, 1],
    "laplacian_blur": [1, 2],
    "noise_share": [0.5, 0.25],
    "noise_deviation": [20, 30],
    "betas": [[0.9, 0.999], [0.5, 0.9]],
    "style_blend": [{}, {"other": 0.25}],
    "seed": [0, 1],
    "optimizer": ["adam", "lbfgs"],
    "learning_rate": [8, 8.0, 1],
    "decay": ["staircase", "none", "exponential"],
    "decay_rate": [0.94, 0.5],
    "decay_steps": [100, 10],
    "precision": ["auto", "fp32", "bf16"],
    "history_every": [10, 5],
    "pyramid": [[], [64], [64, 128]],
    "plateau": [0, 1e-3],
    "checkpointing": ["auto", "always"],
    "frames_every": [0, 10],
    "keep_state": [False, True],
}


def what_counts(given, width, height, hashes):
    """All that a trial's result depends on."""
    full = DEFAULTS | given
    full["content_layers"] = _weighed(full["content_layers"], each=1) if full["ratio"] != 0 else {}
    full["style_layers"] = _weighed(full["style_layers"]) if full["ratio"] != math.inf else {}
    pictures = {name: hashes[name] for name in ("content", "style") if full[f"{name}_layers"] or full["init"] == name}
    if full["init"] == "mix" or full["colour"] != "style" or full["matting_weight"] or full["laplacian_weight"]:
        pictures["content"] = hashes["content"]
    if full["init"] not in ("noise", "mix"):
        del full["seed"], full["noise_deviation"]
    if full["init"] != "mix":
        del full["noise_share"]
    del full["checkpointing"], full["frames_every"], full["keep_state"]
    if full["optimizer"] == "lbfgs":
        del full["decay"], full["betas"]
    if not full["matting_weight"]:
        del full["matting_from"]
    if not full["laplacian_weight"]:
        del full["laplacian_blur"]
    if not full["style_layers"]:
        del full["style_blend"]
    elif full["style_blend"]:
        pictures["other"] = hashes["other"]
    if not full["style_layers"] and full["init"] != "style":
        del full["style_scale"]
    if not full["style_layers"] or full["style_representation"] != "sliced-wasserstein":
        del full["sliced_directions"], full["sliced_power"]
    if not full["style_layers"] or full["style_representation"] != "mrf":
        del full["mrf_stride"], full["mrf_rotations"], full["mrf_scales"]
    if not full["style_layers"]:
        del full["style_representation"]
    if full["optimizer"] == "lbfgs" or full["decay"] == "none":
        del full["decay_rate"], full["decay_steps"]
    return full, width, height, pictures, hashes["weights"]


def _weighed(layers, each=None):
    return layers if isinstance(layers, dict) else {layer: each or 1 / len(layers) for layer in layers}


def possible(given):
    full = DEFAULTS | given
    return (full["content_layers"] and full["ratio"] != 0) or (full["style_layers"] and full["ratio"] != math.inf)


def trials(most=None):
    """Some settings with one of their values each."""
    names = st.sets(st.sampled_from(list(VALUES)), max_size=most)
    return names.flatmap(lambda names: st.fixed_dictionaries({name: st.sampled_from(VALUES[name]) for name in names}))


def circumstances(most=5):
    """Width, height and hashes."""
    values = {"width": [40, 41], "height": [30, 31]} | {name: ["1", "2"] for name in HASHES}
    names = st.sets(st.sampled_from(list(values)), max_size=most)
    return names.flatmap(lambda names: st.fixed_dictionaries({name: st.sampled_from(values[name]) for name in names}))


def apart(width=40, height=30, **hashes):
    return width, height, HASHES | hashes


@settings(max_examples=150, deadline=None)
@given(trials(), circumstances(), trials(most=2), circumstances(most=1))
def test_two_trials_share_an_id_exactly_where_all_that_counts_is_the_same(one, here, change, elsewhere):
    other, there = one | change, here | elsewhere
    assume(possible(one) and possible(other))
    shared = what_counts(one, *apart(**here)) == what_counts(other, *apart(**there))
    assert (identify(one, *apart(**here)) == identify(other, *apart(**there))) == shared


@settings(max_examples=50, deadline=None)
@given(trials(), st.data())
def test_the_order_of_settings_and_defaults_spelled_out_change_nothing(one, choice):
    assume(possible(one))
    spelled_out = dict(choice.draw(st.permutations(list((DEFAULTS | one).items()))))
    assert identify(spelled_out) == identify(one)


@settings(max_examples=50, deadline=None)
@given(trials(), st.booleans(), st.booleans(), st.sampled_from([0, 1, 2**62]), st.sampled_from([0.5, 0.94]))
def test_settings_without_effect_change_nothing(one, content_only, constant, seed, rate):
    """The seed where nothing is drawn, the decay's numbers where there is none, a style that has no part."""
    one |= {"init": "content", "content_layers": ["conv4_2"], "ratio": math.inf if content_only else 1}
    one |= {"decay": "none"} if constant else {}
    idle = {"seed": seed}
    idle |= {"style_layers": ["conv1_1"], "style": None} if content_only else {}
    idle |= {"decay_rate": rate, "decay_steps": 7} if constant else {}
    other_style = HASHES | {"style": "another"} if content_only else HASHES
    assert identify(one | idle, hashes=other_style) == identify(one)


# For each setting two values of different effect, and what must be set for them to have one.
EFFECTIVE = {
    "size": (448, [448, 448], {}),  # the second stretches pictures
    "architecture": ("vgg16", "vgg19", {}),
    "pooling": ("average", "max", {}),
    "content_layers": (["conv4_2"], {"conv4_2": 2}, {}),
    "style_layers": (["conv1_1"], ["conv2_1"], {}),
    "ratio": (1e-3, 1.0000000001e-3, {}),
    "tv_weight": (0, 1e-9, {}),
    "iterations": (500, 501, {}),
    "init": ("content", "style", {}),
    "seed": (0, 1, {"init": "noise"}),
    "learning_rate": (8, 8.000000001, {}),
    "decay": ("staircase", "exponential", {}),
    "decay_rate": (0.94, 0.95, {"decay": "inverse_time"}),
    "decay_steps": (100, 101, {"decay": "exponential"}),
    "precision": ("fp32", "bf16", {}),
    "history_every": (10, 11, {}),  # the row's curves, though not the pixels
    "optimizer": ("adam", "lbfgs", {}),
    "pyramid": ([64, 128], [64, 129], {}),
    "plateau": (0, 1e-9, {}),
    "padding": ("zero", "reflect", {}),
    "style_scale": (1, 0.99, {}),
    "style_representation": ("gram", "wasserstein", {}),
    "sliced_directions": (0, 16, {"style_representation": "sliced-wasserstein"}),
    "sliced_power": (2, 1, {"style_representation": "sliced-wasserstein"}),
    "mrf_stride": (1, 2, {"style_representation": "mrf"}),
    "mrf_rotations": ([0], [0.1], {"style_representation": "mrf"}),
    "mrf_scales": ([1], [1.1], {"style_representation": "mrf"}),
    "colour": ("match-cholesky", "luminance", {}),
    "matting_weight": (0, 1e-9, {}),
    "matting_from": (0, 0.5, {"matting_weight": 1}),
    "laplacian_weight": (0, 1e-9, {}),
    "laplacian_blur": (1, 1.001, {"laplacian_weight": 1}),
    "noise_share": (0.5, 0.4, {"init": "mix"}),
    "noise_deviation": (20, 21, {"init": "noise"}),
    "betas": ([0.9, 0.999], [0.9, 0.99], {}),
    "style_blend": ({"other": 0.25}, {"other": 0.5}, {}),
}


def test_every_setting_is_tried():
    """Pictures and weights count by their hashes; checkpointing, frames_every and keep_state leave the pixels alone."""
    pictures = {"content", "style", "init_image", "content_mask", "style_mask"}
    of_clips = {"frame", "clip_frames", "frame_start", "temporal_weight"}  # test_clips.py
    of_painting = {name for name in SETTING_NAMES if name in PaintingSettings.__annotations__}  # test_painting.py
    assert set(EFFECTIVE) == set(SETTING_NAMES) - pictures - of_clips - of_painting - {
        "content_representation",  # its others are plugins: tests/stylize/test_plugins.py
        "weights",
        "preprocessing",
        "checkpointing",
        "frames_every",
        "print_file",
        "keep_state",
    }
    assert set(DEFAULTS) == set(VALUES) == {*EFFECTIVE, "checkpointing", "frames_every", "keep_state"}


@pytest.mark.parametrize("name", EFFECTIVE)
def test_each_setting_counts(name):
    first, second, others = EFFECTIVE[name]
    assert identify(others | {name: first}) != identify(others | {name: second})


@pytest.mark.parametrize("name", ["content", "style", "weights"])
def test_hashes_count_and_names_do_not(name):
    named = {"weights": "original"}
    assert identify(named, hashes=HASHES | {name: "another"}) != identify(named)
    assert identify(named | {name: "another"}) == identify(named)


def test_pictures_of_other_parts_count_where_they_have_a_part():
    """A blend, masks and the image to start from, each by its hash and not by its name."""
    parts = [
        {"style_blend": {"other": 0.25}},
        {"init": "image", "init_image": "x"},
        {"content_mask": "x", "style_mask": "y"},
    ]
    hashes = HASHES | {"init_image": "i", "content_mask": "m", "style_mask": "n"}
    ids = {identify(part, hashes=hashes) for part in parts}
    assert len(ids) == 3
    for part, name in zip(parts, ("other", "init_image", "style_mask"), strict=True):
        assert identify(part, hashes=hashes | {name: "another"}) not in ids
    assert identify({"init_image": "z", "content_mask": "z"} | {"ratio": math.inf}, hashes=hashes) == identify(
        {"ratio": math.inf}, hashes=hashes
    )


def test_an_id_is_20_hexadecimal_digits():
    assert len(identify({})) == 20
    int(identify({}), 16)


@pytest.fixture
def ids(tmp_path):
    """The ids of a grid's points, from pictures and weights that are files of its folder."""
    Image.linear_gradient("L").resize((40, 30)).save(tmp_path / "photo.png")
    Image.radial_gradient("L").resize((20, 20)).save(tmp_path / "painting.png")

    def read(text):
        path = tmp_path / "small.yaml"
        path.write_text(text)
        plan = make_plan(load_grid(path), Inputs(Sources(tmp_path)), {}, Selection())
        return [trial.id for _, trial in plan.points]

    return read


PLACES = [
    "settings: {content: photo.png, style: painting.png, weights: random, size: 40, ratio: 0.5, seed: 0}\n",
    "axes: {ratio: [1, 0.5]}\nsettings: {size: 40, weights: random, style: painting.png, content: photo.png}\n",
    "axes: {ratio: {a: 1, b: 5e-1}, style: [painting.png], size: [40]}\n"
    "settings: {content: photo.png, weights: random}\n",
    "settings: {content: photo.png, weights: random, size: 40}\n"
    "axes: {style: [painting.png, photo.png], ratio: [1, 2]}\n"
    "zip: [[style, ratio]]\nexclude: [{ratio: 1}]\ninclude: [{ratio: 0.5, style: painting.png}]\n",
    "settings: {content: photo.png, weights: random, style: painting.png, size: 40}\n"
    "axes: {ratio: [1]}\ninclude: [{ratio: 0.5}]\ntitle: Another\n",
]


def test_it_does_not_matter_where_in_a_grid_a_value_stands(ids):
    found = [ids(text) for text in PLACES]
    assert [len(one) for one in found] == [1, 2, 2, 2, 2]
    assert len({one[-1] for one in found}) == 1


def test_pixels_count_and_the_file_and_its_format_do_not(ids, tmp_path):
    text = "settings: {content: %s, style: %s, weights: random, size: 40}\n"
    first = ids(text % ("photo.png", "painting.png"))
    (tmp_path / "folder").mkdir()
    with Image.open(tmp_path / "photo.png") as photo:
        photo.save(tmp_path / "folder/copy.bmp")
        photo.putpixel((7, 7), 200)
        photo.save(tmp_path / "other.png")
    assert ids(text % ("folder/copy.bmp", "painting.png")) == first
    assert ids(text % ("other.png", "painting.png")) != first
    assert ids(text % ("photo.png", "photo.png")) != first


def test_the_content_of_a_weights_file_counts_and_its_name_does_not(ids, tmp_path):
    text = "settings: {content: photo.png, style: painting.png, size: 40}\naxes: {weights: [%s]}\n"
    for name, content in (("a.pth", b"1"), ("b.pth", b"1"), ("c.pth", b"2")):
        (tmp_path / name).write_bytes(content)
    a, b, c = ids(text % "a.pth, b.pth, c.pth")
    assert a == b != c
    unnamed, zero, one = ids(text % "random, 'random:0', 'random:1'")
    assert unnamed == zero != one


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"content": None}, "no content picture is given, but init: content starts from it"),
        ({"content": None, "init": "noise"}, "no content picture is given, but its content loss counts"),
        ({"style": None}, "no style picture is given, but its style loss counts"),
        ({"style": None, "ratio": math.inf, "init": "style"}, "no style picture is given, but init: style starts from"),
        ({"style_layers": ["conv9_1"]}, "vgg16 has no layer 'conv9_1'; its layers are conv1_1, conv1_2"),
        ({"content_layers": {"conv4_4": 1}}, "vgg16 has no layer 'conv4_4'"),
        ({"ratio": 0, "style_layers": []}, "neither content nor style has a part"),
        ({"ratio": math.inf, "content_layers": []}, "neither content nor style has a part"),
    ],
)
def test_impossible_combinations_are_refused(given, message):
    """Each setting alone is valid, and that is how grids check them."""
    alone = {name: check_value(name, value) for name, value in given.items()}
    with pytest.raises(SettingsError, match=message):
        check_point(TrialSettings(content="a", style="b").model_copy(update=alone))


@pytest.mark.parametrize(
    "given",
    [
        {"style": "a", "ratio": 0, "init": "noise"},
        {"style": "a", "content_layers": [], "init": "style"},
        {"content": "a", "ratio": math.inf},
        {"content": "a", "style_layers": []},
    ],
)
def test_a_picture_that_has_no_part_may_be_missing(given):
    assert check_point(TrialSettings(**given)).architecture == "vgg16"


def test_layers_that_nobody_named_are_the_architectures():
    complete = check_point(TrialSettings(content="a", style="b", architecture="alexnet", style_layers=["conv2"]))
    assert complete.content_layers == (("conv3", 1.0),)
    assert complete.style_layers == (("conv2", 1.0),)


def test_a_row_has_a_column_of_the_right_type_for_each_setting():
    one = TrialSettings(content="a", size=[40, 30], style_layers={"x": 2, "y": 1}, content_layers=["z"], ratio=math.inf)
    row = pa.Table.from_pylist([settings_row(one)], schema=SETTINGS_SCHEMA).to_pylist()[0]
    assert SETTINGS_SCHEMA.names[:3] == ["content", "style", "size"]
    assert row["size"] == 40
    assert (row["style_layers"], row["style_layer_weights"]) == (["x", "y"], [2.0, 1.0])
    assert (row["content_layers"], row["content_layer_weights"]) == (["z"], [1.0])
    others = {"content": "a", "style": None, "weights": None, "ratio": math.inf, "seed": 0, "pooling": "average"}
    assert others.items() <= row.items()
    assert {pa.string(), pa.int64(), pa.float64()} < set(SETTINGS_SCHEMA.types)
