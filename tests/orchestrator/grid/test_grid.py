"""The points that a grid spans: counted and listed here by plain loops over what the file says."""

import itertools
import json
import math
import time

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from orchestrator.errors import GridError
from orchestrator.grid.grid import select
from orchestrator.grid.reader import load_grid
from stylize.settings import DEFAULTS as stylize_defaults

# Values of each axis; the last is for `include` alone. None is the default of any of them.
POOL = {
    "ratio": [0.25, 0.5, 1.0, 2.0],
    "seed": [3, 1, 2, 9],
    "tv_weight": [4.0, 0.125, 7.0],
    "style": ["a.png", "b.png", "c.png"],
    "learning_rate": [10.0, 2.5, 64.0],
}
DEFAULTS = {"ratio": 1e-3, "seed": 0, "tv_weight": 0.0, "style": None, "learning_rate": 8.0}


@st.composite
def grids(draw, *, extras=True):
    """A grid as data. Axes are drawn from POOL, neighbours may be zipped, some have labels."""
    names = draw(st.lists(st.sampled_from(list(POOL)), unique=True, max_size=4))
    axes, groups = {}, []
    while names:
        group = [names.pop() for _ in range(min(len(names), draw(st.sampled_from([1, 1, 2]))))]
        rows = draw(st.lists(st.tuples(*(st.sampled_from(POOL[name][:-1]) for name in group)), unique=True, min_size=1))
        axes |= dict(zip(group, map(list, zip(*rows, strict=True)), strict=True))
        groups += [group]
    grid = {"axes": axes, "zip": [group for group in groups if len(group) > 1]}
    if extras:
        grid["exclude"] = [draw(_point(axes, [[name] for name in axes])) for _ in range(draw(st.integers(0, 2)))]
        others = [[name] for name in POOL if name not in axes]
        grid["include"] = [draw(_point(POOL, groups + others)) for _ in range(draw(st.integers(0, 3)))]
        grid = {name: [point for point in value if point] if name != "axes" else value for name, value in grid.items()}
    for name in axes:
        if draw(st.booleans()) and len(set(axes[name])) == len(axes[name]):
            axes[name] = {f"{name} {value}": value for value in axes[name]}
    return grid


@st.composite
def _point(draw, values, groups):
    named = [name for group in groups if draw(st.booleans()) for name in group]
    return {name: draw(st.sampled_from(values[name])) for name in named}


def by_hand(grid):
    """The points of a grid in their order, each as a dictionary of the settings that differ from the defaults."""
    axes = {name: list(axis.values()) if isinstance(axis, dict) else axis for name, axis in grid["axes"].items()}
    groups = []
    for name in axes:
        if not any(name in group for group in groups):
            groups.append(next((group for group in grid["zip"] if name in group), [name]))
    rows = []
    for group in groups:
        columns = [axes[name] for name in group]
        rows.append([dict(zip(group, row, strict=True)) for row in zip(*columns, strict=True)])
    points = []
    for parts in itertools.product(*rows):
        point = DEFAULTS | {name: value for part in parts for name, value in part.items()}
        if not any(rule.items() <= point.items() for rule in grid.get("exclude", ())):
            points.append(point)
    for extra in grid.get("include", ()):
        open_rows = [row for group, row in zip(groups, rows, strict=True) if group[0] not in extra]
        for parts in itertools.product(*open_rows):
            point = DEFAULTS | {name: value for part in parts for name, value in part.items()} | extra
            if point not in points:
                points.append(point)
    return points


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    """Reads a grid from data or text."""
    path = tmp_path_factory.mktemp("grid") / "small.yaml"

    def read(grid, *overrides):
        path.write_text(grid if isinstance(grid, str) else json.dumps(grid))
        return load_grid(path, overrides)

    return read


def settings_of(grid):
    return [{name: getattr(grid.settings_at(point), name) for name in DEFAULTS} for point in grid.points()]


@settings(max_examples=50, deadline=None)
@given(grids(extras=False))
def test_the_number_of_points_is_the_product_of_the_lengths_of_axes_counting_zipped_ones_once(load, data):
    zipped = {name for group in data["zip"] for name in group[1:]}
    expected = math.prod(len(axis) for name, axis in data["axes"].items() if name not in zipped)
    grid = load(data)
    assert len(list(grid.points())) == grid.most_points() == expected


@settings(max_examples=75, deadline=None)
@given(grids())
def test_the_points_are_those_that_loops_give_in_their_order(load, data):
    assert settings_of(load(data)) == by_hand(data)


