"""Frames: what an image was on its way, judged by runs that end there."""

import pytest
import torch
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from stylize import Settings, Targets, Transfer, transfer, transfer_batch


def settings(**changes):
    defaults = {"iterations": 7, "ratio": 1e-2, "learning_rate": 4.0, "frames_every": 3, "precision": "fp32"}
    return Settings(**(defaults | changes))


def filmed(network, pictures, *each):
    """The results, and for each transfer its frames by step, in the order that they came in."""
    frames = [{} for _ in each]

    def on_frame(frame):
        for index in frame.transfers:
            frames[index][frame.step] = frame.pixels()

    transfers = [Transfer(*pictures, one) for one in each]
    return transfer_batch(transfers, Targets(network), on_frame=on_frame), frames


def test_frames_begin_with_the_first_image_and_end_before_the_result(network, pictures):
    [result], [frames] = filmed(network, pictures, settings(iterations=6))
    assert list(frames) == [0, 3]
    assert torch.equal(frames[0], pictures[0].permute(1, 2, 0))
    assert not torch.equal(frames[3], frames[0])
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
def test_a_frame_is_the_result_of_so_many_iterations(network, pictures, change):
    """To the bit: nothing of a schedule depends on how many iterations there will be."""
    _, [frames] = filmed(network, pictures, settings(iterations=8, frames_every=2, **change))
    assert list(frames) == [0, 2, 4, 6]
    for step in (2, 4, 6):
        ended = transfer(*pictures, settings(iterations=step, frames_every=0, **change), network)
        assert torch.equal(frames[step], ended.pixels()), step


@given(
    lengths=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    every=st.integers(1, 6),
    rates=st.lists(st.sampled_from([1.0, 4.0]), min_size=1, max_size=2, unique=True),
)
@hypothesis_settings(max_examples=10, deadline=None)
def test_whoever_shares_a_batch_each_transfer_has_the_steps_before_its_end(network, pictures, lengths, every, rates):
    """Transfers of one rate are one optimisation and get the same frames; each rate needs the longest length."""
    each = [
        settings(iterations=length, frames_every=every, learning_rate=rate)
        for rate in rates
        for length in [*lengths, max(lengths)]
    ]
    results, frames = filmed(network, pictures, *each)
    for one, result, found in zip(each, results, frames, strict=True):
        assert list(found) == list(range(0, one.iterations, every))
        for other, theirs in zip(each, frames, strict=True):
            if other.learning_rate == one.learning_rate:
                assert all(torch.equal(found[step], theirs[step]) for step in found.keys() & theirs.keys())
        for other, ended in zip(each, results, strict=True):
            if other.learning_rate == one.learning_rate and other.iterations in found:
                assert torch.equal(found[other.iterations], ended.pixels())
        assert result.steps == one.iterations


def test_coarse_frames_are_enlarged(network, pictures):
    [result], [frames] = filmed(network, pictures, settings(iterations=8, frames_every=2, pyramid=[30]))
    assert [frame.shape for frame in frames.values()] == [result.pixels().shape] * 4

    def roughness(pixels):
        return pixels.float().diff(dim=0).abs().mean()

    assert roughness(frames[2]) < 0.8 * roughness(frames[6])


def test_what_failed_has_frames_up_to_there_and_what_stood_still_up_to_its_end(network, pictures):
    wild = settings(learning_rate=1e30, iterations=60, frames_every=1, plateau=1e-9)
    still = settings(learning_rate=1e-6, iterations=60, frames_every=1, plateau=0.01)
    results, frames = filmed(network, pictures, wild, still)
    assert results[0].failed_at == 1
    assert list(frames[0]) == [0]
    assert results[1].steps == 50
    assert list(frames[1]) == list(range(50))


def test_what_on_frame_raises_ends_the_batch(network, pictures):
    def on_frame(frame):
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="the disk is full"):
        transfer_batch([Transfer(*pictures, settings())], Targets(network), on_frame=on_frame)
