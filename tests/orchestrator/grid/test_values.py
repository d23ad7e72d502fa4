"""Single values: the types of settings, what messages say of wrong ones, and values spaced along an axis."""

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.errors import GridError
from orchestrator.grid.values import check_value, shown_value, spaced, unknown
from stylize import LayerWeight
from stylize.settings import SETTING_NAMES


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("ratio", 1, 1.0),
        ("ratio", math.inf, math.inf),
        ("iterations", 1e3, 1000),
        ("size", 448, 448),
        ("size", 448.0, 448),
        ("size", [448, 3e2], (448, 300)),
        ("seed", 2**63 - 1, 2**63 - 1),
        ("content", "a.jpg", "a.jpg"),
        ("content", None, None),
        ("style_layers", ["a", "b"], (("a", 0.5), ("b", 0.5))),
        ("content_layers", ["a", "b"], (("a", 1.0), ("b", 1.0))),
        ("style_layers", {"a": 2, "b": 0.5}, (("a", 2.0), ("b", 0.5))),
        ("style_layers", [], ()),
    ],
)
def test_a_good_value_takes_its_settings_type(setting, value, expected):
    found = check_value(setting, value)
    assert found == expected
    assert type(found) is type(expected)


SIZE = "size must be a long edge in pixels, or [width, height], each from 1 to 16384"


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("ratio", "1e-3", "ratio should be a valid number, not '1e-3'; write numbers without quotes"),
        ("ratio", True, "ratio should be a valid number, not True"),
        ("ratio", -1, "ratio should be greater than or equal to 0, not -1"),
        ("ratio", math.nan, "ratio should be greater than or equal to 0, not nan"),
        ("learning_rate", 0, "learning_rate should be greater than 0, not 0"),
        ("learning_rate", math.inf, "learning_rate should be a finite number, not inf"),
        ("iterations", "5", "iterations should be a valid integer, not '5'; write numbers without quotes"),
        ("iterations", False, "iterations should be a valid integer, not False"),
        ("iterations", 1.5, "iterations should be a valid integer, not 1.5"),
        ("iterations", None, "iterations should be a valid integer, not None"),
        ("iterations", 0, "iterations should be greater than or equal to 1, not 0"),
        ("seed", 2**63, "seed should be less than 9223372036854775808, not 9223372036854775808"),
        ("pooling", "maximum", "pooling should be 'average', 'max' or 'l2', not 'maximum'"),
        (
            "architecture",
            "vgg",
            "architecture should be 'vgg19', 'vgg16', 'vgg13' or another of the names that `sweep schema` lists, "
            "not 'vgg'",
        ),
        ("content", "", "content should have at least 1 character, not ''"),
        ("content", 5, "content should be a valid string, not 5"),
        ("weights", ["a" * 99], f"weights should be a valid string, not ['{'a' * 55}..."),
        ("size", 0, SIZE),
        ("size", 16_385, SIZE),
        ("size", True, SIZE),
        ("size", "448", f"{SIZE}; write numbers without quotes"),
        ("size", [448, "448"], f"{SIZE}; write numbers without quotes"),
        ("size", "large", SIZE),
        ("size", [448], SIZE),
        ("size", [448, 2.5], SIZE),
        ("style_layers", "a", "style_layers must be a list of layer names, or a mapping from layer names to weights"),
        ("style_layers", ["a", "a"], "style_layers a is named twice"),
        ("style_layers", {"a": "1"}, "style_layers the weight of a must be a number, not '1'"),
        ("style_layers", {"a": 0}, "style_layers the weight of a must be above 0 and finite, not 0"),
    ],
)
def test_a_bad_value_is_named_with_what_it_should_be(setting, value, message):
    with pytest.raises(GridError) as caught:
        check_value(setting, value)
    assert str(caught.value) == message


@settings(max_examples=75, deadline=None)
@given(
    st.sampled_from(SETTING_NAMES),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    ),
)
def test_any_value_at_all_is_either_hashable_or_refused_by_its_settings_name(setting, value):
    """Hashable: axes look for values that are there twice."""
    try:
        hash(check_value(setting, value))
    except GridError as error:
        assert str(error).startswith(f"{setting} ")  # noqa: PT017 - both ways are right


