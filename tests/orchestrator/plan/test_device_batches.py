"""Batches that are cut for a GPU when its worker asks: width, order, fairness towards the end, nothing lost."""

import random
from types import SimpleNamespace

import pytest

from benchmarks.events import Events, World
from orchestrator.plan.batches import Batch
from orchestrator.plan.device_batches import USABLE_SHARE, WIDEST_PIXELS, DeviceBatches, widest
from stylize import ARCHITECTURES
from stylize.network.step_memory import batch_bytes
from stylize.settings import TrialSettings

SETTINGS = TrialSettings(content="photo", style="painting").for_architecture(ARCHITECTURES["vgg16"])


def lane(name, iterations=10, edge=448, network="one"):
    setup = SimpleNamespace(settings=SimpleNamespace(frame=None), shared_in_batch=(network, edge))
    return (
        SimpleNamespace(
            id=name,
            setup=setup,
            iterations=iterations,
            first_step=0,
            operations=float(iterations * edge * edge),
            architecture="vgg16",
            deepest="conv5_1",
            width=edge,
            height=edge,
            after=None,
            settings=SETTINGS,
            paints=False,
            trains=False,
        ),
    )


def pool(*lanes):
    made = DeviceBatches()
    for one in lanes:
        made.add(Batch((one,)))
    return made


def cut_all(made, devices, memory=None):
    batches = []
    while len(made):
        batches.append(made.cut(memory, devices))
    return batches


def test_left_over_trials_become_a_batch_for_each_device():
    """Of 500 trials that were left, 17 batches were made for 64 GPUs."""
    batches = cut_all(pool(*(lane(str(number)) for number in range(500))), devices=64)
    assert len(batches) >= 64
    assert batches[0].width == 2


def test_one_device_gets_batches_as_wide_as_they_may_be():
    assert [one.width for one in cut_all(pool(*(lane(str(number)) for number in range(70))), 1)] == [32, 32, 6]


def test_batches_get_narrower_towards_the_end():
    widths = [one.width for one in cut_all(pool(*(lane(str(number)) for number in range(800))), 8)]
    assert widths[0] == 25
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] == 1


def test_width_is_bounded_by_pixels_and_by_the_memory_of_the_device_that_asks():
    five, six = (batch_bytes(SETTINGS, ARCHITECTURES["vgg16"], 448, 448, images, itemsize=4) for images in (5, 6))
    assert widest(lane("a"), None) == 32
    assert widest(lane("a", edge=224), None) == 128
    assert widest(lane("a"), (five + six) / 2 / USABLE_SHARE) == 5
    assert widest(lane("a"), 1.0) == 1
    assert widest(lane("a", edge=9000), None) == 1
    assert WIDEST_PIXELS == 32 * 448 * 448


def lanes_of(count):
    return [Batch((lane(str(number)),)) for number in range(count)]


def test_sixty_four_gpus_are_hardly_ever_idle():
    """Over the whole span, the end included, with batches of about 1 to 10 s and storage with 100 ms a request."""
    played = Events(lanes_of(5_000), World()).play()
    assert played.idle < 0.05
    assert (played.lost, played.twice, played.wasted) == (0, 0, 0)


def test_a_machine_that_is_lost_and_one_that_joins_cost_time_and_no_trial():
    kept, changed = (Events(lanes_of(1_000), world).play() for world in (World(), World(lost=0.4, joins=0.5)))
    assert (changed.lost, changed.twice) == (0, 0)
    assert changed.wasted > 0
    assert changed.seconds > kept.seconds


def test_only_what_can_share_passes_is_in_one_batch_and_nothing_is_lost():
    chance = random.Random(0)
    lanes = [
        lane(str(number), chance.choice([10, 20]), chance.choice([64, 96]), chance.choice("ab")) for number in range(99)
    ]
    batches = cut_all(pool(*lanes), devices=3)
    assert sorted(one.trials[0].id for one in batches) != []
    assert sorted(trial.id for one in batches for trial in one.trials) == sorted(one[0].id for one in lanes)
    for batch in batches:
        assert len({(one.setup.shared_in_batch, one.width, one.iterations) for one in batch.trials}) == 1


def test_the_group_with_the_most_work_is_begun_first():
    made = pool(lane("short", iterations=1), lane("long", iterations=100))
    assert [batch.trials[0].id for batch in cut_all(made, 1)] == ["long", "short"]


def test_the_work_that_is_left_is_counted():
    made = pool(lane("a", edge=64), lane("b", edge=64))
    assert made.operations == 2 * 10 * 64 * 64
    made.cut(None, 2)
    assert made.operations == pytest.approx(10 * 64 * 64)
