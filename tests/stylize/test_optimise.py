"""Batches, initial images, histories and failures. What the losses are is in test_against_float64."""

import math

import pytest
import torch

import stylize
from stylize import (
    Lane,
    PictureError,
    Settings,
    SettingsError,
    Targets,
    Transfer,
    transfer,
    transfer_batch,
    transfer_lanes,
)
from stylize.images.initial import initial_image
from stylize.losses.objective import Objective
from stylize.losses.style_representations.gram import Gram
from stylize.network.preprocessing import MEAN_PIXEL
from stylize.optimisers.adam import Adam


def settings(**changes):
    defaults = {"iterations": 6, "ratio": 1e-2, "learning_rate": 4.0, "history_every": 2, "precision": "fp32"}
    return Settings(**(defaults | changes))


def results_of(network, pictures, *each):
    content, style = pictures
    return transfer_batch([Transfer(content, style, one) for one in each], Targets(network))


def test_each_image_of_a_batch_is_optimised_as_if_alone(network, pictures):
    """Different ratios, layers, weights, rates and schedules share a pass and nothing else."""
    each = [
        settings(ratio=1e-4),
        settings(style_layers=["conv1"], learning_rate=1.0, decay="inverse_time", decay_steps=2),
        settings(style_layers={"fire2": 3.0, "fire8": 0.25}, content_layers=["fire3", "fire9"], tv_weight=0.1),
        settings(ratio=0.0),
        settings(ratio=math.inf, init="noise", seed=7),
        settings(init="style", decay="exponential", decay_steps=1),
    ]
    together = results_of(network, pictures, *each)
    for one, result in zip(each, together, strict=True):
        alone = transfer(*pictures, one, network)
        assert (result.image - alone.image).abs().mean() < 0.05
        assert result.total_loss == pytest.approx(alone.total_loss, rel=1e-3)
        assert result.history.step == alone.history.step
        assert set(result.style_loss_by_layer) == set(alone.style_loss_by_layer)
        assert set(result.content_loss_by_layer) == set(alone.content_loss_by_layer)


def test_neighbours_and_position_in_a_batch_do_not_matter(network, pictures):
    """At one width, to the bit: this is why a resumed sweep gives the same pixels."""
    first, second, third, fourth = settings(ratio=1e-4), settings(ratio=1.0), settings(learning_rate=9.0), settings()
    one = results_of(network, pictures, first, second, third)[0]
    other = results_of(network, pictures, third, fourth, first)[2]
    assert torch.equal(one.image, other.image)
    assert one.history == other.history


def test_the_history_has_the_losses_before_each_sampled_update_and_the_last(network, pictures):
    result = transfer(*pictures, settings(iterations=7, history_every=3), network)
    assert result.history.step == (0, 3, 6, 7)
    assert result.history.content_loss[0] == 0.0  # it starts as the content picture
    assert result.history.total_loss[-1] == result.total_loss
    assert result.history.total_loss[-1] < result.history.total_loss[0]
    every = transfer(*pictures, settings(iterations=7, history_every=1), network)
    assert result.history.total_loss == tuple(every.history.total_loss[step] for step in (0, 3, 6, 7))


def test_the_final_losses_are_those_of_the_final_image(network, pictures):
    result = transfer(*pictures, settings(), network)
    again = Transfer(result.image, pictures[1], settings(iterations=1, history_every=1, content_layers=[], ratio=0.0))
    evaluated = transfer_batch([again], Targets(network))[0]
    assert evaluated.history.style_loss[0] == pytest.approx(result.style_loss, rel=1e-5)


def test_an_image_starts_as_the_content_the_style_or_noise(network, pictures):
    def start(**changes):
        return transfer(*pictures, settings(iterations=1, learning_rate=1e-9, **changes), network).image

    content, style = pictures
    assert torch.allclose(start(), content.float(), atol=1e-4)
    enlarged = start(init="style")
    assert enlarged.shape == content.shape
    assert enlarged.mean() == pytest.approx(style.float().mean().item(), abs=5)
    noise = start(init="noise")
    mean = torch.tensor(stylize.PREPROCESSING["vgg-original"].mean).view(3, 1, 1)
    assert (noise - mean).abs().max() <= 40.001  # cut off at two standard deviations of 20
    assert (noise - mean).std() == pytest.approx(17.6, abs=1.0)  # of a normal cut off there: 0.88 of 20
    assert torch.equal(noise, start(init="noise"))
    assert not torch.equal(noise, start(init="noise", seed=1))


