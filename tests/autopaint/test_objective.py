"""Each loss against an independent calculation in float64."""

import numpy as np
import pytest
import torch

from autopaint.objective import discriminator_loss, feature_loss, generator_loss, pixel_loss, smoothness_loss


@pytest.fixture
def pictures():
    random = np.random.default_rng(3)
    return random.uniform(0, 1, (2, 3, 7, 9)), random.uniform(0, 1, (2, 3, 7, 9))


def tensor(array):
    return torch.from_numpy(array).float()


def test_pixel_loss(pictures):
    painted, truth = pictures
    expected = np.abs((2 * painted - 1) - (2 * truth - 1)).mean()  # in −1 … 1
    assert float(pixel_loss(*map(tensor, pictures))) == pytest.approx(expected, rel=1e-6)


def test_smoothness_loss(pictures):
    x = 2 * pictures[0] - 1
    steps = [
        np.hypot(x[n, c, i, j + 1] - x[n, c, i, j], x[n, c, i + 1, j] - x[n, c, i, j])
        for n in range(2) for c in range(3) for i in range(6) for j in range(8)
    ]  # fmt: skip
    assert float(smoothness_loss(tensor(pictures[0]))) == pytest.approx(np.mean(steps), rel=1e-5)


def test_feature_loss_compares_responses_to_pictures_in_0_to_255(pictures):
    painted, truth = pictures
    weights = np.random.default_rng(4).normal(0, 1, (5, 3))

    def responses(picture):
        return np.maximum(np.einsum("oc,nchw->nohw", weights, 255 * picture), 0)

    def features(batch):
        return torch.relu(torch.einsum("oc,nchw->nohw", tensor(weights), batch))

    expected = np.abs(responses(painted) - responses(truth)).mean()
    assert float(feature_loss(tensor(painted), tensor(truth), features)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("kind", ["cross-entropy", "hinge"])
def test_adversarial_losses(kind):
    true, painted = np.random.default_rng(5).normal(0, 2, (2, 2, 1, 5, 5))

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    if kind == "hinge":
        of_generator = -painted.mean()
        of_discriminator = (np.maximum(0, 1 - true).mean() + np.maximum(0, 1 + painted).mean()) / 2
    else:
        of_generator = -np.log(sigmoid(painted)).mean()
        of_discriminator = -(np.log(sigmoid(true)).mean() + np.log(1 - sigmoid(painted)).mean()) / 2
    assert float(generator_loss(tensor(painted), kind)) == pytest.approx(of_generator, rel=1e-5)
    assert float(discriminator_loss(tensor(true), tensor(painted), kind)) == pytest.approx(of_discriminator, rel=1e-5)
