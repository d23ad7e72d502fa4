"""Pictures at the size of a trial."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pictures import resize, scaled_size

edges = st.integers(16, 20_000)


@given(edges, edges, st.integers(16, 4000))
def test_a_single_number_is_the_long_edge_and_keeps_the_aspect(width, height, size):
    scaled = scaled_size(width, height, size)
    assert max(scaled) == size
    long, short = max(width, height), min(width, height)
    assert abs(min(scaled) - size * short / long) <= 0.5 or min(scaled) == 1
    if width != height:
        assert (scaled[0] >= scaled[1]) == (width > height) or scaled[0] == scaled[1]


@pytest.mark.parametrize(
    ("size", "expected"), [(64, (64, 32)), (400, (400, 200)), ((30, 90), (30, 90)), ((200, 100), (200, 100))]
)
def test_a_pair_stretches_and_a_number_does_not(size, expected):
    assert resize(Image.new("RGB", (200, 100)), size).size == expected


def test_an_upright_picture_has_its_height_for_a_long_edge():
    assert resize(Image.new("RGB", (100, 200)), 50).size == (25, 50)


def test_fine_detail_becomes_its_mean_and_no_pattern():
    """A checkerboard of single pixels, which taking every eighth pixel would make black, or white, or coarse."""
    board = (np.indices((256, 256)).sum(axis=0) % 2 * 255).astype(np.uint8)
    small = np.asarray(resize(Image.fromarray(board).convert("RGB"), 32))
    assert np.abs(small.astype(float) - 127.5).max() <= 2


def test_a_ramp_stays_a_ramp():
    ramp = np.repeat(np.linspace(0, 255, 256).round().astype(np.uint8)[np.newaxis], 64, axis=0)
    small = np.asarray(resize(Image.fromarray(ramp).convert("RGB"), 64)).astype(float)[..., 0]
    # The middle of each new pixel, which is four old ones wide.
    assert np.abs(small[:, 2:-2] - (np.arange(64) * 4 + 1.5)[2:-2]).max() <= 1
