"""Learning-rate schedules against their published formulas, worked out by hand."""

import pytest
import torch

from stylize import Settings
from stylize.optimisers.learning_rate import learning_rates


@pytest.mark.parametrize(
    ("decay", "step", "expected"),
    [
        ("none", 0, 8.0),
        ("none", 12345, 8.0),
        ("staircase", 0, 8.0),
        ("staircase", 99, 8.0),
        ("staircase", 100, 7.52),
        ("staircase", 299, 7.0688),
        ("staircase", 300, 6.644672),
        ("exponential", 0, 8.0),
        ("exponential", 50, 8 * 0.9695359714832658),  # √0.94
        ("exponential", 100, 7.52),
        ("inverse_time", 0, 8.0),
        ("inverse_time", 50, 8 / 1.47),
        ("inverse_time", 200, 8 / 2.88),
        ("cosine", 0, 8.0),
        ("cosine", 50, 8 * 0.97),  # halfway between 8 and 8 × 0.94
        ("cosine", 75, 8 * (0.97 - 0.03 * 0.7071067811865476)),
        ("cosine", 99, 8 * (0.97 - 0.03 * 0.9995065603657316)),
        ("cosine", 100, 8.0),
        ("cosine", 250, 8 * 0.97),
    ],
)
def test_the_rate_at_a_step(decay, step, expected):
    settings = Settings(learning_rate=8.0, decay=decay, decay_rate=0.94, decay_steps=100)
    assert learning_rates(settings, torch.tensor([step])).item() == pytest.approx(expected, rel=1e-12)


def test_the_default_is_the_papers():
    """Adam at 8, times 0.94 every 100 steps, in stairs."""
    rates = learning_rates(Settings(), torch.tensor([0, 99, 100, 200]))
    assert rates.tolist() == pytest.approx([8, 8, 7.52, 7.0688])
