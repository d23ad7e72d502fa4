"""XDoG against its formula in float64, and what it makes of edges and flat colours."""

import numpy as np
import pytest

from autopaint.sketch import as_sketch, ink_share, xdog


def gaussian(signal, sigma):
    """Along the last axis, mirrored at the borders as SciPy's `reflect` is, in float64."""
    radius = int(4 * sigma + 0.5)
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    padded = np.pad(signal, [(0, 0)] * (signal.ndim - 1) + [(radius, radius)], mode="symmetric")
    return np.apply_along_axis(lambda line: np.convolve(line, kernel, mode="valid"), -1, padded)


def test_xdog_is_its_formula():
    picture = np.random.default_rng(1).integers(0, 256, (20, 24, 3), dtype=np.uint8)
    grey = (picture.astype(np.float64) * (0.299, 0.587, 0.114)).sum(-1) / 255

    def blurred(sigma):
        return gaussian(gaussian(grey, sigma).T, sigma).T

    difference = blurred(0.8) - 0.97 * blurred(1.6)
    threshold = 0.4 / 255
    expected = np.where(difference >= threshold, 1.0, 1 + np.tanh(200 * (difference - threshold)))
    assert 0.05 < (expected < 0.5).mean() < 0.95
    np.testing.assert_allclose(xdog(picture, 0.8, 0.4), expected, atol=2e-4)


def test_a_flat_colour_has_no_line_and_an_edge_has_one_on_its_dark_side():
    picture = np.full((32, 32, 3), 200, np.uint8)
    assert (xdog(picture, 0.8, 0.4) == 1).all()
    picture[:, 16:] = 60
    sketch = xdog(picture, 0.8, 0.4)
    assert (sketch[:, 16] < 0.5).all()
    assert (sketch[:, :14] == 1).all()
    assert 0 < ink_share(sketch) < 0.15


@pytest.mark.parametrize(("colour", "brightness"), [((0, 0, 0), 0), ((255, 255, 255), 1), ((255, 0, 0), 0.299)])
def test_a_drawing_is_a_sketch_by_its_brightness(colour, brightness):
    picture = np.full((16, 16, 3), colour, np.uint8)
    assert as_sketch(picture) == pytest.approx(brightness)
