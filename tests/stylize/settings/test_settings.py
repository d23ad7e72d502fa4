"""Settings of one image: what they accept, what they mean, and what they fill in."""

import math
import sys

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from stylize import ARCHITECTURES, LayerWeight, Settings, SettingsError


def test_defaults_are_the_papers():
    one = Settings()
    assert (one.ratio, one.init, one.optimizer, one.learning_rate) == (1e-3, "content", "adam", 8)
    assert (one.decay, one.decay_rate, one.decay_steps) == ("staircase", 0.94, 100)
    assert (one.tv_weight, one.precision, one.content_layers, one.style_layers) == (0, "auto", None, None)
    assert (one.pyramid, one.plateau) == ((), 0)


BOUNDS = {
    "ratio": ([0, 5e-324, 1e308, math.inf], [-5e-324, -1, -math.inf, math.nan]),
    "tv_weight": ([0, 1e308], [-1e-300, math.inf, math.nan]),
    "iterations": ([1, 1_000_000, 1e3], [0, -1, 1_000_001, 1.5, math.inf, math.nan, 10**400]),
    "seed": ([0, 2**63 - 1, 1e18], [-1, 2**63, 0.5]),
    "learning_rate": ([5e-324, 1e308], [0, -1, math.inf, math.nan, 10**400]),
    "decay_rate": ([5e-324, 0.94, 2], [0, -1, math.inf]),
    "decay_steps": ([1, 2**63 - 1], [0, 2**63, 1.5]),
    "history_every": ([1, 2**63 - 1], [0, 2**63, 1.5]),
    "frames_every": ([0, 2**63 - 1], [-1, 2**63, 1.5]),
    "matting_weight": ([0, 1e308], [-1, math.inf, math.nan]),
    "laplacian_weight": ([0, 1e308], [-1, math.inf, math.nan]),
    "laplacian_blur": ([0.1, 1e4], [0, 0.09, 10_001, math.nan]),
    "temporal_weight": ([0, 1e308], [-1, math.inf, math.nan]),
    "matting_from": ([0, 0.5], [-0.1, 1, math.nan]),
    "sliced_directions": ([0, 4096], [-1, 4097, 1.5]),
    "sliced_power": ([1, 2], [0, 3, 1.5]),
    "mrf_stride": ([1, 64], [0, 65, 1.5]),
    "noise_share": ([0.001, 0.999], [0, 1, math.nan]),
    "noise_deviation": ([5e-324, 255], [0, 256, -1]),
    "plateau": ([0, 5e-324, 0.999], [-1e-300, 1, math.inf, math.nan]),
}
CHOICES = {
    "content_representation": ["responses"],
    "init": ["content", "noise", "style", "mix", "image"],
    "style_representation": ["gram", "mean-variance", "wasserstein", "sliced-wasserstein", "mrf", "nnst"],
    "colour": ["style", "match-image-analogies", "match-cholesky", "luminance"],
    "optimizer": ["adam", "lbfgs"],
    "decay": ["none", "exponential", "staircase", "inverse_time", "cosine"],
    "precision": ["auto", "fp32", "tf32", "bf16"],
    "checkpointing": ["auto", "always", "never"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, (good, _) in BOUNDS.items() for value in good])
def test_a_number_within_its_bounds_is_kept(name, value):
    assert getattr(Settings(**{name: value}), name) == value


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, (_, bad) in BOUNDS.items() for value in bad])
def test_a_number_outside_its_bounds_is_refused_by_name(name, value):
    with pytest.raises(ValidationError) as caught:
        Settings(**{name: value})
    assert [error["loc"] for error in caught.value.errors()] == [(name,)]


@pytest.mark.parametrize("name", BOUNDS)
@pytest.mark.parametrize("value", ["5", True, False, None, [5], b"5", 5j])
def test_what_is_no_number_is_not_taken_for_one(name, value):
    with pytest.raises(ValidationError):
        Settings(**{name: value})


@pytest.mark.parametrize("name", CHOICES)
def test_a_choice_is_one_of_its_words_as_they_are_written(name):
    for word in CHOICES[name]:
        assert getattr(Settings(**{name: word}), name) == word
    for wrong in (CHOICES[name][0].upper(), f"{CHOICES[name][0]} ", "", None, 0, True):
        with pytest.raises(ValidationError, match=f"Input should be '{CHOICES[name][0]}'"):
            Settings(**{name: wrong})


