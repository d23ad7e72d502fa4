"""The Laplacian loss against SciPy in float64, and what it does to an image."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

import stylize
from stylize import Settings, Targets, Transfer
from stylize.losses.laplacian import LaplacianLoss, gaussian
from stylize.losses.term import Circumstances

SMALL = {"content_layers": ["fire3"], "style_layers": ["conv1", "fire2"], "iterations": 4, "precision": "fp32"}


def operator(height, width, deviation):
    """σ² D G_σ as a matrix over the pixels of an image, one pixel and one neighbour after the other."""

    def blur(length):
        places = np.arange(length)
        weights = np.exp(-((places[:, None] - places) ** 2) / (2 * deviation**2))
        return weights / weights.sum(1, keepdims=True)

    laplacian = np.zeros((height * width, height * width))
    for row, column in np.ndindex(height, width):
        for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1)):
            if 0 <= row + down < height and 0 <= column + right < width:
                laplacian[row * width + column, row * width + column] += 1
                laplacian[row * width + column, (row + down) * width + column + right] -= 1
    return deviation**2 * laplacian @ np.kron(blur(height), blur(width))


def term_of(network, transfers, shape, magnification=1.0):
    return LaplacianLoss(transfers, Circumstances(Targets(network), "fp32", shape, magnification))


def picture(height, width, seed):
    return torch.rand(3, height, width, generator=torch.Generator().manual_seed(seed)) * 255


@pytest.mark.parametrize("deviation", [0.1, 1.0, 2.5])
@pytest.mark.parametrize("shape", [(9, 7), (1, 5)])
def test_loss_and_gradient_follow_float64(network, shape, deviation):
    content, image = picture(*shape, 0), picture(*shape, 1)
    exact = operator(*shape, deviation)
    difference = (image - content).double().numpy().mean(0).ravel()
    found = exact @ difference
    transfer = Transfer(content, None, Settings(laplacian_weight=3.0, laplacian_blur=deviation))
    term = term_of(network, [transfer], shape)
    given = image.clone().requires_grad_()
    [[loss]] = term.parts(given[None], {}) * torch.tensor(term.factors)[:, None]
    assert loss.item() == pytest.approx((found**2).mean(), rel=1e-5)
    [gradient] = torch.autograd.grad(loss, given)
    wanted = np.broadcast_to(2 / found.size * (exact.T @ found).reshape(shape) / 3, image.shape)
    assert np.abs(gradient.double().numpy() - wanted).max() <= 1e-5 * np.abs(wanted).max()


def test_the_blur_is_scipys_away_from_the_borders():
    image = np.random.default_rng(0).random((60, 60))
    blur = gaussian(60, 2.0).double().numpy()
    wanted = gaussian_filter(image, 2.0, truncate=8.0)
    assert np.abs(blur @ image @ blur.T - wanted)[16:-16, 16:-16].max() < 1e-6


def test_another_brightness_and_other_colours_cost_nothing_and_moved_edges_much(network):
    content = picture(20, 24, 0)
    recoloured = content + torch.tensor([30.0, -50.0, 40.0])[:, None, None]  # by 20/3 in the mean
    hues = content + torch.tensor([1.0, -1.0, 0.0])[:, None, None] * picture(20, 24, 3)[0]
    moved = content.roll(2, dims=2)
    term = term_of(network, [Transfer(content, None, Settings(laplacian_weight=1.0))] * 3, (20, 24))
    [losses] = term.parts(torch.stack([recoloured, hues, moved]), {})
    assert losses[:2].max() < 1e-9 * losses[2]


def test_an_image_of_another_size_with_as_much_more_blur_has_the_same_loss(network):
    """And so has a level of a pyramid, whose blur is less by itself."""
    content, image = (picture(8, 10, seed) for seed in (0, 1))

    def larger(one, times):
        return torch.nn.functional.interpolate(one[None], scale_factor=times, mode="bicubic")[0]

    def loss(times, blur, magnification=1.0):
        transfer = Transfer(larger(content, times), None, Settings(laplacian_weight=1.0, laplacian_blur=blur))
        shape = 8 * times, 10 * times
        term = term_of(network, [transfer], shape, magnification)
        return (term.parts(larger(image, times)[None], {})[0] * term.factors[0]).item()

    small = loss(8, 4.0)
    assert loss(16, 8.0) == pytest.approx(small, rel=0.1)
    assert loss(8, 8.0, magnification=4.0) == pytest.approx(small, rel=1e-6)
    assert loss(16, 4.0) < small / 2


def test_each_image_of_a_batch_has_its_own_weight_and_blur(network, pictures):
    content, style = pictures

    def settings(**changes):
        return Settings(**SMALL | changes)

    guided = [settings(laplacian_weight=100.0), settings(laplacian_weight=10.0, laplacian_blur=2.0)]
    other = content.flip(2)
    batch = [Transfer(content, style, one) for one in (*guided, settings())] + [Transfer(other, style, guided[0])]
    together = stylize.transfer_batch(batch, Targets(network))
    for one, found in zip(batch, together, strict=True):
        [alone] = stylize.transfer_batch([one], Targets(network))
        assert found.laplacian_loss == (alone.laplacian_loss and pytest.approx(alone.laplacian_loss, rel=1e-3))
        weighted = one.settings.laplacian_weight * (found.laplacian_loss or 0.0)
        rest = found.content_loss + 1000 * found.style_loss
        assert found.total_loss == pytest.approx(rest + weighted, rel=1e-5)
    assert together[2].laplacian_loss is None
    plain = stylize.transfer(content, style, settings(), network)
    assert together[2].total_loss == pytest.approx(plain.total_loss, rel=1e-5)


def test_it_holds_edges(network, pictures):
    content, style = pictures
    found = [
        stylize.transfer(
            content, style, Settings(**SMALL | {"iterations": 30, "ratio": 0.0}, laplacian_weight=weight), network
        )
        for weight in (1e-9, 1e3)
    ]
    free, held = (result.laplacian_loss for result in found)
    assert held < 0.2 * free


def test_in_a_pyramid_it_counts_at_every_level(network, pictures):
    content, style = pictures
    settings = Settings(laplacian_weight=10.0, pyramid=[20], **SMALL | {"iterations": 10})
    assert stylize.transfer(content, style, settings, network).failed_at is None
