"""Words as a figure would print them, and lines that fit their place."""

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from results.sheets.shared_settings import fixed_text
from results.sheets.text import font, wrap
from stylize.settings.value_text import number_text, value_text, value_texts


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1e-4, "10⁻⁴"),
        (1e-2, "10⁻²"),
        (0.1, "0.1"),
        (2.5e-6, "2.5·10⁻⁶"),
        (0, "0"),
        (1, "1"),
        (0.94, "0.94"),
        (448, "448"),
        (99999, "99999"),
        (1e5, "10⁵"),
        (123456789, "1.23457·10⁸"),
        (-1e-3, "-10⁻³"),
        (-0.5, "-0.5"),
        (9.9999999e-5, "10⁻⁴"),
        (math.inf, "inf"),
    ],
)
def test_numbers_are_written_as_by_hand(number, text):
    assert number_text(number) == text


@settings(max_examples=200, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_written_number_is_the_number_to_six_digits(number):
    text = number_text(number).translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    if number_text(number) == text:
        digits, exponent = text, "0"
    else:
        digits, exponent = text.split("·10") if "·" in text else text.replace("10", "1·", 1).split("·")
    assert float(f"{digits}e{exponent}") == pytest.approx(number, rel=1e-5)


@pytest.mark.parametrize(
    ("setting", "value", "text"),
    [
        ("ratio", 0.0, "style only"),
        ("ratio", math.inf, "content only"),
        ("tv_weight", 0.0, "0"),
        ("style_layers", ("conv1_1", "conv2_1"), "conv1_1\nconv2_1"),
        ("style_layers", (), "none"),
        ("weights", None, "default"),
        ("pooling", "max", "max"),
        ("content", "astronaut", "astronaut"),
        ("content", "../my pictures/neckar.front.jpg", "neckar.front"),
        ("style", "https://example.org/a/b/Starry_Night.jpeg?size=large", "Starry_Night"),
        ("style", "C:\\pictures\\sea.png", "sea"),
        ("style", "picasso.jpg", "picasso"),
        ("init_image", "trial:3fa9c1d2e4b5a6978801", "trial:3fa9c1d2e4b5a6978801"),
    ],
)
def test_values_of_settings(setting, value, text):
    assert value_text(setting, value) == text


def test_settings_without_effect_are_left_out_of_the_footer():
    line = fixed_text(
        {
            "content": "cat",
            "style": None,
            "style_layers": ("conv1_1", "conv2_1"),
            "style_layer_weights": (0.5, 0.5),
            "ratio": 1e-3,
            "tv_weight": 0.0,
            "init": "content",
            "seed": 3,
            "decay": "none",
            "decay_rate": 0.94,
            "decay_steps": 100,
        }
    )
    assert line == "content cat · style layers conv1_1 + conv2_1 · α/β 10⁻³ · initial image content · decay none"


def test_settings_with_effect_are_in_the_footer():
    line = fixed_text({"init": "noise", "seed": 3, "style_layer_weights": (0.5, 2.0), "tv_weight": 0.1})
    assert line == "initial image noise · seed 3 · style layer weights 0.5 + 2.0 · total variation weight 0.1"


texts = st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=300)


@settings(max_examples=100, deadline=None)
@given(texts, st.integers(40, 400), st.integers(8, 24))
def test_no_wrapped_line_is_wider_than_its_place(text, width, size):
    typeface = font(size)
    for line in wrap(text, typeface, width):
        assert typeface.getlength(line) <= width or len(line) == 1


@settings(max_examples=100, deadline=None)
@given(texts, st.integers(60, 400))
def test_wrapping_loses_nothing_but_spaces(text, width):
    printable = [character for character in text if character.isprintable() and not character.isspace()]
    assert [
        character for line in wrap(text, font(12), width) for character in line if not character.isspace()
    ] == printable


def test_lines_break_at_spaces_first_and_then_after_separators():
    typeface = font(12)
    width = typeface.getlength("a long label")
    assert wrap("a long label here", typeface, width) == ["a long label", "here"]
    assert wrap("pictures/of/long/folders.jpg", typeface, width)[0].endswith("/")


def test_a_layer_or_a_name_is_not_broken_where_it_fits_on_a_line():
    typeface = font(12)
    width = typeface.getlength("conv1_1 + conv4")
    assert wrap("conv1_1 + conv4_1", typeface, width) == ["conv1_1 +", "conv4_1"]
    name, narrow = "by Jean-Baptiste Corot", typeface.getlength("by Jean-Bap")
    assert wrap(name, typeface, narrow) == ["by Jean-", "Baptiste", "Corot"]
    assert wrap(name, typeface, typeface.getlength("Jean-Baptiste ")) == ["by", "Jean-Baptiste", "Corot"]


def test_more_lines_than_there_is_place_for_end_in_an_ellipsis():
    lines = wrap("one two three four five six seven", font(12), 60, most_lines=2)
    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert font(12).getlength(lines[1]) <= 60


def test_line_breaks_of_the_text_are_kept():
    assert wrap("conv1_1\nconv2_1", font(12), 500) == ["conv1_1", "conv2_1"]


@pytest.mark.parametrize("character", "αβé⁻⁴×·–…→ß→Жłő")
def test_the_font_has_the_characters_of_labels(character):
    missing = bytes(font(24).getmask("\uffff"))
    assert bytes(font(24).getmask(character)) != missing


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ([1e-2, 0.1, 10**-2.5], ["10⁻²", "10⁻¹", "3.16·10⁻³"]),
        ([1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0], ["10⁻³", "10⁻²", "10⁻¹", "1", "10", "10²"]),
        ([0.01, 0.1, 1.0], ["0.01", "0.1", "1"]),
        ([0.9995, 0.94], ["0.9995", "0.94"]),
        ([100.0, 2000.0, 500_000.0], ["100", "2000", "500000"]),
        ([1.0, 123_456_789.0], ["1", "1.23·10⁸"]),
        ([0.123456, 0.123457, 0.5], ["0.123456", "0.123457", "0.5"]),
        ([0.0, math.inf, 1e-3, 0.5], ["style only", "content only", "10⁻³", "5·10⁻¹"]),
        ([None, 0.5], ["default", "0.5"]),
        ([1e-4], ["10⁻⁴"]),
    ],
)
def test_numbers_along_an_axis_have_one_notation(values, written):
    assert value_texts("ratio", values) == written


def test_pictures_of_one_name_in_two_folders_keep_their_paths():
    assert value_texts("style", ["a/sea.jpg", "b/sea.jpg", "c/hill.jpg"]) == ["a/sea.jpg", "b/sea.jpg", "hill"]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=6, unique=True))
def test_numbers_along_an_axis_are_told_apart(values):
    texts = value_texts("learning_rate", values)
    assert len(set(texts)) == len({0.0 if value == 0 else value for value in values})


def test_a_setting_is_said_if_it_has_an_effect_in_some_trial():
    shared = {"content": "a", "style": "b", "style_layers": ("x",), "ratio": 1e-3, "mrf_stride": 2}
    kinds = [pd.DataFrame({"style_representation": names}) for names in (["gram", "wasserstein"], ["gram", "mrf"])]
    without, with_patches = (fixed_text(shared, trials) for trials in kinds)
    assert "mrf stride" not in without
    assert "mrf stride 2" in with_patches
    assert "mrf stride 2" in fixed_text(shared)  # nothing is known of the trials