def test_a_pyramid_is_a_set_of_edges_coarse_to_fine():
    assert Settings(pyramid=[256, 64, 1e2, 64]).pyramid == (64, 100, 256)
    assert Settings(pyramid=[]).pyramid == ()
    for wrong in (128, "128", [0], [1.5], [-64], [True], [None], {"64": 1}):
        with pytest.raises(ValidationError, match="must be a list of long edges in pixels"):
            Settings(pyramid=wrong)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("betas", [0.5, 0], [[0.9], [0.9, 1], [-0.1, 0.9], ["0.9", 0.9], 0.9, [True, 0.5], [math.nan, 0.5]]),
        ("mrf_rotations", [0, 7.5], [[], [180], [None], "0", 0]),
        ("mrf_scales", [0.5, 1], [[], [0], [10], [math.inf], 1]),
    ],
)
def test_a_list_of_numbers_has_its_bounds(name, good, bad):
    assert getattr(Settings(**{name: good}), name) == tuple(good)
    for wrong in bad:
        with pytest.raises(ValidationError, match=rf"{name}\n  Value error, must be"):
            Settings(**{name: wrong})


def test_every_setting_is_tried_here():
    lists = {"content_layers", "style_layers", "pyramid", "betas", "mrf_rotations", "mrf_scales"}
    assert {*BOUNDS, *CHOICES, *lists} == set(Settings.model_fields)


def test_a_name_that_is_no_setting_is_refused():
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Settings(raito=1)


def test_settings_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        Settings().ratio = 1


@pytest.mark.parametrize("name", ["iterations", "seed", "decay_steps", "history_every", "frames_every"])
def test_a_whole_number_is_an_int_however_it_is_written(name):
    assert type(getattr(Settings(**{name: 1e2}), name)) is int


@pytest.mark.parametrize(
    ("ratio", "alpha", "beta"),
    [(1e-3, 1, 1000), (1, 1, 1), (4, 1, 0.25), (0, 0, 1), (-0.0, 0, 1), (math.inf, 1, 0), (1e300, 1, 1e-300)],
)
def test_alpha_and_beta_follow_from_the_ratio(ratio, alpha, beta):
    one = Settings(ratio=ratio)
    assert one.alpha == alpha
    assert one.beta == pytest.approx(beta, rel=1e-15)


@settings(deadline=None)
@given(st.floats(1e-300, 1e300))
def test_alpha_over_beta_is_the_ratio(ratio):
    one = Settings(ratio=ratio)
    assert one.alpha / one.beta == pytest.approx(ratio, rel=1e-12)


LAYERS = {"content_layers": ["a", "b"], "style_layers": ["b", "c", "d"]}


@pytest.mark.parametrize(
    ("ratio", "given", "content", "style"),
    [
        (1, {}, "ab", "bcd"),
        (0, {}, "", "bcd"),
        (math.inf, {}, "ab", ""),
        (1, {"content_layers": []}, "", "bcd"),
        (1, {"style_layers": []}, "ab", ""),
        (1, {"style_layers": {}}, "ab", ""),
    ],
)
def test_layers_are_active_where_their_loss_counts(ratio, given, content, style):
    one = Settings(**(LAYERS | {"ratio": ratio} | given))
    assert "".join(layer for layer, _ in one.active_content_layers) == content
    assert "".join(layer for layer, _ in one.active_style_layers) == style
    assert one.active_layers == set(content) | set(style)
    assert (one.uses_content, one.uses_style) == (bool(content), bool(style))


@pytest.mark.parametrize(
    "given",
    [
        {"content_layers": [], "style_layers": []},
        {"content_layers": [], "ratio": math.inf},
        {"style_layers": {}, "ratio": 0},
    ],
)
def test_settings_that_leave_nothing_to_optimise_are_refused(given):
    with pytest.raises(ValidationError, match="neither content nor style has a part in the loss"):
        Settings(**given)


@pytest.mark.parametrize(
    ("name", "value", "weights"),
    [
        ("style_layers", ["a"], [("a", 1)]),
        ("style_layers", ["a", "b", "c", "d"], [("a", 0.25), ("b", 0.25), ("c", 0.25), ("d", 0.25)]),
        ("content_layers", ["a", "b"], [("a", 1), ("b", 1)]),
        ("style_layers", {"b": 2, "a": 0.5}, [("b", 2), ("a", 0.5)]),
        ("content_layers", {"a": 5e-324}, [("a", 5e-324)]),
        ("style_layers", (LayerWeight("a", 3.0),), [("a", 3)]),
    ],
)
def test_a_list_of_layers_shares_one_weight_in_style_and_has_one_each_in_content_and_a_mapping_says(
    name, value, weights
):
    found = getattr(Settings(**{name: value}), name)
    assert list(found) == weights
    assert all(type(one) is LayerWeight and type(one.weight) is float for one in found)


