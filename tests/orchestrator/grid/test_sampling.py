"""Axes that are distributions: what is drawn, that more keep what was there, and what is refused."""

import math
from pathlib import Path

import pytest

from orchestrator.errors import GridError
from orchestrator.grid.reader import grid_of

AXES = """
  ratio: {loguniform: [1e-5, 1e-1]}
  iterations: {uniform: [50, 150]}
  style_scale: {normal: [1, 0.2]}
  pooling: {choice: [average, max]}"""


def grid(sample="{count: 64}", axes=AXES, more=""):
    text = f"settings: {{content: coffee, style: swirls}}\naxes:{axes}\n{more}"
    return grid_of(text + (f"\nsample: {sample}\n" if sample else "\n"), Path("grid.yaml"))


def points(one):
    return [one.settings_at(point) for point in one.points()]


@pytest.mark.parametrize("method", ["sobol", "random", "latin-hypercube"])
def test_what_is_drawn_is_spread_over_the_distributions(method):
    found = points(grid(f"{{count: 64, method: {method}}}"))
    assert len(found) == 64
    decades = [math.floor(math.log10(one.ratio)) for one in found]
    assert all(8 <= decades.count(decade) <= 26 for decade in (-5, -4, -3, -2))
    assert all(isinstance(one.iterations, int) and 50 <= one.iterations <= 150 for one in found)
    assert all(0.4 <= one.style_scale <= 1.6 for one in found)
    assert abs(sum(one.style_scale for one in found) / 64 - 1) < 0.1
    assert 20 <= sum(one.pooling == "max" for one in found) <= 44
    assert points(grid(f"{{count: 64, method: {method}}}")) == found
    assert points(grid(f"{{count: 64, method: {method}, seed: 1}}")) != found


@pytest.mark.parametrize("method", ["sobol", "random"])
def test_a_larger_count_keeps_all_points(method):
    few, many = (points(grid(f"{{count: {count}, method: {method}}}")) for count in (13, 40))
    assert many[:13] == few


def test_what_is_drawn_is_one_axis_that_is_crossed_with_the_others():
    found = grid("{count: 5}", AXES + "\n  seed: [1, 2, 3]")
    assert [len(one.values) for one in found.dimensions] == [5, 3]
    assert len(points(found)) == 15
    assert len(found.dimensions[0].settings) == 4


def test_labels_with_the_name_of_a_distribution_stay_labels():
    found = grid(sample=None, axes="\n  style_layers: {normal: [conv1_1]}")
    assert found.dimensions[0].labels == (("normal",),)


@pytest.mark.parametrize(
    ("axes", "sample", "message"),
    [
        ("\n  ratio: {uniform: [1, 2]}", None, "3:10: axes.ratio: a distribution needs `sample: {count: 200}`"),
        ("\n  ratio: {uniform: [2, 1]}", "{count: 3}", "uniform takes [lowest, highest], and 2 is not below 1"),
        ("\n  ratio: {uniform: [1]}", "{count: 3}", "uniform takes [lowest, highest], not [1]"),
        ("\n  ratio: {loguniform: [0, 1]}", "{count: 3}", "loguniform takes numbers above 0, not 0"),
        ("\n  ratio: {normal: [1, 0]}", "{count: 3}", "normal takes a standard deviation above 0, not 0"),
        ("\n  ratio: {normal: [1, 0.5]}", "{count: 3}", "ratio should be greater than or equal to 0"),
        ("\n  style_scale: {uniform: [1, 99]}", "{count: 3}", "style_scale should be less than or equal to 10"),
        ("\n  pooling: {choice: [averag]}", "{count: 3}", "pooling should be"),
        ("\n  pooling: {choice: []}", "{count: 3}", "choice takes a list of values"),
        ("\n  style: {uniform: [1, 2]}", "{count: 3}", "style should be"),
        ("\n  ratio: [1, 2]", "{count: 3}", "sample: no axis is a distribution"),
        (AXES, "{}", "sample is a mapping such as {count: 200"),
        (AXES, "{count: 0}", "count is a whole number from 1 to 100,000, not 0"),
        (AXES, "{count: 3, method: soboll}", "there is no method 'soboll'; did you mean sobol?"),
        (AXES, "{count: 3, sed: 1}", "there is no entry of sample 'sed'; did you mean seed?"),
        (AXES, "{count: 3, seed: -1}", "seed is a whole number from 0 on, not -1"),
        (AXES, "{count: 3}\nzip: [[ratio, pooling]]", "ratio is drawn, and what is drawn moves together already"),
    ],
)  # fmt: skip
def test_wrong_distributions_and_samples_get_one_message(axes, sample, message):
    with pytest.raises(GridError) as refused:
        grid(sample, axes)
    assert message in str(refused.value)
