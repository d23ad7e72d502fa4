"""Images in tiles: every response, loss and gradient is that of the whole image."""

import pytest
import torch

from stylize import ARCHITECTURES, PREPROCESSING, Network, Settings, Targets, Transfer, registry, transfer
from stylize.losses import targets as targets_module
from stylize.losses.content_representation import Responses
from stylize.losses.objective import Objective
from stylize.losses.term import Circumstances
from stylize.metrics.style_distance import style_distance, style_features
from stylize.network import memory
from stylize.network.tiles import shown_shape, tiles
from weights.he_normal import he_normal

SLIM = "vgg16-slim"


@pytest.fixture(scope="module")
def slim():
    return network_of(SLIM)


def network_of(name, **details):
    architecture = ARCHITECTURES[name]
    return Network(
        architecture, he_normal(architecture.parameter_shapes(), 0), PREPROCESSING["vgg-original"], **details
    )


def picture(height, width, seed=0):
    generator = torch.Generator().manual_seed(seed)
    small = torch.rand(1, 3, height // 4, width // 4, generator=generator) * 255
    large = torch.nn.functional.interpolate(small, (height, width), mode="bicubic").clamp(0, 255)
    return (large + 8 * torch.rand(1, 3, height, width, generator=generator)).clamp(0, 255)[0]


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize(("height", "width", "edge"), [(200, 331, 64), (97, 160, 48), (64, 64, 64), (515, 40, 128)])
def test_every_position_of_every_layer_belongs_to_one_tile(name, height, width, edge):
    architecture = ARCHITECTURES[name]
    layers = [layer for layer in architecture.layers if min(architecture.response_shape(layer, height, width)) > 0]
    for layer in layers:
        seen = torch.zeros(architecture.response_shape(layer, height, width), dtype=torch.int)
        for tile in tiles(architecture, layers, (height, width), (edge, edge)):
            rows, columns = tile.whole(layer)
            seen[rows, columns] += 1
        assert bool((seen == 1).all()), layer


@pytest.mark.parametrize("details", [{}, {"padding": "reflect"}, {"padding": "replicate", "pooling": "max"}])
@pytest.mark.parametrize("name", [SLIM, "squeezenet1_1", "alexnet"])
def test_the_responses_of_a_tile_are_those_of_the_whole_image(name, details):
    network = network_of(name, **details)
    architecture, image = network.architecture, picture(236, 301)[None]
    layers = architecture.layers[:9]
    with torch.no_grad():
        whole = network(image.double(), layers, torch.float64)
        parts = tiles(architecture, layers, (236, 301), (96, 96))
        assert len(parts) > 4
        for tile in parts:
            rows, columns = tile.shown
            shown = network(image[:, :, rows, columns].double(), layers, torch.float64)
            for layer in layers:
                of_tile, of_whole = (..., *tile.within(layer)), (..., *tile.whole(layer))
                torch.testing.assert_close(shown[layer][of_tile], whole[layer][of_whole], rtol=1e-9, atol=1e-9)


METHODS = {
    "gram": {},
    "mean-variance": {"style_representation": "mean-variance"},
    "wasserstein": {"style_representation": "wasserstein", "style_layers": ["conv1_1", "conv3_1"]},
    "content alone": {"style_layers": [], "content_layers": ["conv2_2", "conv4_2"]},
    "style alone, with losses of the whole image": {"ratio": 0, "tv_weight": 1e-3, "laplacian_weight": 10.0},
}


def losses_and_gradients(network, transfers, image, tile):
    circumstances = Circumstances(Targets(network), "fp32", tuple(image.shape[2:]))
    objective = Objective(transfers, circumstances, tile=tile)
    assert objective.tile == tile
    at = image.clone().contiguous(memory_format=torch.channels_last).requires_grad_()
    parts = objective.parts(at)
    [gradient] = torch.autograd.grad(parts, at, objective.weights)
    return objective.losses(parts.detach(), objective.outside(image)), gradient


@pytest.mark.parametrize("method", METHODS)
def test_loss_and_gradient_are_those_of_the_whole_image(slim, method):
    settings = Settings(**METHODS[method]).for_architecture(slim.architecture)
    other = settings.model_copy(update={"ratio": settings.ratio * 3})
    transfers = [Transfer(picture(208, 250), picture(150, 170, 1), one) for one in (settings, other)]
    image = torch.stack([picture(208, 250, 2), picture(208, 250, 3)])
    # A Wasserstein distance is a small difference of large traces, for which sums in fp64 are the more exact ones.
    tolerance = 1e-4 if method == "wasserstein" else 1e-5
    whole, gradient = losses_and_gradients(slim, transfers, image, None)
    tiled, of_tiles = losses_and_gradients(slim, transfers, image, (64, 80))
    for name, loss in whole.items():
        assert tiled[name].tolist() == pytest.approx(loss.tolist(), rel=tolerance), name
    assert float((of_tiles - gradient).norm() / gradient.norm()) < 1e-4
    assert float((of_tiles - gradient).abs().max() / gradient.abs().max()) < 1e-4


def test_at_512_pixels_it_agrees_with_a_calculation_in_float64(slim):
    settings = Settings().for_architecture(slim.architecture)
    content, style, image = picture(512, 512), picture(300, 400, 1), picture(512, 512, 2)[None]
    losses, gradient = losses_and_gradients(slim, [Transfer(content, style, settings)], image, (128, 512))

    def responses(pixels):
        return slim(pixels.double(), settings.active_layers, torch.float64)

    def gram(response):
        flat = response[0].flatten(1)
        return flat @ flat.T / flat.numel()

    with torch.no_grad():
        of_style, of_content = responses(style[None]), responses(content[None])
    exact = image.double().requires_grad_()
    found = responses(exact)
    style_loss = sum(w * (gram(found[at]) - gram(of_style[at])).square().sum() / 4 for at, w in settings.style_layers)
    content_loss = sum(w * (found[at] - of_content[at]).square().sum() / 2 for at, w in settings.content_layers)
    total = settings.alpha * content_loss + settings.beta * style_loss
    [wanted] = torch.autograd.grad(total, exact)
    assert float(losses["style_loss"]) == pytest.approx(style_loss.item(), rel=1e-5)
    assert float(losses["content_loss"]) == pytest.approx(content_loss.item(), rel=1e-5)
    assert float(losses["total_loss"]) == pytest.approx(total.item(), rel=1e-5)
    assert float((gradient - wanted).norm() / wanted.norm()) < 1e-4


def test_what_is_no_sum_over_positions_is_seen_whole(slim):
    settings = Settings(style_representation="mrf", mrf_rotations=[0.0], mrf_scales=[1.0])
    transfer = Transfer(picture(80, 80), picture(80, 80, 1), settings.for_architecture(slim.architecture))
    objective = Objective([transfer], Circumstances(Targets(slim), "fp32", (80, 80)), tile=(32, 32))
    assert objective.tile is None


@pytest.mark.parametrize("kind", ["gram", "mean-variance", "wasserstein"])
def test_targets_of_large_pictures_are_those_of_the_whole(slim, monkeypatch, kind):
    settings = Settings(style_representation=kind).for_architecture(slim.architecture)
    loss = registry.STYLE_REPRESENTATIONS[kind].load().of(settings, None)
    layers, image = ["conv1_1", "conv3_1", "conv4_2"], picture(203, 170)
    whole = Targets(slim).style(image, layers, "fp32", loss), Targets(slim).content(image, layers, "fp32", Responses())
    monkeypatch.setattr(targets_module, "MOST_PIXELS", 100)
    monkeypatch.setattr(targets_module, "TILE_EDGE", 64)
    tiled = Targets(slim).style(image, layers, "fp32", loss), Targets(slim).content(image, layers, "fp32", Responses())
    for one, other in zip(whole, tiled, strict=True):
        for layer in layers:
            scale = float(one[layer].abs().max())
            torch.testing.assert_close(other[layer], one[layer], rtol=1e-4, atol=1e-5 * scale)


def test_the_style_distance_sees_large_pictures_in_tiles(slim, monkeypatch):
    whole = style_features(picture(203, 170), slim)
    monkeypatch.setattr(targets_module, "MOST_PIXELS", 100)
    monkeypatch.setattr(targets_module, "TILE_EDGE", 64)
    assert style_distance(whole, style_features(picture(203, 170), slim)) < 1e-6


def test_what_a_tile_is_shown_beside_itself_is_what_its_responses_see():
    assert shown_shape(ARCHITECTURES["vgg16"], ["conv1_1"], (512, 512), (256, 512)) == (257, 512)
    assert shown_shape(ARCHITECTURES["vgg16"], ["conv5_1"], (4096, 4096), (1024, 1024))[0] <= 1024 + 2 * 96


def test_where_memory_is_short_an_image_is_seen_in_tiles_and_comes_out_the_same(slim, monkeypatch):
    content, style = picture(300, 320), picture(120, 140, 1)
    settings = Settings(iterations=3, precision="fp32", learning_rate=1.0)
    whole = transfer(content, style, settings, slim)
    assert whole.tiles == "whole"
    monkeypatch.setattr(memory, "free_bytes", lambda device: 20_000_000)
    tiled = transfer(content, style, settings, slim)
    assert tiled.tiles == "256×256"
    for name, loss in whole.losses.items():
        assert tiled.losses[name] == (None if loss is None else pytest.approx(loss, rel=1e-3)), name
    assert float((tiled.image - whole.image).abs().mean()) < 0.02
    never = transfer(content, style, settings.model_copy(update={"checkpointing": "never"}), slim)
    assert never.tiles == "whole"


def test_wide_tiles_come_first_and_the_largest_that_fits(slim, monkeypatch):
    one = Transfer(torch.zeros(3, 8, 8), torch.zeros(3, 8, 8), Settings().for_architecture(slim.architecture))
    found = []
    for free in (4e10, 6e9, 3e9, 1.5e9, 1e6):
        monkeypatch.setattr(memory, "free_bytes", lambda device, free=free: free)
        found.append(memory.tile_shape(slim, [one], torch.Size([4096, 4096]), "fp32"))
    assert found[0] is None
    assert found[1] in [(rows, 4096) for rows in memory.WHOLE_ROWS]
    assert found[-1] == (256, 256)
    areas = [rows * columns for rows, columns in found[1:]]
    assert areas == sorted(areas, reverse=True)
