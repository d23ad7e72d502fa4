"""The metrics against computations of their own: SciPy's in float64, loops, and pictures whose answer is known."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from scipy.ndimage import gaussian_filter

from downloads import Access
from stylize import ARCHITECTURES, PREPROCESSING, Network
from stylize.metrics.colour_distance import colour_distance, colours
from stylize.metrics.metrics import Metrics
from stylize.metrics.structural_similarity import structural_similarity
from stylize.metrics.style_distance import style_distance, style_features
from weights import find_weights


@pytest.fixture(scope="module")
def network():
    architecture = ARCHITECTURES["vgg19-slim"]
    weights = find_weights("vgg19-slim", None, base=Path(), access=Access(offline=True))
    parameters, preprocessing = weights.load(architecture.parameter_shapes())
    return Network(architecture, parameters, PREPROCESSING[preprocessing])


def picture(seed, low=0, high=256, edge=40):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(low, high, (3, edge, edge + 8), generator=generator).byte()


def plain(red, green, blue):
    return torch.tensor([red, green, blue]).byte().view(3, 1, 1).expand(3, 40, 40)


def test_structural_similarity_is_the_formula():
    one, other = picture(1), picture(2)
    x, y = ((np.array([0.299, 0.587, 0.114]) @ p.double().numpy().reshape(3, -1)).reshape(40, 48) for p in (one, other))

    def blurred(values):
        return gaussian_filter(values, 1.5, truncate=3.5)

    mx, my = blurred(x), blurred(y)
    vx, vy, vxy = blurred(x * x) - mx**2, blurred(y * y) - my**2, blurred(x * y) - mx * my
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    similar = (2 * mx * my + c1) * (2 * vxy + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))
    assert structural_similarity(one, other) == pytest.approx(similar[5:-5, 5:-5].mean(), abs=1e-12)
    assert structural_similarity(one, one) == pytest.approx(1)
    assert structural_similarity(one, 255 - one) < -0.5
    assert structural_similarity(one[:, :10], other[:, :10]) is None


def test_colour_distance_is_the_frechet_distance():
    one, other = colours(picture(1)), colours(picture(2, 60, 140))
    root = sqrtm(one.covariance @ other.covariance)
    expected = np.square(one.mean - other.mean).sum() + np.trace(one.covariance + other.covariance - 2 * root.real)
    assert colour_distance(one, other) == pytest.approx(np.sqrt(expected))
    assert colour_distance(one, other) == pytest.approx(colour_distance(other, one))
    assert colour_distance(one, one) == pytest.approx(0, abs=1e-6)


def test_colour_distance_of_plain_pictures_is_that_of_their_colours():
    assert colour_distance(colours(plain(0, 0, 0)), colours(plain(255, 255, 255))) == pytest.approx(100, abs=0.01)
    assert colour_distance(colours(plain(0, 0, 255)), colours(plain(0, 255, 0))) == pytest.approx(258.7, abs=0.05)


def test_style_distance_is_the_formula(network):
    one, other = picture(1), picture(2, 60, 140)
    layers = network.architecture.style_layers
    expected = []
    for first, second in zip(
        network(one[None].float(), layers).values(), network(other[None].float(), layers).values(), strict=True
    ):
        a, b = (f[0].double().flatten(1).numpy() for f in (first, second))
        a, b = a @ a.T / a.size, b @ b.T / b.size
        expected.append(np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b)))
    found = style_distance(style_features(one, network), style_features(other, network))
    assert found == pytest.approx(np.mean(expected), rel=1e-4)
    assert 0 < found < 1


def test_references_find_themselves_and_shares_are_weights(network):
    content, style, other = picture(1), picture(2, 60, 140), picture(3, 100, 256)
    metrics = Metrics(network)
    same = metrics.of(content, content, [(style, 1.0)])
    assert same["structural_similarity"] == pytest.approx(1)
    assert same["colour_distance_to_content"] == pytest.approx(0, abs=1e-6)
    assert same["style_distance"] == same["style_distance_of_content"] > 0
    assert metrics.of(style, content, [(style, 1.0)])["style_distance"] == 0
    alone = [metrics.of(content, content, [(one, 1.0)]) for one in (style, other)]
    both = metrics.of(content, content, [(style, 0.25), (other, 0.75)])
    for name in ("style_distance", "colour_distance_to_style"):
        assert both[name] == pytest.approx(0.25 * alone[0][name] + 0.75 * alone[1][name])


def test_what_has_no_picture_or_too_small_a_one_is_none(network):
    image = picture(1)
    metrics = Metrics(network)
    named = {"style_distance_network": "vgg19-slim"}
    without = metrics.of(image, None, [])
    assert {name: value for name, value in without.items() if value is not None} == named
    small = metrics.of(image[:, :8, :8], image[:, :8, :8], [(image, 1.0)])
    assert {name for name, value in small.items() if value is None} == {
        "structural_similarity",
        "style_distance",
        "style_distance_of_content",
    }


def test_small_images_that_are_seen_together_have_the_distances_that_they_have_alone(network):
    images = [picture(seed, edge=48) for seed in range(5)]
    content, styles = picture(7, edge=48), [(picture(8, edge=60), 0.25), (picture(9, edge=48), 0.75)]
    alone = [Metrics(network).of(image, content, styles) for image in images]
    metrics = Metrics(network)
    metrics.look_together(images)
    for image, expected in zip(images, alone, strict=True):
        assert metrics.of(image, content, styles) == pytest.approx(expected, rel=1e-5)
    assert len({one["style_distance"] for one in alone}) == len(images)
    other = picture(11, edge=48)  # one that was not seen together with them
    assert metrics.of(other, content, styles) == pytest.approx(Metrics(network).of(other, content, styles), rel=1e-12)


def test_the_distance_of_the_content_is_that_to_these_styles_and_shares(network):
    image, content, one, other = (picture(seed, edge=48) for seed in range(4))
    kept = Metrics(network)
    for styles in ([(one, 1.0)], [(other, 1.0)], [(one, 0.5), (other, 0.5)], [(one, 0.1), (other, 0.9)]):
        found = kept.of(image, content, styles)["style_distance_of_content"]
        assert found == Metrics(network).of(image, content, styles)["style_distance_of_content"]
