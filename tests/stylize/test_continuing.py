"""An optimisation that goes on from where it stopped is the same, to the bit, as one that never stopped."""

from dataclasses import replace

import pytest
import torch

from stylize import Lane, Settings, Targets, Transfer, transfer_lanes

DECAYS = ["none", "exponential", "staircase", "inverse_time", "cosine"]


def settings(**changes):
    defaults = {"ratio": 1e-2, "learning_rate": 4.0, "history_every": 7, "precision": "fp32", "decay_steps": 20}
    return Settings(**(defaults | changes))


class Continued:
    """Optimisations of one batch, in one go or in parts."""

    def __init__(self, network, pictures, each):
        self._targets, self._pictures, self._each = Targets(network), pictures, each

    def run(self, *ends, begins=None, keeps=True, on_snapshot=None):
        lanes = []
        for one, state in zip(self._each, begins or [None] * len(self._each), strict=True):
            transfer = Transfer(*self._pictures, one.model_copy(update={"iterations": max(ends)}))
            lanes.append(Lane(transfer, ends, begins=state, keeps=keeps))
        return transfer_lanes(lanes, self._targets, on_snapshot=on_snapshot)

    def in_parts(self, *parts):
        begins = None
        for end in parts:
            results = self.run(end, begins=begins)
            begins = [result.state for [result] in results]
        return [result for [result] in results]


def assert_same(one, other):
    assert torch.equal(one.image, other.image)
    assert one.losses == other.losses
    assert one.history == other.history
    assert (one.steps, one.batch_width, one.failed_at) == (other.steps, other.batch_width, other.failed_at)


BATCHES = {
    "adam": [settings(decay=decay) for decay in DECAYS],
    "lbfgs": [settings(optimizer="lbfgs", learning_rate=rate) for rate in (1.0, 4.0)],
    "bf16": [settings(precision="bf16"), settings(precision="bf16", ratio=1.0)],
    "plateau": [settings(plateau=0.02, ratio=0.1), settings(plateau=0.99), settings(plateau=0.0)],
    "noise, betas": [settings(init="noise", seed=3, betas=(0.5, 0.9)), settings(tv_weight=0.1, colour="luminance")],
}


@pytest.mark.parametrize("batch", BATCHES)
def test_what_goes_on_is_what_never_stopped(network, pictures, batch):
    """In three parts, which end before, at and after a check for plateaus."""
    continued = Continued(network, pictures, BATCHES[batch])
    whole = [result for [result] in continued.run(130, keeps=False)]
    assert all(result.state is None for result in whole)
    for one, other in zip(continued.in_parts(30, 100, 130), whole, strict=True):
        assert_same(one, other)


def test_an_image_that_had_reached_its_plateau_stays_as_it_is(network, pictures):
    continued = Continued(network, pictures, BATCHES["plateau"])
    first, second = continued.in_parts(120, 130)[1], continued.run(130)[1][0]
    assert first.steps == second.steps == first.state.ended_at < 120
    assert set(first.state.optimiser) == {"image"}
    alone = Continued(network, pictures, BATCHES["plateau"][1:2])
    [one], [other] = alone.in_parts(120, 130), alone.run(130)[0]
    assert_same(one, other)


def test_the_state_of_a_lane_is_that_of_its_last_end(network, pictures):
    continued = Continued(network, pictures, BATCHES["adam"][:1])
    [[early, late]] = continued.run(20, 40)
    assert early.state is None
    assert late.state.steps == 40
    [[middle, end]] = continued.run(50, 60, begins=[late.state])
    [[same_middle, same_end]] = continued.run(50, 60)
    assert_same(middle, same_middle)
    assert_same(end, same_end)


def test_the_time_of_all_parts_is_counted_and_snapshots_are_those_of_later_steps(network, pictures):
    continued = Continued(network, pictures, [settings(frames_every=10)])
    [[first]] = continued.run(20)
    taken = []
    [[second]] = continued.run(40, begins=[replace(first.state, seconds=1000.0)], on_snapshot=taken.append)
    assert second.seconds > 1000.0
    assert second.state.seconds == second.seconds
    assert [one.step for one in taken] == [20, 30]
    every = []
    continued.run(40, on_snapshot=every.append)
    for one, other in zip(taken, every[2:], strict=True):
        assert torch.equal(one.pixels(), other.pixels())


def test_an_image_that_failed_keeps_no_state(network, pictures):
    [[failed]] = Continued(network, pictures, [settings(learning_rate=1e38, decay="none")]).run(10)
    assert failed.failed_at is not None
    assert failed.state is None


@pytest.mark.parametrize("spread", [{"pyramid": (20,)}, {"matting_weight": 1.0, "matting_from": 0.5}])
def test_what_is_spread_over_all_iterations_cannot_go_on(network, pictures, spread):
    transfer = Transfer(*pictures, settings(iterations=10, **spread))
    with pytest.raises(ValueError, match="spread over its iterations"):
        Lane(transfer, (10,), keeps=True)


def test_a_lane_ends_after_it_begins_and_shares_its_first_step_with_its_batch(network, pictures):
    continued = Continued(network, pictures, [settings()])
    [[result]] = continued.run(20)
    transfer = Transfer(*pictures, settings(iterations=30))
    with pytest.raises(ValueError, match="after its first step, 20"):
        Lane(transfer, (20, 30), begins=result.state)
    with pytest.raises(ValueError, match="and first step"):
        transfer_lanes([Lane(transfer, (30,), begins=result.state), Lane(transfer, (30,))], Targets(network))