@pytest.mark.parametrize("name", ["content_layers", "style_layers"])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("conv1_1", "must be a list of layer names, or a mapping"),
        (5, "must be a list of layer names, or a mapping"),
        (["a", 5], "must be a list of layer names, or a mapping"),
        ([["a", 5]], "must be a list of layer names, or a mapping"),
        ([None], "must be a list of layer names, or a mapping"),
        (["a", "b", "a"], "a is named twice"),
        ({5: 1}, "5 is no layer name"),
        ({"a": "1"}, "the weight of a must be a number, not '1'"),
        ({"a": True}, "the weight of a must be a number, not True"),
        ({"a": None}, "the weight of a must be a number, not None"),
        ({"a": [1]}, "the weight of a must be a number"),
        ({"a": 0}, "the weight of a must be above 0 and finite, not 0"),
        ({"a": -1}, "the weight of a must be above 0 and finite, not -1"),
        ({"a": math.inf}, "the weight of a must be above 0 and finite, not inf"),
        ({"a": math.nan}, "the weight of a must be above 0 and finite, not nan"),
        ({"a": 10**400}, "the weight of a must be above 0 and finite"),
    ],
)
def test_layers_that_make_no_sense_are_refused_in_words(name, value, message):
    with pytest.raises(ValidationError) as caught:
        Settings(**{name: value})
    (error,) = caught.value.errors()
    assert error["loc"] == (name,)
    assert message in error["msg"]


@pytest.mark.parametrize("architecture", ARCHITECTURES.values(), ids=ARCHITECTURES)
def test_layers_that_nobody_named_are_the_architectures_own(architecture):
    complete = Settings().for_architecture(architecture)
    assert tuple(layer for layer, _ in complete.content_layers) == architecture.content_layers
    assert tuple(layer for layer, _ in complete.style_layers) == architecture.style_layers
    assert {weight for _, weight in complete.content_layers} == {1}
    assert math.fsum(weight for _, weight in complete.style_layers) == pytest.approx(1)


def test_layers_that_are_named_stay_and_an_empty_list_is_a_name_too():
    named = Settings(content_layers=[], style_layers={"conv3_3": 2}, ratio=5, seed=3)
    assert named.for_architecture(ARCHITECTURES["vgg16"]) == named


@pytest.mark.parametrize("name", ["content_layers", "style_layers"])
@pytest.mark.parametrize(("architecture", "layer"), [("vgg16", "conv3_4"), ("vgg19", "conv6_1"), ("alexnet", "")])
def test_an_unknown_layer_is_named_with_all_that_there_are(name, architecture, layer):
    with pytest.raises(SettingsError) as caught:
        Settings(**{name: [layer]}).for_architecture(ARCHITECTURES[architecture])
    known = ", ".join(ARCHITECTURES[architecture].layers)
    assert str(caught.value) == f"{architecture} has no layer {layer!r}; its layers are {known}"


def test_an_unknown_layer_is_refused_also_where_it_has_no_effect():
    with pytest.raises(SettingsError, match="no layer 'conv9'"):
        Settings(style_layers=["conv9"], ratio=math.inf).for_architecture(ARCHITECTURES["alexnet"])


WEIGHTS = st.floats(min_value=0, max_value=sys.float_info.max, exclude_min=True)
NAMES = st.text(min_size=1, max_size=8)
SOME_LAYERS = st.none() | st.lists(NAMES, unique=True, max_size=4) | st.dictionaries(NAMES, WEIGHTS, max_size=4)
VALID = st.fixed_dictionaries(
    {},
    optional={
        "content_layers": SOME_LAYERS,
        "style_layers": SOME_LAYERS,
        "ratio": st.floats(min_value=0),
        "tv_weight": st.floats(min_value=0, allow_infinity=False),
        "iterations": st.integers(1, 1_000_000),
        "seed": st.integers(0, 2**63 - 1),
        "learning_rate": WEIGHTS,
        "decay_rate": WEIGHTS,
        "decay_steps": st.integers(1, 2**63 - 1),
        "history_every": st.integers(1, 2**63 - 1),
        "frames_every": st.integers(0, 2**63 - 1),
        **{name: st.sampled_from(words) for name, words in CHOICES.items()},
    },
)


@settings(max_examples=75, deadline=None)
@given(VALID)
def test_settings_are_the_same_after_a_round_trip(given):
    content = given.get("content_layers") not in ([], {}) and given.get("ratio") != 0
    style = given.get("style_layers") not in ([], {}) and given.get("ratio") != math.inf
    assume(content or style)
    one = Settings(**given)
    assert Settings(**one.model_dump()) == one
    assert Settings(**one.model_dump(exclude_defaults=True)) == one
    assert Settings.model_validate(one) == one
    for name in given.keys() - {"content_layers", "style_layers"}:
        assert getattr(one, name) == given[name]
    assert hash(one) == hash(Settings(**given))
