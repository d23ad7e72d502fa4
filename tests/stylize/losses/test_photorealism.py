"""The matting Laplacian and semantic masks against loops in float64, written from METHODS.md's formulas alone."""

import itertools

import numpy as np
import pytest
import torch

import stylize
from stylize import Masks, Settings, SettingsError, Targets, Transfer
from stylize.losses.matting import matting_laplacian, matting_loss
from stylize.losses.style_representations.masked_gram import MaskedGram
from stylize.losses.style_representations.representation import LayerTargets

SMALL = {"content_layers": ["fire3"], "style_layers": ["conv1", "fire2"], "iterations": 4, "precision": "fp32"}


def reference_laplacian(picture):
    colours = np.asarray(picture, dtype=np.float64) / 255
    _, height, width = colours.shape
    affinity = np.zeros((height * width, height * width))
    for row in range(1, height - 1):
        for column in range(1, width - 1):
            places = [(r, c) for r in range(row - 1, row + 2) for c in range(column - 1, column + 2)]
            window = np.array([colours[:, r, c] for r, c in places])
            mean = window.mean(0)
            inverse = np.linalg.inv(np.cov(window.T, bias=True) + 1e-7 / 9 * np.eye(3))
            for i, (r, c) in enumerate(places):
                for j, (other_r, other_c) in enumerate(places):
                    weight = (1 + (window[i] - mean) @ inverse @ (window[j] - mean)) / 9
                    affinity[r * width + c, other_r * width + other_c] += weight
    return np.diag(affinity.sum(1)) - affinity


def dense(bands):
    """The matrix whose bands these are: for each pixel the entries of those at most two rows and columns away."""
    _, height, width = bands.shape
    matrix = np.zeros((height * width, height * width))
    for band, (row, column) in itertools.product(range(25), np.ndindex(height, width)):
        r, c = row + band // 5 - 2, column + band % 5 - 2
        if 0 <= r < height and 0 <= c < width:
            matrix[row * width + column, r * width + c] = bands[band, row, column].item()
        else:
            assert bands[band, row, column] == 0
    return matrix


@pytest.fixture
def photograph():
    return torch.rand(3, 7, 6, generator=torch.Generator().manual_seed(0)) * 255


def test_the_laplacian_is_levins(photograph):
    expected = reference_laplacian(photograph)
    found = dense(matting_laplacian(photograph))
    assert np.abs(found - expected).max() <= 1e-6 * np.abs(expected).max()


def test_its_loss_and_gradient_follow_float64(photograph):
    laplacian = reference_laplacian(photograph)
    image = torch.rand(3, 7, 6, generator=torch.Generator().manual_seed(1)) * 255
    channels = image.double().numpy().reshape(3, -1) / 255
    expected = sum(channel @ laplacian @ channel for channel in channels)
    given = image.clone().requires_grad_()
    [found] = matting_loss(given[None], matting_laplacian(photograph)[None])
    assert found.item() == pytest.approx(expected, rel=1e-5)
    [gradient] = torch.autograd.grad(found, given)
    exact = np.stack([2 * laplacian @ channel for channel in channels]).reshape(image.shape) / 255
    assert np.abs(gradient.double().numpy() - exact).max() <= 1e-5 * np.abs(exact).max()


def test_recolouring_a_photograph_costs_next_to_nothing_and_painting_over_its_edges_much(photograph):
    laplacian = matting_laplacian(photograph)
    recoloured = torch.einsum(
        "ij,jhw->ihw", torch.tensor([[0.5, 0.2, 0.1], [0.1, 0.6, 0.0], [0.3, 0.0, 0.4]]), photograph
    )
    painted = photograph.roll(2, dims=2)
    small, large = matting_loss(torch.stack([recoloured, painted]), laplacian[None])
    assert small < 1e-4 * large


def test_matting_is_part_of_the_total_and_counts_from_its_stage_on(network, pictures):
    content, style = pictures
    result = stylize.transfer(content, style, Settings(matting_weight=100.0, **SMALL), network)
    expected = matting_loss(result.image[None], matting_laplacian(content)[None]).item()
    assert result.matting_loss == pytest.approx(expected, rel=1e-5)
    rest = result.content_loss + 1000 * result.style_loss
    assert result.total_loss == pytest.approx(rest + 100 * expected, rel=1e-5)
    without = stylize.transfer(content, style, Settings(**SMALL), network)
    assert without.matting_loss is None
    late = Settings(matting_weight=1e7, matting_from=0.5, **SMALL | {"history_every": 1})
    staged = stylize.transfer(content, style, late, network)
    plain = stylize.transfer(content, style, Settings(**SMALL | {"history_every": 1}), network)
    assert staged.history.total_loss[:2] == pytest.approx(plain.history.total_loss[:2], rel=1e-5)
    assert staged.history.total_loss[2] > 2 * plain.history.total_loss[2]


