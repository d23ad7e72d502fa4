"""What a grid file may say, the place of everything it says wrong, and what --set changes."""

import contextlib
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.errors import GridError
from orchestrator.grid.grid import Grid
from orchestrator.grid.reader import load_grid

FULL = """\
title: All of it
description: Every entry that a grid may have
settings: {content: a.png, size: [40, 30], init: noise}
axes:
  ratio: {logspace: [1e-4, 1e-2, 3]}
  content_layers: {shallow: [conv1_1], deep: {conv4_2: 2}}
  style: [x.png, y.png]
  learning_rate: [8, 10]
zip: [[style, learning_rate]]
exclude: [{ratio: 1e-4, content_layers: deep}]
include: [{ratio: 1e-5, style: x.png, learning_rate: 8}, {pooling: max}]
sheet: {rows: [ratio, style], columns: content_layers}
"""


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    """Reads a grid from text: `load("axes: {ratio: [1]}", "seed=1")`."""
    path = tmp_path_factory.mktemp("grid") / "small.yaml"

    def read(text, *overrides):
        path.write_text(text, encoding="utf-8")
        return load_grid(path, overrides)

    return read


def settings_of(grid):
    return [grid.settings_at(point) for point in grid.points()]


def values_of(grid, *names):
    return [tuple(getattr(one, name) for name in names) for one in settings_of(grid)]


def test_every_entry_is_read(load):
    grid = load(FULL)
    assert (grid.name, grid.title, grid.description) == ("small", "All of it", "Every entry that a grid may have")
    assert grid.base == grid.file.parent
    assert (grid.settings.content, grid.settings.size, grid.settings.init) == ("a.png", (40, 30), "noise")
    names = [dimension.settings for dimension in grid.dimensions]
    assert names == [("ratio",), ("content_layers",), ("style", "learning_rate"), ("pooling",)]
    assert grid.dimensions[1].names("content_layers") == ["shallow", "deep"]
    assert grid.dimensions[0].names("ratio") == ["0.0001", "0.001", "0.01", "1e-05"]
    assert (grid.rows, grid.columns) == (("ratio", "style"), ("content_layers",))


def test_a_grid_may_be_a_single_trial_without_a_title(load):
    grid = load("settings: {content: a.png}\naxes:\nsheet:\n")
    assert (grid.title, grid.description, grid.rows, grid.columns) == ("small", None, None, None)
    assert list(grid.points()) == [()]
    assert settings_of(grid) == [grid.settings]


def test_a_sheet_may_name_one_side_alone(load):
    grid = load("axes: {ratio: [1, 2]}\nsheet: {columns: ratio}\n")
    assert (grid.rows, grid.columns) == ((), ("ratio",))


def test_an_axis_is_a_list_or_has_labels_or_is_spaced(load):
    grid = load("axes:\n  ratio: {little: 0, much: .inf}\n  seed: [7, 1e0]\n  tv_weight: {linspace: [0, 1, 3]}\n")
    assert grid.dimensions[0].names("ratio") == ["little", "much"]
    assert load("axes: {pooling: [max, average]}").dimensions[0].names("pooling") == ["max", "average"]
    assert grid.dimensions[0].values == ((0.0,), (math.inf,))
    assert grid.dimensions[1].values == ((7,), (1,))
    assert grid.dimensions[2].values == ((0.0,), (0.5,), (1.0,))


def test_logspace_beside_another_key_is_a_label(load):
    grid = load("axes: {ratio: {logspace: 1e-3, other: 1e-2}}\n")
    assert grid.dimensions[0].names("ratio") == ["logspace", "other"]


