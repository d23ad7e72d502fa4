"""A step by hand, going on where a training was stopped, and that it learns."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from autopaint.export import export, generator_of, parameter_shapes
from autopaint.training import Recipe, Training
from weights.load import load

ALONE = Recipe(pixel_weight=50, feature_weight=0, adversarial_weight=0, smoothness_weight=0, rate=1e-3)
ALL = Recipe(pixel_weight=50, feature_weight=0, adversarial_weight=1, smoothness_weight=1e-3, rate=1e-3)


def states(training):
    parts = {"generator": training.generator, "discriminator": training.discriminator, "mean": training.averaged}
    return {f"{part}.{name}": value for part, one in parts.items() for name, value in one.state_dict().items()}


def test_a_step_is_adams_step_along_the_gradient_of_the_sum(examples):
    """Adam's first step is −rate·g/(|g| + 1e-8) for each number, whatever β is."""
    training = Training(ALONE, examples())
    before = {name: value.clone() for name, value in training.generator.state_dict().items()}
    losses = training.step()
    for name, parameter in training.generator.named_parameters():
        gradient = parameter.grad
        expected = before[name] - 1e-3 * gradient / (gradient.abs() + 1e-8)
        torch.testing.assert_close(parameter, expected, rtol=0, atol=2e-6)
    assert set(losses) == {"pixel_loss"}


def test_what_is_kept_is_a_running_mean(examples):
    training = Training(ALONE, examples())
    training.step()
    for mean, now in zip(training.averaged.parameters(), training.generator.parameters(), strict=True):
        assert torch.equal(mean, now)  # a tenth of the steps so far is less than one step
    training.steps = 39
    before = [mean.clone() for mean in training.averaged.parameters()]
    training.step()
    for was, mean, now in zip(before, training.averaged.parameters(), training.generator.parameters(), strict=True):
        torch.testing.assert_close(mean, was + (now - was) / 4)


def test_a_resumed_training_is_the_uninterrupted_one_bit_for_bit(examples):
    whole = Training(ALL, examples())
    losses = [whole.step() for _ in range(4)]
    stopped = Training(ALL, examples())
    for _ in range(2):
        stopped.step()
    resumed = Training(ALL, examples(seed=99))
    assert resumed.resume(stopped.state({"curve": "[1, 2]"}))["curve"] == "[1, 2]"
    assert [resumed.step() for _ in range(2)] == losses[2:]
    assert resumed.steps == 4
    expected = states(whole)
    assert all(torch.equal(value, expected[name]) for name, value in states(resumed).items())


def test_the_same_seed_is_the_same_training_and_another_is_another(examples):
    def two_steps(seed):
        training = Training(replace(ALONE, seed=seed), examples())
        return [training.step() for _ in range(2)]  # a new generator's first colours depend on no weight

    first, again, other = map(two_steps, (1, 1, 2))
    assert first == again
    assert first != other


def test_a_short_training_lowers_the_error(examples):
    training = Training(ALONE, examples(hinted=0.0))
    losses = [training.step()["pixel_loss"] for _ in range(24)]
    assert np.mean(losses[-6:]) < 0.85 * np.mean(losses[:3])


def test_a_loss_that_is_not_finite_stops_a_training_before_it_changes_anything(examples):
    training = Training(ALONE, examples())
    with torch.no_grad():
        next(training.generator.fine.out.parameters()).fill_(float("nan"))
    before = {name: value.clone() for name, value in training.averaged.state_dict().items()}
    with pytest.raises(FloatingPointError, match="not finite at step 0"):
        training.step()
    assert all(torch.equal(value, before[name]) for name, value in training.averaged.state_dict().items())


def test_a_discriminator_learns_to_tell_true_from_painted(examples):
    training = Training(ALL, examples())
    losses = [training.step()["discriminator_loss"] for _ in range(12)]
    assert np.mean(losses[-3:]) < 0.9 * np.mean(losses[:3])


def test_a_generator_is_written_as_fp16_and_read_again(examples, tmp_path):
    training = Training(ALONE, examples())
    training.step()
    file = tmp_path / "own.safetensors"
    export(training.averaged, file, {"steps": "1"})
    assert file.stat().st_size < 5_000_000
    read = generator_of(load(file, parameter_shapes()))
    for name, value in training.averaged.named_parameters():
        assert torch.equal(dict(read.named_parameters())[name], value.half().float())