def test_a_pyramid_has_its_stages_too(network, pictures):
    content, style = pictures
    settings = Settings(matting_weight=10.0, matting_from=0.6, pyramid=[20], **SMALL | {"iterations": 10})
    assert stylize.transfer(content, style, settings, network).failed_at is None


def masks_of(content, style, labels=2):
    generator = torch.Generator().manual_seed(3)

    def label(picture):
        columns = torch.arange(picture.shape[2]) * labels // picture.shape[2]
        return columns.expand(picture.shape[1:]).clone().roll(int(torch.randint(3, (1,), generator=generator)), 1)

    return Masks(label(content), label(style))


def test_masked_gram_matrices_follow_float64():
    generator = np.random.default_rng(0)
    image, style = generator.random((4, 6, 8)), generator.random((4, 5, 10))
    of_content, of_style = generator.integers(0, 3, (12, 16)), generator.integers(0, 3, (10, 20))

    def covered(mask, label):
        rows, columns = mask.shape
        return (mask == label).reshape(rows // 2, 2, columns // 2, 2).mean((1, 3)).ravel()

    def gram(array, weight):
        flat = array.reshape(4, -1)
        return (flat * weight) @ flat.T / (4 * weight.sum())

    expected = sum(
        (of_content == label).mean()
        * ((gram(image, covered(of_content, label)) - gram(style, covered(of_style, label))) ** 2).sum()
        / 4
        for label in range(3)
    )
    loss = MaskedGram(Masks(torch.tensor(of_content), torch.tensor(of_style)))
    target = loss.target([torch.tensor(style, dtype=torch.float32)[None]])
    compare = loss.comparison([LayerTargets([target], (6, 8))])
    [[found]] = compare.losses([torch.tensor(image, dtype=torch.float32)[None]])
    assert found.item() == pytest.approx(expected, rel=1e-5)


def test_one_label_everywhere_is_no_mask(network, pictures):
    content, style = pictures
    everywhere = Masks(torch.zeros(content.shape[1:], dtype=torch.long), torch.zeros(style.shape[1:], dtype=torch.long))
    [masked] = stylize.transfer_batch([Transfer(content, style, Settings(**SMALL), masks=everywhere)], Targets(network))
    plain = stylize.transfer(content, style, Settings(**SMALL), network)
    assert masked.style_loss == pytest.approx(plain.style_loss, rel=1e-4)


def test_each_label_gets_the_style_of_its_own_part(network):
    """A style that is red on the left and blue on the right, on a grey picture whose labels are the other way round."""
    content = torch.full((3, 48, 64), 128.0)
    style = torch.zeros(3, 48, 64)
    style[0, :, :32], style[2, :, 32:] = 220.0, 220.0
    left = (torch.arange(64) < 32).long().expand(48, 64).contiguous()
    swapped = Masks(content=1 - left, style=left)
    settings = Settings(**SMALL | {"iterations": 40, "ratio": 0.0, "learning_rate": 8.0, "style_layers": ["conv1"]})
    [result] = stylize.transfer_batch([Transfer(content, style, settings, masks=swapped)], Targets(network))
    red, blue = result.image[0], result.image[2]
    assert (red - blue)[:, 40:].mean() > 10
    assert (blue - red)[:, :24].mean() > 10


def test_a_label_that_one_side_lacks_is_named():
    with pytest.raises(SettingsError, match="label 2 is in the style mask and not in the content mask"):
        Masks(torch.tensor([[0, 1]]), torch.tensor([[0, 1, 2]]))


def test_a_region_that_a_smaller_size_would_lose_keeps_a_pixel():
    mask = torch.zeros(40, 40, dtype=torch.long)
    mask[3, 3] = 7
    assert Masks(mask, mask).resized(torch.Size([10, 10]), torch.Size([12, 9])).labels == (0, 7)


@pytest.mark.parametrize("changes", [{"style_representation": "mrf"}, {"style_representation": "wasserstein"}])
def test_masks_do_not_go_with_representations_that_cannot_compare_regions(changes, network, pictures):
    content, style = pictures
    transfer = Transfer(content, style, Settings(**SMALL | changes), masks=masks_of(content, style))
    with pytest.raises(SettingsError, match="masks need a single style picture"):
        stylize.transfer_batch([transfer], Targets(network))