@settings(max_examples=50, deadline=None)
@given(grids())
def test_points_are_different_the_same_each_time_and_not_more_than_announced(load, data):
    grid = load(data)
    points = list(grid.points())
    assert len(set(points)) == len(points) <= grid.most_points()
    assert list(grid.points()) == list(load(data).points()) == points


@settings(max_examples=50, deadline=None)
@given(grids(extras=False), st.data())
def test_set_gives_the_points_of_the_grid_without_that_axis(load, data, choice):
    """Of zipped axes the others stay."""
    name = choice.draw(st.sampled_from(list(POOL)))
    value = choice.draw(st.sampled_from(POOL[name]))
    others = {
        "axes": {other: axis for other, axis in data["axes"].items() if other != name},
        "zip": [[other for other in group if other != name] for group in data["zip"]],
    }
    expected = [point | {name: value} for point in by_hand(others)]
    assert settings_of(load(data, f"{name}={json.dumps(value)}")) == expected


@settings(max_examples=50, deadline=None)
@given(grids(), st.data())
def test_selecting_by_value_or_label_is_filtering(load, data, choice):
    grid = load(data)
    points = settings_of(grid)
    names = [name for dimension in grid.dimensions for name in dimension.settings]
    assume(names and points)
    name = choice.draw(st.sampled_from(names))
    value = choice.draw(st.sampled_from(points))[name]
    axis = data["axes"].get(name)
    labels = [label for label, labelled in axis.items() if labelled == value] if isinstance(axis, dict) else []
    for wanted in [value, *labels]:
        index, values = select(grid.dimensions, name, wanted)
        selected = [point[index] in values for point in grid.points()]
        assert selected == [point[name] == value for point in points]


def test_an_included_value_of_zipped_axes_keeps_the_labels_of_its_parts(load):
    text = "axes: {style: {Munch: scream}, seed: {one: 1}}\nzip: [[style, seed]]\ninclude: [{style: Munch, seed: 2}]\n"
    dimension = load(text).dimensions[0]
    assert dimension.values == (("scream", 1), ("scream", 2))
    assert (dimension.names("style"), dimension.names("seed")) == (["Munch", "Munch"], ["one", "2"])


def test_the_last_axis_varies_fastest_and_included_points_come_last(load):
    grid = load("axes: {seed: [2, 1], ratio: [1, 0.5]}\ninclude: [{seed: 0}, {seed: 1, ratio: 3}]\n")
    found = [(one.seed, one.ratio) for one in map(grid.settings_at, grid.points())]
    assert found == [(2, 1), (2, 0.5), (1, 1), (1, 0.5), (0, 1), (0, 0.5), (1, 3)]


@pytest.mark.parametrize(
    ("text", "positions"),
    [
        ("axes: {ratio: [1e-4, 1e-2]}\ninclude: [{ratio: 1e-3}, {ratio: 1}]\n", [0, 2, 1, 3]),
        ("axes: {ratio: [1e-2, 1e-4]}\ninclude: [{ratio: 1e-3}, {ratio: 1}]\n", [1, 3, 2, 0]),
        ("axes: {ratio: [1e-2, 1e-4, 1]}\ninclude: [{ratio: 1e-3}]\n", [0, 1, 2, 3]),
        ("axes: {init: [noise, style]}\ninclude: [{init: content}]\n", [0, 1, 2]),
        ("axes: {ratio: [1e-2]}\ninclude: [{ratio: 1e-3}]\n", [0, 1]),
    ],
)
def test_an_included_number_stands_among_numbers_that_rise_or_fall(load, text, positions):
    [dimension] = load(text).dimensions
    assert dimension.positions() == positions


def test_an_included_setting_that_is_no_axis_keeps_its_fixed_value_elsewhere(load):
    grid = load("settings: {pooling: max}\naxes: {seed: [1, 2]}\ninclude: [{pooling: average, seed: 1}, {seed: 3}]\n")
    found = [(one.seed, one.pooling) for one in map(grid.settings_at, grid.points())]
    assert found == [(1, "max"), (2, "max"), (1, "average"), (3, "max")]


def test_an_included_point_wins_over_an_exclusion(load):
    grid = load("axes: {seed: [1, 2]}\nexclude: [{seed: 2}]\ninclude: [{seed: 2}]\n")
    assert [grid.settings_at(point).seed for point in grid.points()] == [1, 2]


def test_everything_may_be_excluded(load):
    assert list(load("axes: {seed: [1, 2]}\nexclude: [{seed: 1}, {seed: 2}]\n").points()) == []