def test_the_image_has_the_shape_of_the_content_or_else_of_the_style(network, pictures):
    content, style = pictures
    assert transfer(content, None, settings(ratio=math.inf), network).image.shape == content.shape
    assert transfer(None, style, settings(ratio=0.0, init="noise"), network).image.shape == style.shape


def test_content_alone_and_style_alone_report_no_loss_of_the_other(network, pictures):
    only_content = transfer(*pictures, settings(ratio=math.inf, init="noise"), network)
    assert (only_content.style_loss, only_content.style_loss_by_layer) == (0.0, {})
    assert only_content.total_loss == only_content.content_loss
    only_style = transfer(*pictures, settings(style_layers=["conv1"], content_layers=[], ratio=0.0), network)
    assert (only_style.content_loss, only_style.content_loss_by_layer) == (0.0, {})
    assert only_style.total_loss == only_style.style_loss == only_style.style_loss_by_layer["conv1"]


def test_a_diverging_image_fails_alone_and_keeps_its_last_good_state(network, pictures):
    """A rate that overflows float32 in its second step; its neighbour never notices."""
    calm = settings(history_every=1)
    wild, neighbour = results_of(network, pictures, settings(learning_rate=1e30, history_every=1), calm)
    assert wild.failed_at == 1
    assert torch.allclose(wild.image, pictures[0].float())
    assert wild.history.step == (0,)
    assert math.isfinite(wild.total_loss)
    assert neighbour.failed_at is None
    assert torch.equal(
        neighbour.image, results_of(network, pictures, settings(ratio=1.0, history_every=1), calm)[1].image
    )


def test_a_batch_without_a_living_image_ends_early(network, pictures):
    steps = []
    content, style = pictures
    wild = settings(learning_rate=1e30, iterations=1000)
    result = transfer_batch([Transfer(content, style, wild)], Targets(network), steps.append)[0]
    assert result.failed_at == 1
    assert len(steps) < 100


def test_what_on_step_raises_ends_the_batch(network, pictures):
    class EnoughError(Exception):
        pass

    def on_step(step):
        if step == 3:
            raise EnoughError

    with pytest.raises(EnoughError):
        transfer_batch([Transfer(*pictures, settings())], Targets(network), on_step)


def test_pixels_are_clipped_and_rounded(network, pictures):
    result = transfer(*pictures, settings(iterations=3, learning_rate=200.0), network)
    assert result.image.max() > 255
    assert result.image.min() < 0
    pixels = result.pixels()
    assert pixels.shape == (40, 48, 3)
    assert pixels.dtype == torch.uint8
    row, column = 11, 17
    expected = [min(255, max(0, round(value))) for value in result.image[:, row, column].tolist()]
    assert pixels[row, column].tolist() == expected


def test_targets_are_computed_once_for_all_trials_that_share_them(network, pictures, monkeypatch):
    passes = []
    forward = type(network).forward

    def counted(self, images, layers, *arguments, **options):
        passes.append(torch.is_grad_enabled())
        return forward(self, images, layers, *arguments, **options)

    monkeypatch.setattr(type(network), "forward", counted)
    targets = Targets(network)
    batch = [Transfer(*pictures, settings(iterations=1)) for _ in range(3)]
    transfer_batch(batch, targets)
    first = len(passes)
    transfer_batch(batch, targets)
    # One pass for the content targets and one for the style targets; then one per step, and one at the end.
    assert first == 2 + 1 + 1
    assert len(passes) - first == 1 + 1