@pytest.mark.parametrize(
    ("name", "known", "message"),
    [
        ("ratoi", SETTING_NAMES, "there is no setting 'ratoi'; did you mean ratio?"),
        ("stile_layers", SETTING_NAMES, "there is no setting 'stile_layers'; did you mean style_layers?"),
        ("xyz", ["ratio", "seed"], "there is no setting 'xyz'; there are ratio, seed"),
        ("xyz", (name for name in ["ratio"]), "there is no setting 'xyz'; there are ratio"),
        ("xyz", [], "there is no setting 'xyz'; there are none here"),
        (5, ["ratio"], "there is no setting 5; there are ratio"),
        (["ratio"], ["seed"], "there is no setting ['ratio']; there are seed"),
        ("x" * 99, ["seed"], f"there is no setting '{'x' * 56}...; there are seed"),
        ("xyz", ["a"] * 99, f"there is no setting 'xyz'; there are {'a, ' * 29}a, … (99 in all)"),
    ],
)
def test_an_unknown_name_gets_the_closest_or_the_first_of_those_that_there_are(name, known, message):
    assert unknown("setting", name, known) == message


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.001, "0.001"),
        ("max", "'max'"),
        ((), "[]"),
        ((LayerWeight("a", 0.5), LayerWeight("b", 0.5)), "a+b"),
        ((LayerWeight("a", 0.5), LayerWeight("b", 2.0)), "a·0.5+b·2"),
        ((448, 300), "(448, 300)"),
        ("x" * 58, f"'{'x' * 58}'"),
        ("x" * 59, f"'{'x' * 56}..."),
    ],
)
def test_a_value_is_shown_short(value, text):
    assert shown_value(value) == text


@pytest.mark.parametrize(
    ("kind", "first", "last", "count", "values"),
    [
        ("logspace", 1e-4, 1e-2, 3, [1e-4, 1e-3, 1e-2]),
        ("logspace", 1e-2, 1e-5, 4, [1e-2, 1e-3, 1e-4, 1e-5]),
        ("logspace", 2, 32, 5, [2, 4, 8, 16, 32]),
        ("logspace", 1, 1000, 2, [1, 1000]),
        ("logspace", 5, 5, 3, [5, 5, 5]),
        ("logspace", 1e-300, 1e300, 3, [1e-300, 1, 1e300]),
        ("linspace", 0.1, 0.5, 5, [0.1, 0.2, 0.3, 0.4, 0.5]),
        ("linspace", 10, 0.1, 12, [10, 9.1, 8.2, 7.3, 6.4, 5.5, 4.6, 3.7, 2.8, 1.9, 1, 0.1]),
        ("linspace", 0, 9, 10, list(range(10))),
        ("linspace", 0, 1, 2, [0, 1]),
    ],
)
def test_spaced_values_are_those_that_one_would_write(kind, first, last, count, values):
    assert spaced(kind, first, last, count) == values


@settings(deadline=None)
@given(st.sampled_from([2.0, 10.0]), st.integers(-9, 9), st.integers(1, 9))
def test_powers_are_spaced_as_one_would_write_them_so_that_they_name_the_same_trials(base, first, steps):
    powers = [base**exponent for exponent in range(first, first + steps + 1)]
    assert spaced("logspace", powers[0], powers[-1], steps + 1) == powers


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 1000), st.sampled_from([1, 10, 1000]))
def test_decimals_are_spaced_as_one_would_write_them(first, steps, unit):
    values = [number / unit for number in range(first, first + steps + 1)]
    assert spaced("linspace", values[0], values[-1], steps + 1) == values


POSITIVE = st.floats(1e-30, 1e30)


@settings(deadline=None)
@given(st.sampled_from(["linspace", "logspace"]), POSITIVE, POSITIVE, st.integers(2, 60))
def test_spaced_values_begin_and_end_as_asked_and_are_even(kind, first, last, count):
    values = spaced(kind, first, last, count)
    assert (values[0], values[-1], len(values)) == (first, last, count)
    scale = math.log if kind == "logspace" else float
    steps = [scale(right) - scale(left) for left, right in itertools.pairwise(values)]
    even = (scale(last) - scale(first)) / (count - 1)
    # Values have few digits: a relative error, which a logarithm makes an absolute one.
    size = 1.0 if kind == "logspace" else max(map(abs, values))
    assert steps == pytest.approx([even] * (count - 1), rel=1e-9, abs=1e-10 * size)