def test_an_exclusion_names_zipped_axes_together(load):
    """(1, 3) is no pair of the zip, so that rule excludes nothing."""
    text = "axes: {seed: [1, 2, 1], ratio: [3, 4, 5]}\nzip: [[seed, ratio]]\nexclude: [%s]\n"
    for rule, left in [
        ("{seed: 1}", [(2, 4)]),
        ("{seed: 1, ratio: 5}", [(1, 3), (2, 4)]),
        ("{seed: 2, ratio: 5}", [(1, 3), (2, 4), (1, 5)]),
    ]:
        grid = load(text % rule)
        assert [(one.seed, one.ratio) for one in map(grid.settings_at, grid.points())] == left


def test_a_label_comes_before_a_value(load):
    """An axis may call one picture by another's name."""
    grid = load("axes: {style: {x: y, y: x}}\n")
    assert select(grid.dimensions, "style", "x") == (0, {0})
    assert select(load("axes: {style: [x, y]}\n").dimensions, "style", "y") == (0, {1})


@pytest.mark.parametrize(
    ("name", "wanted", "message"),
    [
        ("sed", 1, "there is no axis 'sed'; did you mean seed?"),
        ("seed", 3, "the axis seed has no value 3; it has one, 2"),
        ("seed", "three", "seed should be a valid integer, not 'three'"),
        ("seed", [1], "seed should be a valid integer, not [1]"),
    ],
)
def test_what_an_axis_does_not_have_is_named_with_what_it_has(name, wanted, message, load):
    grid = load("axes: {seed: {one: 1, '': 2}}\n")  # an empty label is none
    with pytest.raises(GridError) as caught:
        select(grid.dimensions, name, wanted)
    assert str(caught.value) == message


def test_a_huge_grid_is_counted_without_being_expanded(load):
    """Ten axes of a thousand values: a 1 with thirty zeros."""
    names = ["ratio", "seed", "tv_weight", "learning_rate", "iterations", "decay_rate", "decay_steps", "history_every"]
    axes = {name: {"linspace": [1, 1000, 1000]} for name in names}
    sizes = {"size": list(range(1, 1001)), "content": [f"{number}.png" for number in range(1000)]}
    started = time.process_time()
    grid = load({"axes": axes | sizes})
    assert grid.most_points() == 10**30
    first = list(itertools.islice(grid.points(), 3))
    assert first == [(0,) * 10, (*(0,) * 9, 1), (*(0,) * 9, 2)]
    assert time.process_time() - started < 5


def test_thousands_of_rules_leave_out_what_each_of_them_names(load):
    """Rule by rule and point by point this would be 270 million questions."""
    axes = {"seed": list(range(300)), "ratio": list(range(1, 301))}
    rules = [{"seed": number % 300, "ratio": number % 299 + 1} for number in range(3_000)]
    rules += [{"seed": 7}]
    grid = load(json.dumps({"axes": axes, "exclude": rules}))
    left = np.ones((300, 300), bool)
    for number in range(3_000):
        left[number % 300, number % 299] = False
    left[7] = False
    assert [tuple(point) for point in np.argwhere(left).tolist()] == list(grid.points())


def test_thousands_of_rules_and_additions_find_their_values_along_a_long_axis(load):
    """Value by value this would be 300 million comparisons."""
    rules = [{"seed": 99_999 - number} for number in range(3_000)]
    additions = [{"seed": 200_000 + number} for number in range(3_000)]
    spaced = {"linspace": [0, 99_999, 100_000]}
    grid = load(json.dumps({"axes": {"seed": spaced}, "exclude": rules, "include": additions}))
    seeds = [grid.settings_at(point).seed for point in grid.points()]
    assert seeds == [*range(97_000), *range(200_000, 203_000)]


def test_a_label_may_stand_for_nothing(load):
    """The value of the label is null, which is not the same as no such label."""
    grid = load("axes: {weights: {usual: null, own: mine.pth}, seed: [1]}\ninclude: [{weights: usual, seed: 2}]\n")
    assert [grid.settings_at(point).weights for point in grid.points()] == [None, "mine.pth", None]


def test_an_exclusion_among_dozens_of_axes_of_one_value(load):
    """An exclusion may name axes of one value beside others."""
    plain = {name: value for name, value in stylize_defaults.items() if isinstance(value, str | int | float)}
    ones = {name: [value] for name, value in plain.items() if name != "seed"}
    grid = load(json.dumps({"axes": {"seed": [1, 2, 3], **ones}, "exclude": [{"seed": 2, "iterations": 500}]}))
    assert [grid.settings_at(point).seed for point in grid.points()] == [1, 3]
