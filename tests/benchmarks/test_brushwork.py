"""Grain, coherence and length of edges of pictures whose answers are known."""

import numpy as np
import pytest
import torch

from benchmarks.brushwork import coherence, edge_length, grain


def picture(lightness):
    """1×3×H×W with the same lightness in every channel."""
    return torch.from_numpy(np.broadcast_to(lightness, (1, 3, *lightness.shape)).astype(np.float32).copy())


ROWS, COLUMNS = np.mgrid[:64, :64]
NOISE = np.random.default_rng(3).normal(128, 20, (64, 64))


@pytest.mark.parametrize("alternating", [ROWS, COLUMNS, ROWS + COLUMNS])
def test_the_grain_of_a_pattern_that_alternates_is_its_amplitude(alternating):
    assert grain(picture(100 + 7.0 * (-1) ** alternating)) == pytest.approx(7, rel=1e-5)


def test_ramps_edges_and_broad_stripes_have_no_grain():
    step = np.where(COLUMNS < 32, 20.0, 220.0)
    for smooth in (2.0 * COLUMNS + ROWS, step, 128 + 60 * np.sin(2 * np.pi * COLUMNS / 32)):
        assert grain(picture(smooth)) < 0.05


def test_the_grain_of_noise_is_that_of_an_independent_calculation():
    """In float64, position by position, with the filters written out as powers of (1, −1) and (1, 1)."""
    steady, alternating = (np.poly1d([1, sign]) ** 4 / 16 for sign in (1, -1))
    pairs = [(alternating, steady), (steady, alternating), (alternating, alternating)]
    found = [
        np.sqrt(sum(float(down.c @ NOISE[y : y + 5, x : x + 5] @ across.c) ** 2 for down, across in pairs))
        for y in range(60)
        for x in range(60)
    ]
    # torch's median of an even count is the lower of the two in the middle
    assert grain(picture(NOISE)) == pytest.approx(sorted(found)[(len(found) - 1) // 2], rel=1e-4)


def test_stripes_are_coherent_in_any_direction_and_noise_is_not():
    for angle in (0, 0.4, 1.3):
        stripes = 128 + 50 * np.sin((COLUMNS * np.cos(angle) + ROWS * np.sin(angle)) / 1.5)
        assert coherence(picture(stripes)) > 0.95
    assert coherence(picture(NOISE)) < 0.4
    assert coherence(picture(np.full((64, 64), 90.0))) == 0


def test_waves_in_two_directions_together_have_none():
    both = 128 + 40 * (np.sin(2 * np.pi * COLUMNS / 8) + np.sin(2 * np.pi * ROWS / 8))
    assert coherence(picture(both)) < 0.1


def test_the_coherence_of_noise_is_that_of_the_eigenvalues_of_the_structure_tensor():
    def blurred(values, deviation, derivative=None):
        """By matrices of a Gaussian's samples, mirrored at the border."""
        reach = int(4 * deviation + 0.5)
        offsets = np.arange(-reach, reach + 1)
        gaussian = np.exp(-0.5 * (offsets / deviation) ** 2)
        gaussian /= gaussian.sum()
        for axis in (0, 1):
            kernel = gaussian * -offsets / deviation**2 if axis == derivative else gaussian
            padded = np.pad(values, [(reach, reach) if axis == one else (0, 0) for one in (0, 1)], "symmetric")
            values = np.apply_along_axis(np.convolve, axis, padded, kernel, "valid")
        return values

    gradient = np.stack([blurred(NOISE, 1, axis) for axis in (0, 1)])
    tensor = np.empty((64, 64, 2, 2))
    for i in (0, 1):
        for j in (0, 1):
            tensor[..., i, j] = blurred(gradient[i] * gradient[j], 4)
    small, large = np.moveaxis(np.linalg.eigvalsh(tensor), -1, 0)
    assert coherence(picture(NOISE)) == pytest.approx((large - small).sum() / (large + small).sum(), rel=1e-4)


def test_edges_are_as_long_as_they_were_drawn():
    frame = np.full((96, 96), 30.0)
    frame[20:60, 30:70] = 200
    assert edge_length(picture(frame)) == pytest.approx(4 * 40, rel=0.06)
    dots = np.full((96, 96), 30.0)
    for y in range(12, 96, 24):
        for x in range(12, 96, 24):
            dots[y - 3 : y + 3, x - 3 : x + 3] = 200
    assert edge_length(picture(dots)) < 30
    assert edge_length(picture(np.full((64, 64), 90.0))) == 0