# Text, line and column, path, and a part of the message.
ERRORS = {
    "a list": ("- ratio\n", "1:1", "", "a grid is a mapping of names to values, not ['ratio']"),
    "title": ("title: 5\n", "1:8", "title", "title is text, not 5; put it in quotes"),
    "description": ("title: a\ndescription: [b]\n", "2:14", "description", "description is text"),
    "entry": ("title: a\nsetings: {}\n", "2:1", "setings", "there is no entry 'setings'; did you mean settings?"),
    "settings": ("settings: [a]\n", "1:11", "settings", "settings is a mapping of names to values, not ['a']"),
    "merge key": ("settings:\n  <<: {seed: 1}\n", "2:3", "settings.<<", "there is no setting '<<'"),
    "setting": ("axes:\n  raito: [1]\n", "2:3", "axes.raito", "there is no setting 'raito'; did you mean ratio?"),
    "value": ("settings:\n  seed: one\n", "2:9", "settings.seed", "seed should be a valid integer, not 'one'"),
    "layers": ("settings: {style_layers: {a: x}}\n", "1:26", "settings.style_layers", "weight of a must be"),
    "axes": ("axes: ratio\n", "1:7", "axes", "axes is a mapping"),
    "fixed axis": ("settings: {seed: 1}\naxes:\n  seed: [1]\n", "3:3", "axes.seed", "either fixed or an axis"),
    "single": ("axes:\n  seed: 1\n", "2:9", "axes.seed", "a single value belongs in settings"),
    "no label": ("axes:\n  seed: {}\n", "2:9", "axes.seed", "the axis seed is empty"),
    "axis value": ("axes:\n  seed: [1,\n    x]\n", "3:5", "axes.seed[1]", "seed should be a valid integer, not 'x'"),
    "labelled": ("axes: {seed: {a: 1, b: x}}\n", "1:24", "axes.seed.b", "seed should be a valid integer"),
    "value twice": ("axes: {seed: [1, 2, 1.0]}\n", "1:21", "axes.seed[2]", "seed has this value a second time"),
    "label for a value twice": ("axes: {seed: {a: 1, b: 1}}\n", "1:24", "axes.seed.b", "this value a second time"),
    "null": ("axes: {seed: }\n", "1:13", "axes.seed", "an axis is a list of values"),
    "spaced short": ("axes: {ratio: {logspace: [1, 2]}}\n", "1:26", "axes.ratio.logspace", "takes [first, last"),
    "spaced text": ("axes: {ratio: {linspace: [1, x, 3]}}\n", "1:26", "axes.ratio.linspace", "takes [first, last"),
    "spaced truth": ("axes: {ratio: {linspace: [1, 2, true]}}\n", "1:26", "axes.ratio.linspace", "takes [first, last"),
    "spaced nan": ("axes: {ratio: {linspace: [1, .nan, 3]}}\n", "1:26", "axes.ratio.linspace", "takes [first, last"),
    "one value": ("axes: {ratio: {linspace: [1, 2, 1]}}\n", "1:33", "axes.ratio.linspace[2]", "2 to 100,000, not 1"),
    "count": ("axes: {ratio: {linspace: [1, 2, 1000000]}}\n", "1:33", "axes.ratio.linspace[2]", "from 2 to 100,000"),
    "logarithm": ("axes: {ratio: {logspace: [0, 1, 3]}}\n", "1:26", "axes.ratio.logspace", "a last value above 0"),
    "halves": ("axes: {seed: {linspace: [0, 1, 3]}}\n", "1:25", "axes.seed.linspace", "valid integer, not 0.5"),
    "same ends": ("axes: {ratio: {logspace: [1, 1, 2]}}\n", "1:26", "axes.ratio.logspace", "this value a second time"),
    "zip": ("axes: {seed: [1]}\nzip: seed\n", "2:6", "zip", "zip is a list of groups of axes"),
    "zip of names": ("axes: {seed: [1]}\nzip: [seed]\n", "2:7", "zip[0]", "zip is a list of groups of axes"),
    "zip of one": ("axes: {seed: [1]}\nzip: [[seed]]\n", "2:7", "zip[0]", "a group needs two axes or more"),
    "zip, unknown": ("axes: {seed: [1]}\nzip: [[seed, sed]]\n", "2:14", "zip[0][1]", "did you mean seed?"),
    "zip, no name": ("axes: {seed: [1]}\nzip: [[seed, [1]]]\n", "2:14", "zip[0][1]", "there is no axis [1]"),
    "zip, twice": ("axes: {seed: [1]}\nzip: [[seed, seed]]\n", "2:14", "zip[0][1]", "seed is zipped twice"),
    "zip, unequal": (
        "axes: {seed: [1, 2], ratio: [1]}\nzip:\n- [seed, ratio]\n", "3:10", "zip[0][1]",
        "seed has 2 values and ratio has 1; zipped axes need as many",
    ),
    "exclude": ("exclude: {seed: 1}\n", "1:10", "exclude", "exclude is a list of points"),
    "a point": ("exclude: [seed]\n", "1:11", "exclude[0]", "a point is a mapping"),
    "nothing": ("include:\n- {}\n", "2:3", "include[0]", "this point names nothing"),
    "exclude, unknown": ("axes: {seed: [1]}\nexclude: [{sed: 1}]\n", "2:17", "exclude[0].sed", "did you mean seed?"),
    "exclude, elsewhere": ("axes: {seed: [1]}\nexclude: [{seed: 2}]\n", "2:18", "exclude[0].seed", "has no value 2"),
    "exclude, wrong": ("axes: {seed: [1]}\nexclude: [{seed: x}]\n", "2:18", "exclude[0].seed", "valid integer, not"),
    "include, unknown": ("include: [{sed: 2}]\n", "1:12", "include[0].sed", "did you mean seed?"),
    "include, wrong": ("include: [{seed: x}]\n", "1:18", "include[0].seed", "seed should be a valid integer, not 'x'"),
    "include, half": (
        "axes: {seed: [1], ratio: [1]}\nzip: [[seed, ratio]]\ninclude: [{seed: 2}]\n", "3:11", "include[0]",
        "seed and ratio are zipped: name all of them or none",
    ),
    "sheet": ("sheet: [seed]\n", "1:8", "sheet", "sheet is a mapping"),
    "sheet's side": ("sheet: {row: seed}\n", "1:9", "sheet.row", "there is no entry 'row'; did you mean rows?"),
    "sheet's axis": ("axes: {seed: [1]}\nsheet: {rows: [seed, sed]}\n", "2:22", "sheet.rows[1]", "did you mean seed?"),
    "another program's word": ("settings: {alpha: 1}\n", "1:12", "settings.alpha", "it is called ratio (α/β) here"),
    "a fraction": ("settings: {α/β: 1}\n", "1:12", "settings.α/β", "it is called ratio (α/β) here"),
    "a list for a value": (
        "settings: {ratio: [1e-4, 1e-3]}\n", "1:19", "settings.ratio", "a list of values to try belongs under axes",
    ),
    "quoted": ("settings: {ratio: '1e-3'}\n", "1:19", "settings.ratio", "'1e-3'; write numbers without quotes"),
    "tab": ("settings:\n\tseed: 1\n", "2:1", "", "indent with spaces"),
    "colon": ("title: Layers: few and many\n", "1:14", "", "a text with a colon needs quotes"),
    "axis twice": ("axes: {seed: [1]}\nsheet: {rows: [seed, seed]}\n", "2:22", "sheet.rows[1]", "a second time"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", ERRORS)
def test_an_error_has_its_place(wrong, load):
    text, place, path, message = ERRORS[wrong]
    with pytest.raises(GridError) as caught:
        load(text)
    error = caught.value
    assert (f"{error.position.line}:{error.position.column}", error.path) == (place, path)
    assert message in error.message


def test_an_axis_with_too_many_values_is_refused(load, monkeypatch):
    monkeypatch.setattr("orchestrator.grid.reader.MOST_AXIS_VALUES", 1000)  # 100,000 take seconds to parse
    with pytest.raises(GridError, match="the axis seed has more than 1,000 values"):
        load(f"axes: {{seed: {list(range(1001))}}}\n")


def test_values_of_zipped_axes_may_repeat(load):
    grid = load("axes: {style: [a, b, c], learning_rate: [8, 10, 8]}\nzip: [[style, learning_rate]]\n")
    assert values_of(grid, "style", "learning_rate") == [("a", 8), ("b", 10), ("c", 8)]


def test_set_changes_a_setting_and_adds_one(load):
    grid = load("settings: {seed: 1}\naxes: {ratio: [1, 2]}\n", "seed=5", " size = [40, 30]")
    assert values_of(grid, "seed", "ratio", "size") == [(5, 1, (40, 30)), (5, 2, (40, 30))]


def test_the_last_of_two_sets_counts(load):
    assert load("settings: {}\n", "seed=5", "seed=6").settings.seed == 6


def test_set_takes_a_value_as_yaml_reads_it(load):
    grid = load("settings: {}\n", "ratio=1e-4", "style_layers={conv1_1: 2}", "content=a=b.png", "weights=~")
    assert grid.settings.ratio == 1e-4
    assert grid.settings.style_layers == (("conv1_1", 2.0),)
    assert (grid.settings.content, grid.settings.weights) == ("a=b.png", None)


def test_set_fixes_an_axis_wherever_the_grid_names_it(load):
    grid = load(FULL, "ratio=0.5")
    assert grid.dimensions[0].settings == ("content_layers",)
    assert {one.ratio for one in settings_of(grid)} == {0.5}
    assert (grid.rows, grid.columns) == (("style",), ("content_layers",))
    # 2 sets of layers × 2 styles, and for each set of layers those again with the included pooling
    assert len(settings_of(grid)) == 8


def test_set_fixes_one_of_zipped_axes_and_leaves_the_others(load):
    grid = load(FULL, "learning_rate=3")
    assert set(values_of(grid, "style", "learning_rate")) == {("x.png", 3), ("y.png", 3)}
    everything = load(FULL, "learning_rate=3", "style=z.png")
    assert set(values_of(everything, "style", "learning_rate")) == {("z.png", 3)}


EXCLUDING = """\
axes:
  content_layers: {shallow: [conv1_1], deep: [conv4_2]}
  seed: [1, 2]
exclude: [{content_layers: shallow, seed: 2}]
"""


@pytest.mark.parametrize(
    ("value", "seeds"), [("[conv1_1]", [1]), ("[conv4_2]", [1, 2]), ("[conv5_1]", [1, 2]), ("[]", [1, 2])]
)
def test_an_exclusion_applies_where_set_fixes_what_its_label_names_and_nowhere_else(value, seeds, load):
    assert load(EXCLUDING, f"content_layers={value}").dimensions[0].settings == ("seed",)
    assert values_of(load(EXCLUDING, f"content_layers={value}"), "seed") == [(seed,) for seed in seeds]


def test_an_exclusion_of_a_fixed_value_alone_does_not_undo_set(load):
    grid = "axes: {seed: [1, 2], ratio: [1, 2]}\nexclude: [{seed: 2}]\n"
    assert values_of(load(grid, "seed=2"), "seed", "ratio") == [(2, 1), (2, 2)]


@pytest.mark.parametrize("override", ["ratio=1e-3", "seed=2"])
def test_what_is_wrong_in_a_file_stays_wrong_under_set(override, load):
    with pytest.raises(GridError, match=r"exclude\[0\]\.seed: the axis seed has no value 3"):
        load("axes: {seed: [1, 2], ratio: [1, 2]}\nexclude: [{seed: 3, ratio: 1}]\n", override)


@pytest.mark.parametrize("override", ["seed=[1", "seed=!!int 1", "seed=\0", "=1", "seed"])
def test_a_bad_override_is_named_without_a_place_in_the_file(override, load):
    with pytest.raises(GridError) as caught:
        load("settings: {}\n", override)
    assert caught.value.path == f"--set {override.partition('=')[0]}"
    assert caught.value.position is None


SNIPPETS = """&a |*a|!!x |? |: |- |{|}|[|]|, |'|"|#|\\|<<: |null|true|.nan|-.inf|1e999|-1|0.5|''|{}|[]|[[]]|- {}
conv1_1|{ratio: x}|ratio|style|zip|exclude|include|sheet|axes|settings|logspace|rows|é""".replace("\n", "|").split("|")
SNIPPETS += ["\n", "\n  ", "\t", "\0"]


@st.composite
def damaged(draw, text=FULL):
    """The full grid with up to six places cut, copied, or overwritten."""
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(text)))
        cut = draw(st.integers(0, 12))
        source = draw(st.integers(0, len(text)))
        new = draw(st.sampled_from(["", text[source : source + 25]]) | st.sampled_from(SNIPPETS) | st.text(max_size=3))
        text = text[:start] + new + text[start + cut :]
    return text


@settings(max_examples=150, deadline=None)
@given(damaged(), st.sampled_from([(), ("ratio=0.5",), ("learning_rate=3",)]))
def test_any_damage_gives_a_grid_or_a_grid_error(load, text, overrides):
    with contextlib.suppress(GridError):
        grid = load(text, *overrides)
        assert isinstance(grid, Grid)
        for point in [point for point, _ in zip(grid.points(), range(20), strict=False)]:
            grid.settings_at(point)
