"""Each way of comparing styles against an independent float64 calculation in NumPy and SciPy, alone and in a batch."""

import functools
import itertools

import numpy as np
import pytest
import torch
from numpy.lib.stride_tricks import sliding_window_view

import stylize
from stylize import Settings, Targets, Transfer
from stylize.losses.style_representations.gram import Gram
from stylize.losses.style_representations.mean_variance import MeanVariance
from stylize.losses.style_representations.mrf import Patches, turned
from stylize.losses.style_representations.representation import LayerTargets
from stylize.losses.style_representations.sliced_wasserstein import SlicedWasserstein, _directions
from stylize.losses.style_representations.sorting import ordered
from stylize.losses.style_representations.wasserstein import Wasserstein


def responses(height, width, seed, channels=5):
    """What a layer may give: no negative numbers, and many zeros."""
    generator = np.random.default_rng(seed)
    return np.maximum(generator.normal(0.3, 1.0, (channels, height, width)), 0)


def flat(array):
    return array.reshape(len(array), -1)


def gram(image, style):
    def mean_gram(array):
        return flat(array) @ flat(array).T / array.size

    return ((mean_gram(image) - mean_gram(style)) ** 2).sum() / 4


def mean_variance(image, style):
    def statistics(array):
        return flat(array).mean(1), np.sqrt(flat(array).var(1))

    return sum(((a - b) ** 2).sum() for a, b in zip(statistics(image), statistics(style), strict=True)) / len(image)


def wasserstein(image, style):
    (mean, covariance), (other_mean, other) = (
        (flat(array).mean(1), np.cov(flat(array), bias=True)) for array in (image, style)
    )
    # The eigenvalues of Σ′^½ Σ Σ′^½ are those of Σ Σ′.
    both = np.sqrt(np.linalg.eigvals(covariance @ other).real.clip(min=0)).sum()
    return (((mean - other_mean) ** 2).sum() + np.trace(covariance + other) - 2 * both) / len(image)


def sliced(image, style, count=None, power=2):
    """An integral over t of the difference of quantile functions to the power: that of the image has steps, that of
    the style picture is linear between the middles of its own.
    """
    directions = _directions(len(image), count or 0, torch.device("cpu")).double().numpy()
    given, wanted = np.sort(directions @ flat(image)), np.sort(directions @ flat(style))
    t, middles = ((np.arange(one.shape[1]) + 0.5) / one.shape[1] for one in (given, wanted))
    return np.mean([abs(a - np.interp(t, middles, b)) ** power for a, b in zip(given, wanted, strict=True)])


def patches(array, stride):
    windows = sliding_window_view(array, (3, 3), axis=(1, 2))[:, ::stride, ::stride]
    return windows.transpose(1, 2, 0, 3, 4).reshape(-1, array.shape[0] * 9)


def mrf(image, style, stride=2):
    of_style, total = patches(style, stride), 0.0
    for patch in patches(image, stride):
        similarity = of_style @ patch / (np.linalg.norm(of_style, axis=1) * np.linalg.norm(patch))
        total += ((patch - of_style[similarity.argmax()]) ** 2).sum()
    return total


def losses_of(representation, given, targets):
    """E_l of responses at one layer, each with its target."""
    compare = representation.comparison([LayerTargets(targets, tuple(given.shape[2:]))])
    return compare.losses([given])[0] * compare.factors[0]


KINDS = [
    (Gram(), gram),
    (MeanVariance(), mean_variance),
    (Wasserstein(), wasserstein),
    (SlicedWasserstein(), sliced),
    (SlicedWasserstein(7), functools.partial(sliced, count=7)),
    (SlicedWasserstein(power=1), functools.partial(sliced, power=1)),
    (Patches(2, (0.0,), (1.0,)), mrf),
]


@pytest.mark.parametrize(("loss", "reference"), KINDS, ids=[str(loss) for loss, _ in KINDS])
def test_losses_and_their_gradients_follow_float64(loss, reference):
    image, style = responses(9, 8, seed=1), responses(7, 10, seed=2)
    target = loss.target([torch.tensor(style, dtype=torch.float32)[None]])
    given = torch.tensor(image, dtype=torch.float32)[None].requires_grad_()
    [found] = losses_of(loss, given, [target])
    assert found.item() == pytest.approx(reference(image, style), rel=1e-5)
    [[gradient]] = torch.autograd.grad(found, given)
    for place in itertools.islice(zip(*np.nonzero(image > 0.5), strict=True), 0, None, 17):
        step = np.zeros_like(image)
        step[place] = 1e-5
        expected = (reference(image + step, style) - reference(image - step, style)) / 2e-5
        assert gradient[place].item() == pytest.approx(expected, rel=2e-4, abs=1e-5)


@pytest.mark.parametrize(("loss", "reference"), KINDS, ids=[str(loss) for loss, _ in KINDS])
def test_a_picture_has_its_own_style(loss, reference):
    given = torch.tensor(responses(8, 8, seed=3), dtype=torch.float32)[None]
    [found] = losses_of(loss, given, [loss.target([given])])
    assert abs(found.item()) <= 2e-3 * abs(reference(responses(8, 8, seed=3), responses(8, 8, seed=4)))


