"""Trainings in a sweep: once for all that share one, resumed where they were, and the same as without interruption."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from orchestrator.cluster import trainer
from orchestrator.cluster.handovers import NetworkParts
from orchestrator.cluster.painter import Painter
from orchestrator.cluster.trainer import Order, trained
from results import Run
from stylize.settings import TrialSettings
from weights import find_weights

SETTINGS = {"method": "autopainter", "content": "x", "generator": "train", "training_steps": 20, "training_batch": 2}


@pytest.fixture(autouse=True, scope="module")
def _small():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("autopaint.examples.EDGES", (96,))
        patch.setattr("autopaint.examples.SHARES", (1.0,))
        patch.setattr(trainer, "CARTOONS", 6)
        yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def parts():
    from stylize import ARCHITECTURES

    weights = find_weights("vgg16-slim", None, base=Path())
    parameters, preprocessing = weights.load(ARCHITECTURES["vgg16-slim"].parameter_shapes())
    return NetworkParts({key: value.numpy() for key, value in parameters.items()}, preprocessing)


@pytest.fixture(scope="module")
def order(parts):
    return lambda **changed: Order(TrialSettings(**SETTINGS | changed), "ab" * 32, parts, torch.device("cpu"))


class Stopped(Exception):
    """What ends a training here, as the end of its process would."""


@pytest.fixture(scope="module")
def whole(order, tmp_path_factory):
    """A training without interruption: its run, its result, and the steps that were seen."""
    run, seen = Run(tmp_path_factory.mktemp("whole")), []
    return run, trained(run, order(), seen.append), seen


def test_a_training_goes_on_from_its_checkpoint_and_ends_as_if_nothing_had_happened(
    order, whole, tmp_path, monkeypatch
):
    monkeypatch.setattr(trainer, "CHECKPOINT_SECONDS", 0.0)
    run, seen = Run(tmp_path), []

    def stop_at(last):
        def on_step(step):
            seen.append(step)
            if step == last:
                raise Stopped

        return on_step

    with pytest.raises(Stopped):
        trained(run, order(), stop_at(13))
    assert [path.rpartition(".")[2] for path in run.names("generators/*")] == ["checkpoint"]
    resumed = trained(run, order(), stop_at(None))
    assert seen == [*range(14), *range(10, 20)]
    expected = whole[1].columns
    for name in ("generator_sha256", "pixel_loss", "history_pixel_loss", "history_discriminator_loss", "history_step"):
        assert resumed.columns[name] == expected[name]
    assert sorted(path.rpartition(".")[2] for path in run.names("generators/*")) == ["json", "safetensors"]


def test_a_training_that_is_done_is_read(order, whole):
    run, first, seen = whole
    again = trained(run, order(), seen.append)
    assert seen == list(range(20))
    assert again.columns == first.columns
    expected = dict(first.generator.named_parameters())
    assert all(torch.equal(value, expected[name]) for name, value in again.generator.named_parameters())
    assert json.loads(run.read(f"generators/{'ab' * 32}.json"))["steps"] == 20


def test_losses_without_weight_are_not_computed_and_have_no_curve(order, tmp_path):
    changed = {"training_steps": 10, "adversarial_weight": 0.0, "feature_weight": 0.0, "smoothness_weight": 0.0}
    columns = trained(Run(tmp_path), order(**changed), lambda step: None).columns
    assert len(columns["history_pixel_loss"]) == len(columns["history_step"]) == 1
    assert columns["history_feature_loss"] == columns["history_total_loss"] == [None]
    assert "discriminator_loss" not in columns


def test_a_training_on_pictures_draws_no_cartoon_and_learns_what_they_show(order, tmp_path, monkeypatch):
    monkeypatch.setattr("pictures.cartoons.cartoon", lambda *_: pytest.fail("a cartoon was drawn"))
    teal = np.full((96, 120, 3), (0, 128, 128), np.uint8)
    teal[::12] = 0  # lines, so that there is a sketch
    sought = dataclasses.replace(order(training_steps=40, training_hints=0.0), pictures=[teal] * 16)
    losses = trained(Run(tmp_path), sought, lambda step: None).columns["history_pixel_loss"]
    assert losses[-1] < losses[0] / 2


def test_a_training_that_fails_is_not_tried_for_each_of_its_trials(order, tmp_path, monkeypatch, parts):
    asked = []

    def fail(*_):
        asked.append(1)
        raise FloatingPointError("a loss is not finite at step 3")

    class OneTrial:
        network, weights_sha256, settings = "autopainter ab", "ab", order().settings
        trains = True

    monkeypatch.setattr("orchestrator.cluster.painter.trained", fail)
    monkeypatch.setattr("orchestrator.cluster.painter.ray.get", lambda reference: parts)
    painter = Painter(torch.device("cpu"))
    materials = type("Materials", (), {"run": str(tmp_path), "network": None, "training": None})
    for _ in range(3):
        with pytest.raises(FloatingPointError, match="not finite at step 3"):
            painter._generator(OneTrial, materials, lambda step: None)
    assert len(asked) == 1


@pytest.mark.parametrize(("curve", "step"), [([0.01] * 20, 200), ([0.4] * 5 + [0.04] * 30, 250), ([0.01] * 19, None)])
def test_a_discriminator_that_has_won_is_told(curve, step):
    note = trainer._note([0.9, *curve, 0.9] if step is None else curve)
    assert (note is None) == (step is None)
    assert step is None or f"had won at step {step}:" in note