def test_targets_give_way_when_the_cache_is_full(network, pictures):
    _, style = pictures
    targets = Targets(network, capacity=200_000)
    for shift in range(20):
        targets.style((style.int() + shift).clamp(0, 255).byte(), ["conv1", "fire2"], "fp32", Gram())
    kept = sum(target.nbytes for target in targets._kept.values())
    assert kept <= 200_000
    assert kept == targets._bytes


@pytest.mark.parametrize(
    ("content", "style", "changes", "message"),
    [
        (False, True, {}, "no content picture is given, but init: content starts from it"),
        (True, False, {}, "no style picture is given, but its style loss counts"),
        (False, True, {"ratio": 0.0}, "no content picture is given, but init: content starts"),
        (True, True, {"style_layers": ["conv4_2"]}, "has no layer 'conv4_2'"),
    ],
)
def test_what_does_not_fit_together_is_named(network, pictures, content, style, changes, message):
    with pytest.raises(SettingsError, match=message):
        transfer(pictures[0] if content else None, pictures[1] if style else None, settings(**changes), network)


def test_a_picture_of_another_layout_is_named(network, pictures):
    with pytest.raises(PictureError, match="expected 3×H×W"):
        transfer(pictures[0].permute(1, 2, 0), pictures[1], settings(), network)


def test_images_of_one_batch_need_one_shape_and_one_number_of_steps(network, pictures):
    with pytest.raises(ValueError, match="must share"):
        results_of(network, pictures, settings(), settings(iterations=5, ratio=1.0))


def test_an_axis_of_iterations_is_one_optimisation_looked_at_several_times(network, pictures, monkeypatch):
    """And each look equals an optimisation that ends there."""
    steps = []
    content, style = pictures
    ends = (2, 6, 4)
    [looks] = transfer_lanes([Lane(Transfer(content, style, settings()), ends)], Targets(network), steps.append)
    assert steps == list(range(6))
    for end, look in zip(ends, looks, strict=True):
        alone = transfer(content, style, settings(iterations=end), network)
        assert torch.equal(look.image, alone.image)
        assert look.history == alone.history
        assert look.steps == end


@pytest.mark.parametrize("ends", [(), (2, 4), (6, 7)])
def test_a_lane_ends_with_its_transfer(pictures, ends):
    with pytest.raises(ValueError, match="must end with its 6 steps"):
        Lane(Transfer(*pictures, settings()), ends)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_checkpointing_changes_nothing_but_memory(network, pictures, precision):
    kept = transfer(*pictures, settings(checkpointing="never", precision=precision), network)
    again = transfer(*pictures, settings(checkpointing="always", precision=precision), network)
    assert torch.equal(kept.image, again.image)


def test_bf16_results_report_fp32_losses_of_their_image(network, pictures):
    result = transfer(*pictures, settings(precision="bf16"), network)
    assert result.arithmetic == "bf16"
    again = Transfer(result.image, pictures[1], settings(iterations=1, history_every=1, content_layers=[], ratio=0.0))
    evaluated = transfer_batch([again], Targets(network))[0]
    assert evaluated.arithmetic == "fp32"
    assert evaluated.history.style_loss[0] == pytest.approx(result.style_loss, rel=1e-5)


@pytest.mark.parametrize(("has_bf16", "expected"), [(True, "bf16"), (False, "fp32")])
def test_auto_is_bf16_only_where_the_hardware_has_it(network, pictures, monkeypatch, has_bf16, expected):
    for question in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.setattr(torch.cpu, question, lambda: has_bf16)
    assert transfer(*pictures, settings(precision="auto"), network).arithmetic == expected


def test_tf32_is_refused_where_there_is_none(network, pictures):
    with pytest.raises(SettingsError, match="tf32 needs an NVIDIA GPU"):
        transfer(*pictures, settings(precision="tf32"), network)


def test_a_plateau_ends_an_image_and_not_its_neighbours(network, pictures):
    """Steps of a millionth of a pixel get nowhere; the neighbour goes on alone."""
    still = settings(learning_rate=1e-6, plateau=0.01, iterations=120, history_every=50)
    stopped, going = results_of(network, pictures, still, settings(plateau=1e-9, iterations=120, history_every=50))
    assert (stopped.steps, going.steps) == (50, 120)
    assert stopped.history.step == (0, 50)
    assert going.history.step == (0, 50, 100, 120)
    assert stopped.failed_at is None
    alone = transfer(*pictures, settings(iterations=120, history_every=50), network)
    assert going.total_loss == pytest.approx(alone.total_loss, rel=0.02)


