"""Colour preservation against an independent float64 calculation in NumPy, SciPy and scikit-image."""

import numpy as np
import pytest
import scipy.linalg
import skimage.color
import torch

import stylize
from stylize import Settings, SettingsError
from stylize.images.colour import grey, grey_matched, matched, with_colours_of

SMALL = {"content_layers": ["fire3"], "style_layers": ["conv1", "fire2"], "iterations": 3, "precision": "fp32"}


def channels(picture):
    return np.asarray(picture, dtype=np.float64).reshape(3, -1) / 255


@pytest.fixture
def photographs():
    """A content and a style picture of natural colours, far from black and white so that nothing is clipped."""
    generator = np.random.default_rng(0)
    mixing = np.array([[0.05, 0.02, 0.0], [0.01, 0.04, 0.02], [0.0, 0.03, 0.06]])
    content = np.array([0.5, 0.45, 0.4])[:, None] + mixing @ generator.uniform(-1, 1, (3, 30 * 40))
    style = np.array([0.4, 0.5, 0.6])[:, None] + mixing.T @ generator.uniform(-1, 1, (3, 20 * 25))
    return [
        torch.tensor(255 * array.reshape(3, *shape), dtype=torch.float32)
        for array, shape in ((content, (30, 40)), (style, (20, 25)))
    ]


@pytest.mark.parametrize("method", ["match-image-analogies", "match-cholesky"])
def test_the_style_picture_gets_the_contents_colours(method, photographs):
    content, style = photographs
    (mean, wanted), (other_mean, given) = (
        (channels(one).mean(1, keepdims=True), np.cov(channels(one), bias=True) + 1e-5 * np.eye(3))
        for one in (content, style)
    )
    if method == "match-cholesky":
        change = np.linalg.cholesky(wanted) @ np.linalg.inv(np.linalg.cholesky(given))
    else:
        change = scipy.linalg.sqrtm(wanted) @ np.linalg.inv(scipy.linalg.sqrtm(given))
    expected = change @ (channels(style) - other_mean) + mean
    found = channels(matched(style, content, method))
    assert np.abs(found - expected).max() < 1e-5
    assert np.allclose(found.mean(1, keepdims=True), mean, atol=1e-5)
    assert np.allclose(np.cov(found, bias=True), wanted, atol=1e-4)


def test_luminance_joins_y_of_the_image_with_i_and_q_of_the_content(photographs):
    content, image = photographs[0], photographs[0].flip(2)
    yiq = skimage.color.rgb2yiq(np.moveaxis(channels(content).reshape(content.shape), 0, -1))
    yiq[..., 0] = skimage.color.rgb2yiq(np.moveaxis(channels(image).reshape(image.shape), 0, -1))[..., 0]
    expected = np.moveaxis(skimage.color.yiq2rgb(yiq), -1, 0) * 255
    assert np.abs(with_colours_of(content, image).numpy() - expected).max() < 1e-3


def test_the_styles_luminance_gets_the_contents_mean_and_deviation(photographs):
    content, style = photographs
    weights = np.array([0.299, 0.587, 0.114])
    have, wanted = (np.tensordot(weights, np.asarray(one, dtype=np.float64), 1) for one in (style, content))
    expected = wanted.std() / have.std() * (have - have.mean()) + wanted.mean()
    found = grey_matched(style, content)
    assert np.abs(found[0].numpy() - expected).max() < 1e-3
    assert torch.equal(found[0], found[1])
    assert np.abs(grey(content)[2].numpy() - wanted).max() < 1e-4


def test_extreme_pictures_are_recoloured_too(photographs):
    content, _ = photographs
    flat, black = torch.full((3, 20, 20), 77.0), torch.zeros(3, 20, 20)
    for style in (flat, black):
        for method in ("match-image-analogies", "match-cholesky"):
            assert matched(style, content, method).isfinite().all()
        assert grey_matched(style, content).isfinite().all()
    assert matched(content, flat, "match-cholesky").isfinite().all()


def test_a_luminance_transfer_keeps_the_photographs_hues(network, photographs):
    content, style = photographs[0], photographs[1]
    result = stylize.transfer(content, style, Settings(colour="luminance", **SMALL), network)
    moved = result.image.double() - content.double()
    assert moved.abs().max() > 1  # it was painted,
    assert (moved - moved[:1]).abs().max() < 1e-3  # in all three channels alike: I and Q are the content's


def test_a_matched_transfer_is_a_transfer_of_the_matched_picture(network, photographs):
    content, style = photographs
    for method in ("match-image-analogies", "match-cholesky"):
        found = stylize.transfer(content, style, Settings(colour=method, **SMALL), network)
        expected = stylize.transfer(content, matched(style, content, method), Settings(**SMALL), network)
        assert torch.equal(found.image, expected.image)


def test_colours_to_keep_need_a_content_picture(network, photographs):
    settings = Settings(colour="luminance", ratio=0, init="noise", **SMALL)
    with pytest.raises(SettingsError, match="no content picture is given, but colour: luminance needs its colours"):
        stylize.transfer(None, photographs[1], settings, network)
