"""Hints: taken from the truth or from a picture, and spread over a sketch up to its lines."""

import numpy as np
import pytest

from autopaint.hints import flood, hints_of_picture, hints_of_truth, nearest_hint, no_hints
from pictures.cartoons import cartoon


@pytest.fixture(scope="module")
def truth():
    return cartoon(0, (96, 96)).picture()


def test_eight_hints_are_the_first_of_forty_and_another_seed_gives_others(truth):
    few, many, other = hints_of_truth(truth, 8, 4, 1), hints_of_truth(truth, 40, 4, 1), hints_of_truth(truth, 8, 4, 2)
    assert (many.painted | ~few.painted).all()
    assert 4 * 16 < few.painted.sum() <= 8 * 16
    assert (few.painted != other.painted).any()


def test_hints_have_the_true_colours_and_lie_on_no_line(truth):
    hints = hints_of_truth(truth, 40, 4, 0)
    assert np.abs(hints.colours - truth / 255)[hints.painted].mean() < 0.06
    assert (hints.colours[~hints.painted] == 0).all()
    assert (truth[hints.painted].max(-1) < 60).mean() < 0.02  # ink


def test_white_paper_gives_no_hint():
    assert not hints_of_truth(np.full((32, 32, 3), 255, np.uint8), 8, 4, 0).any


def test_a_picture_of_hints_is_enlarged_without_mixing_colours():
    picture = np.zeros((2, 3, 4), np.uint8)
    picture[0, 1] = 255, 0, 0, 255
    picture[1, 2] = 0, 0, 0, 255  # black is a colour
    picture[1, 0] = 9, 9, 9, 100  # more transparent than not
    hints = hints_of_picture(picture, 4, 6)
    assert hints.painted.sum() == 8
    assert (hints.colours[:2, 2:4] == (1, 0, 0)).all()
    assert (hints.colours[2:, 4:] == 0).all()
    assert hints.painted[2:, 4:].all()


@pytest.fixture
def two_rooms():
    """A sketch that a line divides, with red in the left half and blue far away in the right one."""
    sketch = np.ones((20, 40), np.float32)
    sketch[:, 25] = 0
    hints = no_hints(20, 40)
    hints.colours[3, 2], hints.painted[3, 2] = (1, 0, 0), True
    hints.colours[18, 38], hints.painted[18, 38] = (0, 0, 1), True
    return sketch, hints


def test_colour_flows_up_to_a_line_also_where_another_hint_is_nearer(two_rooms):
    sketch, hints = two_rooms
    colours = flood(sketch, hints).colours
    assert (colours[:, :25] == (1, 0, 0)).all()
    assert (colours[:, 26:] == (0, 0, 1)).all()
    assert (nearest_hint(sketch, hints)[19, 24] == (0, 0, 1)).all()  # the rule without a network bleeds


def test_colour_flows_over_a_line_only_where_no_hint_is_inside(two_rooms):
    sketch, hints = two_rooms
    hints.painted[18, 38] = False
    hints.colours[18, 38] = 0
    spread = flood(sketch, hints)
    assert (spread.colours == (1, 0, 0)).all()
    assert (spread.inside[:, :25] == 1).all()
    assert (spread.inside[:, 25:] == 0).all()


def test_nearness_falls_to_1_over_e_at_a_tenth_of_the_longer_edge(two_rooms):
    spread = flood(*two_rooms)
    assert spread.nearness[3, 2] == 1
    assert spread.nearness[3, 6] == pytest.approx(np.exp(-1))


def test_without_hints_nothing_flows():
    spread = flood(np.ones((8, 9), np.float32), no_hints(8, 9))
    assert not spread.colours.any()
    assert not spread.inside.any()
    assert not spread.nearness.any()
