"""Optical flow on movements that are known exactly."""

import numpy as np
import pytest
from skimage.data import astronaut

from pictures.flow import optical_flow, reliable, warped

SHIFT = 3, 5
"""Pixels down and to the right that the second frame's window has moved."""


@pytest.fixture(scope="module")
def frames():
    """Two windows of one photograph; what is at x in the second is at x + (5, 3) in the first."""
    photograph = astronaut()
    down, across = SHIFT
    return photograph[100:260, 60:260], photograph[100 + down : 260 + down, 60 + across : 260 + across]


def test_a_shift_is_found_and_undone(frames):
    first, second = frames
    back = optical_flow(second, first)
    inner = back[20:-20, 20:-20]
    assert np.abs(np.median(inner, axis=(0, 1)) - SHIFT[::-1]).max() < 0.1
    moved = warped(first, back)
    unmoved = np.abs(first.astype(float) - second)[20:-20, 20:-20].mean()
    assert np.abs(moved.astype(float) - second)[20:-20, 20:-20].mean() < unmoved / 5


def test_warping_moves_pixels_exactly():
    image = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    flow = np.zeros((5, 7, 2), np.float32)
    flow[..., 0] = 2
    assert np.array_equal(warped(image, flow)[:, :5], image[:, 2:])
    assert np.array_equal(warped(image, flow)[:, 5:], image[:, [6, 6]])  # beyond the border: what is nearest


def test_what_was_outside_or_hidden_is_not_known(frames):
    first, second = (frame.copy() for frame in frames)
    known = reliable(optical_flow(second, first), optical_flow(first, second))
    down, across = SHIFT
    assert not known[-down:].any()
    assert not known[:, -across:].any()
    assert known[20:-20, 20:-20].mean() > 0.6
    first[60:110, 60:110] = np.random.default_rng(0).integers(0, 255, (50, 50, 3))  # in front of it all, then gone
    hidden = reliable(optical_flow(second, first), optical_flow(first, second))
    box = (slice(62 - down, 108 - down), slice(62 - across, 108 - across))
    assert hidden[box].mean() < known[box].mean() / 2


def test_each_condition_is_ruders():
    """Constant flows: there and back again is known; there and not back is not, beyond the tolerance of equation 5."""
    there = np.zeros((40, 40, 2), np.float32)
    there[..., 0] = 2
    assert reliable(there, -there)[:, :37].all()
    assert not reliable(there, -there)[:, 38:].any()
    square = 0.01 * (2**2 + (2 - 0.75) ** 2) + 0.5
    for wrong, expected in ((0.72, True), (0.75, square >= 0.75**2)):
        back_again = -there + np.array([wrong, 0], np.float32)
        assert reliable(there, back_again)[:, :37].all() == expected
    edge = there.copy()
    edge[20:, :, 0] = 4  # a border of what moves
    assert not reliable(edge, -edge)[19:21].any()


def test_small_frames_have_a_flow():
    photograph = astronaut()[100:140, 100:150]
    assert optical_flow(photograph, photograph).shape == (40, 50, 2)
    assert np.abs(optical_flow(photograph, photograph)).max() < 0.5