@pytest.mark.parametrize("late", [(170,), (70, 170), (70, 120, 170)])
def test_an_image_that_is_seen_one_look_later_to_have_stopped_is_what_it_was_when_it_stopped(
    network, pictures, monkeypatch, late
):
    """On a GPU. Meanwhile it went on, and may have been taken once more."""
    still = settings(learning_rate=1e-6, plateau=0.01, iterations=170)
    wild = settings(learning_rate=1e30, iterations=170)
    going = settings(iterations=170)
    lanes = [Lane(Transfer(*pictures, still), late), *(Lane.of(Transfer(*pictures, one)) for one in (wild, going))]
    at_once = transfer_lanes(lanes, Targets(network))
    monkeypatch.setattr("stylize.optimise.reads_later", lambda device: True)
    widths = []
    step = Objective.parts
    monkeypatch.setattr(Objective, "parts", lambda self, images: widths.append(len(images)) or step(self, images))
    later = transfer_lanes(lanes, Targets(network))
    assert widths[:101] == [3] * 101  # what was seen after steps 0 and 50 was read after steps 50 and 100
    assert set(widths[101:169]) == {1}
    for one, other in zip([*at_once[0], *at_once[1]], [*later[0], *later[1]], strict=True):
        assert torch.equal(one.image, other.image)
        assert (one.steps, one.failed_at, one.history.step) == (other.steps, other.failed_at, other.history.step)
    assert [one.steps for one in later[0]] == [50] * len(late)
    [[ended]] = later[2:]
    assert (ended.steps, ended.failed_at) == (170, None)


def test_without_a_plateau_nothing_stops_early(network, pictures):
    result = transfer(*pictures, settings(learning_rate=1e-6, iterations=101), network)
    assert result.steps == 101


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_a_pyramid_runs_coarse_to_fine_and_ends_at_the_full_size(network, pictures, monkeypatch, optimizer):
    edges = []
    forward = type(network).forward

    def watched(self, images, *arguments, **options):
        if torch.is_grad_enabled():
            edges.append(max(images.shape[2:]))
        return forward(self, images, *arguments, **options)

    monkeypatch.setattr(type(network), "forward", watched)
    chosen = settings(pyramid=[32, 40, 48, 100], iterations=9, optimizer=optimizer)
    result = transfer(*pictures, chosen, network)
    assert edges == [32] * 3 + [40] * 3 + [48] * 3  # the picture's own edge is 48, and 100 is more
    assert result.image.shape == pictures[0].shape
    assert result.history.total_loss[-1] == result.total_loss


def test_what_adam_has_learned_is_enlarged_without_overshooting():
    """Where √v became 0 beside an m that is not, one step moved pixels by thousands."""
    generator = torch.Generator().manual_seed(0)
    gradient = torch.randn(1, 3, 9, 12, generator=generator) * (torch.rand(1, 1, 9, 12, generator=generator) > 0.7)
    adam = Adam([settings(iterations=9)], torch.full((1, 3, 9, 12), 128.0), 0)
    adam.advance(0)
    adam.step(torch.zeros(1), gradient)
    adam.enlarge(torch.Size([31, 47]))
    before = adam.images.clone()
    adam.advance(1)
    adam.step(torch.zeros(1), torch.zeros(1, 3, 31, 47))
    assert (adam.images - before).abs().max() < 2 * settings().learning_rate


def test_ratios_mean_the_same_at_every_level_of_a_pyramid(network):
    """A picture without detail: its losses at the coarse level are those at the full size."""
    content, style = torch.zeros(3, 256, 256).byte(), torch.full((3, 256, 256), 200).byte()
    start = settings(init="style", iterations=2, history_every=1, learning_rate=1e-9)
    coarse = transfer(content, style, start.model_copy(update={"pyramid": (128,)}), network).history
    full = transfer(content, style, start, network).history
    # Zero padding at the borders has a larger share of a small picture.
    assert coarse.content_loss[0] == pytest.approx(full.content_loss[0], rel=0.2)


