"""What the generator promises before it has learned anything, and for pictures of any shape."""

import numpy as np
import pytest
import torch

from autopaint.examples import seen
from autopaint.hints import flood, hints_of_truth, no_hints
from autopaint.networks import Discriminator, Generator, places_of
from pictures.cartoons import cartoon


@pytest.fixture(scope="module")
def generator():
    torch.manual_seed(0)
    return Generator().eval().requires_grad_(False)


def given(size=(96, 96), count=8):
    drawn = cartoon(1, size)
    sketch = drawn.sketch() / np.float32(255)
    return sketch, hints_of_truth(drawn.picture(), count, 5, 0) if count else no_hints(*sketch.shape)


def test_an_untrained_generator_lets_hints_flow_up_to_the_lines(generator):
    """So it is not worse than the rule without a network, and learns from there."""
    sketch, hints = given()
    painted = generator(seen(sketch, hints)[None])[0].permute(1, 2, 0).numpy()
    rule = flood(sketch, hints).colours * sketch[..., None]
    inside = flood(sketch, hints).inside > 0
    assert np.abs(painted - rule)[inside].mean() < 0.12


def test_without_hints_no_colour_of_hints_is_chosen(generator):
    sketch, none = given(count=0)
    shown = seen(sketch, none)[None]
    other = shown.clone()
    other[:, 5:8] = 0.9  # what the flooded colours would be
    assert torch.equal(generator(shown), generator(other))


@pytest.mark.parametrize("size", [(96, 96), (100, 37), (16, 16), (130, 97), (17, 200)])
def test_pictures_of_any_shape_are_painted(generator, size):
    sketch, hints = given((size[0], size[1]))
    assert generator(seen(sketch, hints)[None]).shape == (1, 3, size[1], size[0])


def test_a_part_is_refined_as_it_is_in_the_whole(generator):
    """But for its border, where the network sees less. So training may look at parts."""
    sketch, hints = given((128, 128))
    shown = seen(sketch, hints)[None]
    guess = generator.guess(shown)
    whole = generator.refine(shown, guess, places_of(128, 128))
    box = (24, 40, 64, 64)
    part = generator.refine(shown[..., 24:88, 40:104], guess, places_of(128, 128, box))
    middle = np.s_[..., 24:40, 24:40]
    assert (whole[..., 24:88, 40:104] - part)[middle].abs().max() < 1e-4


def test_the_choice_of_a_pixel_is_a_mean_of_the_guesses_around_it_without_hints(generator):
    sketch, none = given(count=0)
    shown = seen(sketch, none)[None]
    guess = torch.full((1, 3, 48, 48), 0.25)
    painted = generator.refine(shown, guess, places_of(96, 96))
    paper = shown[:, :1].expand(-1, 3, -1, -1) == 0
    assert (painted[paper] - 0.25).abs().max() < 1e-5


def test_a_discriminators_number_sees_70_pixels():
    torch.manual_seed(0)
    network = Discriminator().eval()
    colours = torch.rand(1, 3, 96, 96, requires_grad=True)
    judged = network(torch.rand(1, 1, 96, 96), colours)
    judged[0, 0, judged.shape[2] // 2, judged.shape[3] // 2].backward()
    rows = colours.grad.abs().sum((0, 1, 3)).nonzero()
    assert int(rows.max() - rows.min()) + 1 == 70
