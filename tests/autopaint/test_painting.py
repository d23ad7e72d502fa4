"""One picture, from content to measured result, with the embedded generator."""

from pathlib import Path

import numpy as np
import pytest

from autopaint.export import generator_of, parameter_shapes
from autopaint.painting import SketchError, given, paint
from pictures.cartoons import cartoon
from stylize.settings import TrialSettings
from weights import find_generator
from weights.load import load


@pytest.fixture(scope="module")
def generator():
    return generator_of(load(find_generator("embedded", base=Path()).file, parameter_shapes()))


@pytest.fixture(scope="module")
def content():
    return cartoon(1_000_002, (96, 96)).picture()


def settings(**changed):
    return TrialSettings(method="autopainter", content="content", **changed)


def painted(generator, content, hints=None, **changed):
    one = settings(**changed)
    return paint(generator, given(content, hints, one), one)


def test_hints_of_the_truth_bring_a_result_nearer_to_it_than_the_rule_without_a_network(generator, content):
    none, few, many = (painted(generator, content, hint_count=count).measured for count in (0, 8, 40))
    assert none["pixel_error"] > few["pixel_error"] > many["pixel_error"]
    assert few["pixel_error"] < few["nearest_hint_error"]
    assert many["pixel_error"] < many["nearest_hint_error"]
    assert none["nearest_hint_error"] is None
    assert none["hint_error"] is None


@pytest.mark.parametrize("colour", [(255, 0, 200), (0, 0, 0), (10, 240, 30), (255, 255, 255)])
def test_a_hint_of_any_colour_arrives_and_stays_within_the_lines(generator, colour):
    content = np.full((96, 96, 3), 255, np.uint8)
    content[20:76, 20:22] = content[20:76, 74:76] = content[20:22, 20:76] = content[74:76, 20:76] = 0  # a box
    hints = np.zeros((96, 96, 4), np.uint8)
    hints[44:52, 44:52] = *colour, 255
    result = painted(generator, content, hints, sketch="as-is")
    inside, outside = result.pixels[26:70, 26:70].astype(int), result.pixels[:17].astype(int)
    assert np.abs(inside - colour).mean() < 20
    assert np.abs(outside - colour).mean() > 40
    assert result.measured["hint_error"] < 8
    assert result.measured["pixel_error"] is None


def test_a_coloured_content_that_is_taken_as_a_sketch_is_noted(content):
    assert "the content has colours" in given(content, None, settings(sketch="as-is")).note
    grey = content.mean(-1, keepdims=True).astype(np.uint8).repeat(3, -1)
    assert given(grey, None, settings(sketch="as-is")).note is None
    assert given(content, None, settings()).note is None


def test_the_sketch_itself_can_be_shown_with_its_hints(generator, content):
    shown = painted(generator, content, hint_count=8, output="sketch").pixels
    one = given(content, None, settings(hint_count=8))
    grey = np.ptp(shown.astype(int), -1) == 0
    assert (shown[~one.hints.painted] == np.round(255 * one.sketch[~one.hints.painted])[:, None]).all()
    assert (~grey).sum() > 50


@pytest.mark.parametrize(
    ("content", "changed", "message"),
    [
        (np.full((64, 64, 3), 180, np.uint8), {}, "no line was found with sketch_threshold 0.4"),
        (cartoon(1, (64, 64)).picture(), {"sketch_threshold": 40.0}, "nearly all of it is black"),
        (np.full((64, 64, 3), 255, np.uint8), {"sketch": "as-is"}, "the content has no lines"),
        (np.full((64, 64, 3), 3, np.uint8), {"sketch": "as-is"}, "the content is nearly all dark"),
    ],
)
def test_a_content_without_a_sketch_is_refused_in_words(content, changed, message):
    with pytest.raises(SketchError, match=message):
        given(content, None, settings(**changed))


def test_a_larger_picture_is_coloured_as_a_small_one(generator):
    small, large = (
        painted(generator, cartoon(1_000_001, (edge, edge)).picture(), hint_count=8).pixels for edge in (96, 288)
    )
    reduced = large.reshape(96, 3, 96, 3, 3).mean((1, 3))
    assert np.abs(reduced - small).mean() < 14