def test_lbfgs_needs_fewer_steps_than_adam_and_batches_as_if_alone(network, pictures):
    each = [settings(optimizer="lbfgs", iterations=30), settings(optimizer="lbfgs", iterations=30, ratio=1e-4)]
    together = results_of(network, pictures, *each)
    for one, result in zip(each, together, strict=True):
        alone = transfer(*pictures, one, network)
        adam = transfer(*pictures, one.model_copy(update={"optimizer": "adam"}), network)
        assert result.total_loss == pytest.approx(alone.total_loss, rel=0.1)
        assert result.total_loss < adam.total_loss


def test_adam_is_torchs_with_each_images_own_betas_and_rate():
    generator = torch.Generator().manual_seed(0)
    start = torch.rand(2, 3, 4, 5, generator=generator) * 255
    gradients = torch.randn(6, 2, 3, 4, 5, generator=generator) * 100
    each = [settings(betas=[0.5, 0.9], learning_rate=2.0), settings(betas=[0.9, 0.999], learning_rate=8.0)]
    ours = Adam(each, start, 0)
    theirs = [start[place].double().clone().requires_grad_() for place in range(2)]
    optimizers = [
        torch.optim.Adam([image], lr=one.learning_rate, betas=one.betas)
        for image, one in zip(theirs, each, strict=True)
    ]
    for step, gradient in enumerate(gradients):
        ours.advance(step)
        ours.step(torch.zeros(2), gradient)
        for place, optimizer in enumerate(optimizers):
            theirs[place].grad = gradient[place].double()
            optimizer.step()
    for place in range(2):
        assert torch.allclose(ours.images[place].double(), theirs[place].detach(), rtol=1e-5)


def test_noise_has_the_deviation_that_is_asked_for_and_is_mixed_into_the_content(network, pictures):
    content, style = pictures
    mean = torch.tensor(MEAN_PIXEL).view(1, 3, 1, 1)
    wide = initial_image(Transfer(content, style, settings(init="noise", noise_deviation=60.0, seed=3)))
    # A normal distribution that is cut off at two standard deviations has 0.8796 of its deviation left.
    assert (wide - mean).std().item() == pytest.approx(0.8796 * 60, rel=0.03)
    assert (wide - mean).abs().max() <= 120
    mixed = initial_image(
        Transfer(content, style, settings(init="mix", noise_share=0.25, noise_deviation=60.0, seed=3))
    )
    assert torch.allclose(mixed, 0.75 * content.float() + 0.25 * wide, atol=1e-3)


def test_an_optimisation_may_start_from_any_image(network, pictures):
    content, style = pictures
    start = style.flip(1)
    transfer_from = Transfer(content, style, settings(init="image", iterations=1), start=start)
    image = initial_image(transfer_from)
    assert image.shape[2:] == content.shape[1:]
    same = Transfer(content, style, settings(init="image", iterations=1), start=content)
    assert torch.equal(initial_image(same)[0], content.float())
    with pytest.raises(SettingsError, match="no start picture is given, but init: image starts from it"):
        transfer_batch([Transfer(content, style, settings(init="image"))], Targets(network))


def test_the_losses_that_are_reported_are_those_of_fp32_also_where_the_steps_ran_in_tf32(
    network, pictures, monkeypatch
):
    from stylize import optimise
    from stylize.losses.objective import Objective

    seen = []
    parts = Objective.parts

    def watched(self, images):
        seen.append(torch.backends.cudnn.allow_tf32)
        return parts(self, images)

    monkeypatch.setattr(optimise, "resolve", lambda precision, device: "tf32")
    monkeypatch.setattr(Objective, "parts", watched)
    settings = Settings(iterations=2, content_layers=("fire3",), style_layers=("conv1",))
    [outcome] = transfer_batch([Transfer(*pictures, settings)], Targets(network))
    assert outcome.arithmetic == "tf32"
    assert seen[0]
    assert not seen[-1]
