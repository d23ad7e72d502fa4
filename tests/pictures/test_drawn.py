"""The paintings that stand in for the paper's: reproducible, and each with colours of its own."""

import numpy as np
import pytest
from PIL import Image

from pictures.drawn import PAINTINGS, draw
from pictures.drawn_once import drawn_once

SMALL = (120, 90)


@pytest.fixture(scope="module")
def paintings():
    return {name: np.asarray(draw(name, SMALL)) for name in PAINTINGS}


@pytest.mark.parametrize("name", PAINTINGS)
def test_a_painting_is_the_same_at_every_call(paintings, name):
    np.random.default_rng().random(10)
    assert np.array_equal(np.asarray(draw(name, SMALL)), paintings[name])


@pytest.mark.parametrize("name", PAINTINGS)
def test_a_painting_is_an_rgb_picture_of_the_size_that_was_asked_for(name):
    painting = draw(name, (45, 64))
    assert (painting.size, painting.mode) == ((45, 64), "RGB")


def test_a_painting_has_640_by_480_pixels_where_nothing_else_is_asked_for():
    assert draw("waves").size == (640, 480)


def _palette(pixels):
    """The share of the picture that each of 512 colours has."""
    red, green, blue = (np.asarray(pixels) // 32).reshape(-1, 3).T.astype(int)
    return np.bincount((red * 8 + green) * 8 + blue, minlength=512) / red.size


@pytest.mark.parametrize("name", PAINTINGS)
def test_a_painting_has_its_own_palette_at_any_size(paintings, name):
    """Two palettes are as alike as the share of colours that they have in common."""
    palette = _palette(draw(name, (90, 60)))
    alike = {other: np.minimum(palette, _palette(paintings[other])).sum() for other in PAINTINGS}
    assert alike.pop(name) > 0.75
    assert max(alike.values()) < 0.65


@pytest.mark.parametrize("name", PAINTINGS)
def test_a_painting_is_structure_everywhere_and_neither_noise_nor_a_flat_field(paintings, name):
    """Neighbouring pixels are alike, parts of the picture are not, and no ninth of it is empty."""
    grey = paintings[name].mean(axis=2)
    neighbours = np.corrcoef(grey[:, 1:].ravel(), grey[:, :-1].ravel())[0, 1]
    assert neighbours > 0.5
    assert all(grey[y : y + 30, x : x + 40].std() > 4 for y in (0, 30, 60) for x in (0, 40, 80))


@pytest.fixture
def drawings(monkeypatch, tmp_path):
    """The paintings that are drawn, by a stand-in for the code that does it; the cache is empty."""
    asked = []

    def draw_one(name):
        asked.append(name)
        return Image.new("RGB", (30, 20), (len(asked), 2, 3))

    monkeypatch.setattr("pictures.drawn.draw", draw_one)
    monkeypatch.setenv("SWEEP_CACHE", str(tmp_path))
    return asked


def test_a_painting_is_drawn_once_on_a_machine(drawings, tmp_path):
    assert drawn_once("waves").tobytes() == drawn_once("waves").tobytes()
    assert drawings == ["waves"]
    [file] = (tmp_path / "drawn").iterdir()
    file.write_bytes(file.read_bytes()[:60])
    assert drawn_once("waves").getpixel((0, 0)) == (2, 2, 3)
    assert drawn_once("waves").getpixel((0, 0)) == (2, 2, 3)
    assert drawings == ["waves", "waves"]


def test_other_code_draws_another_painting(drawings, monkeypatch):
    drawn_once("waves")
    monkeypatch.setattr("pictures.drawn_once._how_it_is_drawn", lambda: "otherwise")
    drawn_once("waves")
    assert drawings == ["waves", "waves"]


@pytest.mark.parametrize("cache", ["/proc/none", "/dev/null"])
def test_a_painting_is_drawn_where_nothing_can_be_kept(drawings, monkeypatch, cache):
    monkeypatch.setenv("SWEEP_CACHE", cache)
    assert drawn_once("waves").size == (30, 20)