UNSORTED = {
    "all different": torch.randn(2, 3, 4000, generator=torch.Generator().manual_seed(0)),
    "many equal": torch.randn(3, 5000, generator=torch.Generator().manual_seed(1)).bfloat16().float().relu(),
    "special": torch.tensor([[0.0, -0.0, 1.0, -1.0, torch.inf, 1e-45, -torch.inf, -1e-45, -0.0, 3e38, -3e38, 1.0]]),
    "one": torch.zeros(4, 1),
    "not in a row": torch.randn(50, 6, generator=torch.Generator().manual_seed(2)).T,
}


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("numbers", UNSORTED.values(), ids=UNSORTED)
def test_numbers_are_sorted_as_torch_sorts_them_and_equal_ones_keep_their_order(numbers, threads, monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    ours, theirs = (numbers.clone().requires_grad_() for _ in range(2))
    found, expected = ordered(ours), theirs.sort(dim=-1, stable=True).values
    assert torch.equal(found, expected)
    weights = torch.arange(numbers.numel(), dtype=torch.float32).view(numbers.shape)
    assert torch.equal(*(torch.autograd.grad(out, of, weights)[0] for out, of in ((found, ours), (expected, theirs))))


def test_patches_are_searched_in_all_forms_and_in_parts(monkeypatch):
    monkeypatch.setattr("stylize.losses.style_representations.nearest.CHUNK", 100)
    image, forms = responses(6, 6, seed=5), [responses(5, 7, seed=seed) for seed in (6, 7, 8)]
    of_styles = np.concatenate([patches(form, 1) for form in forms])
    expected = 0.0
    for patch in patches(image, 1):
        similarity = of_styles @ patch / np.linalg.norm(of_styles, axis=1)
        expected += ((patch - of_styles[similarity.argmax()]) ** 2).sum()
    loss = Patches(1, (0.0,), (1.0,))
    target = loss.target([torch.tensor(form, dtype=torch.float32)[None] for form in forms])
    [found] = losses_of(loss, torch.tensor(image, dtype=torch.float32)[None], [target])
    assert found.item() == pytest.approx(expected, rel=1e-5)


def test_a_turned_picture_has_no_border(pictures):
    content, _ = pictures
    assert torch.equal(turned(content, 0.0, 1.0), content.float())
    quarter = turned(content, 90.0, 1.0)
    assert any(torch.allclose(quarter, torch.rot90(content.float(), way, (1, 2)), atol=0.1) for way in (1, 3))
    white = torch.full((3, 40, 60), 255.0)
    for angle, scale in itertools.product((-15.0, 7.5, 40.0), (0.85, 1.15)):
        assert turned(white, angle, scale).min() > 254.9
    assert turned(white, 0.0, 0.5).shape == (3, 20, 30)


SMALL = {"content_layers": ["fire3"], "style_layers": ["conv1", "fire2"], "iterations": 3, "precision": "fp32"}


def response(network, picture, layer):
    with torch.no_grad():
        return network(picture[None].float(), [layer])[layer][0].double().numpy()


@pytest.mark.parametrize(
    ("kind", "reference"),
    [
        ("mean-variance", mean_variance),
        ("wasserstein", wasserstein),
        ("sliced-wasserstein", sliced),
        ("mrf", mrf),
    ],
)
def test_the_loss_that_is_reported_is_that_of_the_image(kind, reference, network, pictures):
    content, style = pictures
    mrf_settings = {"mrf_stride": 2, "mrf_rotations": [0], "mrf_scales": [1]}
    result = stylize.transfer(content, style, Settings(style_representation=kind, **mrf_settings, **SMALL), network)
    for layer, found in result.style_loss_by_layer.items():
        expected = reference(response(network, result.image, layer), response(network, style, layer))
        assert found == pytest.approx(expected, rel=1e-4)
    assert result.style_loss == pytest.approx(np.mean(list(result.style_loss_by_layer.values())), rel=1e-6)


def test_kinds_share_a_batch_and_no_image_notices(network, pictures):
    content, style = pictures
    kinds = ("gram", "mean-variance", "wasserstein", "sliced-wasserstein", "mrf", "nnst")
    changes = [
        Settings(style_representation=kind, mrf_rotations=[0], mrf_scales=[1], betas=[0.5, 0.9], **SMALL)
        for kind in kinds
    ]
    changes.append(Settings(**SMALL | {"style_layers": ["fire3"]}))
    together = stylize.transfer_batch([Transfer(content, style, one) for one in changes], Targets(network))
    for settings, result in zip(changes, together, strict=True):
        alone = stylize.transfer(content, style, settings, network)
        assert result.total_loss == pytest.approx(alone.total_loss, rel=1e-3)
        assert result.style_loss_by_layer == pytest.approx(alone.style_loss_by_layer, rel=1e-3)


def test_styles_are_blended_by_their_shares(network, pictures):
    content, style = pictures
    other = style.flip(1)
    transfer = Transfer(content, style, Settings(**SMALL), blend=((other, 0.3),))
    [result] = stylize.transfer_batch([transfer], Targets(network))
    for layer, found in result.style_loss_by_layer.items():
        image = response(network, result.image, layer)
        expected = 0.7 * gram(image, response(network, style, layer)) + 0.3 * gram(
            image, response(network, other, layer)
        )
        assert found == pytest.approx(expected, rel=1e-5)
    [whole] = stylize.transfer_batch(
        [Transfer(content, style, Settings(**SMALL), blend=((other, 1.0),))], Targets(network)
    )
    [plain] = stylize.transfer_batch([Transfer(content, other, Settings(**SMALL))], Targets(network))
    assert torch.equal(whole.image, plain.image)


def test_patches_are_compared_at_the_third_and_fourth_layer_where_none_is_named():
    vgg = stylize.ARCHITECTURES["vgg16"]
    layers = Settings(style_representation="mrf").for_architecture(vgg).style_layers
    assert [layer for layer, _ in layers] == ["conv3_1", "conv4_1"]
