"""Cartoons are the same each time, have true colours of their parts, and a sketch that is their ink."""

import numpy as np
import pytest

from downloads import Access
from pictures import Finder
from pictures.cartoons import SCENES, SIZE, cartoon


@pytest.mark.parametrize("scene", SCENES)
def test_a_cartoon_is_the_same_at_every_call_and_another_at_another_number(scene):
    first, again, other = (cartoon(number, (64, 48), scene).picture() for number in (5, 5, 6))
    assert first.shape == (48, 64, 3)
    assert (first == again).all()
    assert (first != other).any()


def test_a_part_may_have_another_colour_and_the_rest_stays():
    drawn = cartoon(1, (64, 64))
    part = np.bincount(drawn.labels.ravel()).argmax()
    colours = drawn.colours.copy()
    colours[part] = (255, 0, 255)
    before, after = drawn.picture().astype(int), drawn.picture(colours).astype(int)
    belongs = (drawn.labels == part).reshape(64, 2, 64, 2)
    assert (before != after)[belongs.all((1, 3))].any(axis=-1).mean() > 0.8  # but for its ink
    assert (before == after)[~belongs.any((1, 3))].all()


def test_a_sketch_is_black_where_the_picture_has_ink_and_white_elsewhere():
    drawn = cartoon(3, (128, 128))
    sketch, picture = drawn.sketch(), drawn.picture()
    assert 0.01 < (sketch == 0).mean() < 0.3
    assert (sketch == 255).mean() > 0.6
    assert (picture[sketch == 0] == 0).all()


def test_a_mirrored_cartoon_is_the_mirrored_picture():
    drawn = cartoon(2, (48, 48))
    assert (drawn.mirrored().picture() == drawn.picture()[:, ::-1]).all()


def test_grids_can_name_cartoons_and_their_ink(tmp_path):
    found = Finder(tmp_path, access=Access(offline=True))
    coloured, ink = (np.asarray(found.find(name).image()) for name in ("harbour_cartoon", "harbour_sketch"))
    assert coloured.shape == ink.shape == (SIZE[1], SIZE[0], 3)
    assert (coloured[(ink == 0).all(-1)] == 0).all()
