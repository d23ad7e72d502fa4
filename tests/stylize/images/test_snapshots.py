"""Snapshots: what an image was on its way, judged by runs that end there."""

import pytest
import torch
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from stylize import Lane, Settings, Targets, Transfer, transfer, transfer_batch, transfer_lanes


def settings(**changes):
    defaults = {"iterations": 7, "ratio": 1e-2, "learning_rate": 4.0, "frames_every": 3, "precision": "fp32"}
    return Settings(**(defaults | changes))


def filmed(network, pictures, *each):
    """The results, and for each transfer its snapshots by step, in the order that they came in."""
    snapshots = [{} for _ in each]

    def on_snapshot(snapshot):
        snapshots[snapshot.lane][snapshot.step] = snapshot.pixels()

    transfers = [Transfer(*pictures, one) for one in each]
    return transfer_batch(transfers, Targets(network), on_snapshot=on_snapshot), snapshots


def test_snapshots_begin_with_the_first_image_and_end_before_the_result(network, pictures):
    [result], [snapshots] = filmed(network, pictures, settings(iterations=6))
    assert list(snapshots) == [0, 3]
    assert torch.equal(snapshots[0], pictures[0].permute(1, 2, 0))
    assert not torch.equal(snapshots[3], snapshots[0])
    assert torch.equal(result.image, transfer(*pictures, settings(iterations=6, frames_every=0), network).image)


CHANGES = [
    {},
    {"decay_steps": 2},
    {"optimizer": "lbfgs"},
    {"init": "noise", "seed": 3},
    {"colour": "luminance"},
    {"colour": "match-cholesky", "tv_weight": 0.5},
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_snapshot_is_the_result_of_so_many_iterations(network, pictures, change):
    """To the bit: nothing of a schedule depends on how many iterations there will be."""
    _, [snapshots] = filmed(network, pictures, settings(iterations=8, frames_every=2, **change))
    assert list(snapshots) == [0, 2, 4, 6]
    for step in (2, 4, 6):
        ended = transfer(*pictures, settings(iterations=step, frames_every=0, **change), network)
        assert torch.equal(snapshots[step], ended.pixels()), step


@given(
    lengths=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    every=st.integers(1, 6),
    rates=st.lists(st.sampled_from([1.0, 4.0]), min_size=1, max_size=2, unique=True),
)
@hypothesis_settings(max_examples=10, deadline=None)
def test_whoever_shares_a_batch_each_lane_has_the_steps_before_its_end(network, pictures, lengths, every, rates):
    longest = max(lengths)
    lanes = [
        Lane(Transfer(*pictures, settings(iterations=longest, frames_every=every, learning_rate=rate)), tuple(lengths))
        for rate in rates
    ]
    snapshots = [{} for _ in lanes]

    def on_snapshot(snapshot):
        snapshots[snapshot.lane][snapshot.step] = snapshot.pixels()

    results = transfer_lanes(lanes, Targets(network), on_snapshot=on_snapshot)
    for of_lane, found in zip(results, snapshots, strict=True):
        assert list(found) == list(range(0, longest, every))
        for end, result in zip(lengths, of_lane, strict=True):
            assert result.steps == end
            if end in found:
                assert torch.equal(found[end], result.pixels())


def test_coarse_snapshots_are_enlarged(network, pictures):
    [result], [snapshots] = filmed(network, pictures, settings(iterations=8, frames_every=2, pyramid=[30]))
    assert [one.shape for one in snapshots.values()] == [result.pixels().shape] * 4

    def roughness(pixels):
        return pixels.float().diff(dim=0).abs().mean()

    assert roughness(snapshots[2]) < 0.8 * roughness(snapshots[6])


def test_what_failed_has_snapshots_up_to_there_and_what_stood_still_up_to_its_end(network, pictures):
    wild = settings(learning_rate=1e30, iterations=60, frames_every=1, plateau=1e-9)
    still = settings(learning_rate=1e-6, iterations=60, frames_every=1, plateau=0.01)
    results, snapshots = filmed(network, pictures, wild, still)
    assert results[0].failed_at == 1
    assert list(snapshots[0]) == [0]
    assert results[1].steps == 50
    assert list(snapshots[1]) == list(range(50))


def test_what_on_snapshot_raises_ends_the_batch(network, pictures):
    def on_snapshot(snapshot):
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="the disk is full"):
        transfer_batch([Transfer(*pictures, settings())], Targets(network), on_snapshot=on_snapshot)
