"""Which trial goes into which cell."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import results
from results import SheetError
from results.sheets.layout import arrange

RATIOS = (1e-4, 1e-3, 1e-2)


@pytest.fixture
def grid(made_run):
    """Three ratios and two layer sets, of which one combination is not in the grid and one was not run."""
    made = made_run()
    for number, (layers, ratio) in enumerate(itertools.product([["conv1_1"], ["conv1_1", "conv2_1"]], RATIOS), start=1):
        if number != 2:
            made.add(number, None if number == 6 else "red", style_layers=layers, ratio=ratio)
    sheet = {"rows": ["style_layers"], "columns": ["ratio"]}
    run = made.write(axes=[["style_layers"], ["ratio"]], sheet=sheet, order={"ratio": RATIOS})
    return results.load(run.location, missing=True)


def test_the_grids_own_sheet_decides_where_nothing_is_asked(grid):
    layout = arrange(grid, None, None)
    assert [axis.name for axis in layout.row_axes] == ["style_layers"]
    assert [axis.name for axis in layout.column_axes] == ["ratio"]
    assert list(layout.row_axes[0].labels) == ["conv1_1", "conv1_1\nconv2_1"]
    # In the grid's order, although the first row has none at 1e-3.
    assert layout.column_axes[0].values == ((1e-4,), (1e-3,), (1e-2,))
    assert layout.columns == [(0,), (1,), (2,)]
    assert len(layout.cells) == 5
    assert (layout.rows[0], (1,)) not in layout.cells


def test_rows_and_columns_can_be_exchanged(grid):
    layout = arrange(grid, ["ratio"], ["style_layers"])
    assert len(layout.rows) == 3
    assert len(layout.columns) == 2


def test_an_axis_in_neither_becomes_outer_rows(grid):
    layout = arrange(grid, None, ["ratio"])
    assert [axis.name for axis in layout.row_axes] == ["style_layers"]
    layout = arrange(grid, [], [])
    assert [axis.name for axis in layout.row_axes] == ["style_layers", "ratio"]
    assert layout.columns == [()]


def test_fixed_settings_are_those_that_all_trials_share(grid):
    fixed = arrange(grid, None, None).fixed
    assert fixed["content"] == "cat"
    assert "ratio" not in fixed
    assert "style_layers" not in fixed


def test_any_column_of_the_table_can_be_an_axis(grid):
    layout = arrange(grid, ["status"], ["total_loss"])
    assert layout.rows  # done and missing, whatever the losses


def test_unknown_and_repeated_columns_are_named(grid):
    with pytest.raises(SheetError, match="no column 'ratoi'"):
        arrange(grid, ["ratoi"], None)
    with pytest.raises(SheetError, match="ratio is given twice"):
        arrange(grid, ["ratio"], ["ratio"])
    with pytest.raises(SheetError, match="no trial"):
        arrange(grid.iloc[:0], None, None)


def test_trials_that_would_share_a_cell_are_named_with_what_tells_them_apart(made_run):
    run = made_run().add(1, "red", iterations=100).add(2, "red", iterations=200).write()
    with pytest.raises(SheetError, match="differ in iterations: name it in rows or columns"):
        arrange(results.load(run.location), ["ratio"], [])


def test_axes_that_move_together_need_one_place(made_run):
    made = made_run().add(1, "red", style="a", ratio=1e-3).add(2, "red", style="b", ratio=1e-2)
    trials = results.load(made.write(axes=[["style", "ratio"]]).location)
    assert [axis.name for axis in arrange(trials, None, ["style"]).row_axes] == []
    assert [axis.name for axis in arrange(trials, None, ["ratio"]).row_axes] == []


def test_layer_sets_that_differ_in_their_weights_alone_are_different_values(made_run):
    layers = ["conv1_1", "conv2_1"]
    made = made_run().add(1, "red", style_layers=layers, style_layer_weights=[0.5, 0.5])
    made.add(2, "red", style_layers=layers, style_layer_weights=[1.0, 5.0])
    layout = arrange(results.load(made.write(axes=[["style_layers"]]).location), None, None)
    assert list(layout.column_axes[0].labels) == ["conv1_1\nconv2_1", "conv1_1 × 1\nconv2_1 × 5"]


def test_labels_of_the_grid_take_the_place_of_values(made_run):
    made = made_run().add(1, "red", ratio=1e-3, labels={"ratio": "weak"})
    made.add(2, "red", ratio=1e-2, labels={"ratio": "</b> strong"})
    layout = arrange(results.load(made.write(axes=[["ratio"]]).location), None, None)
    assert list(layout.column_axes[0].labels) == ["weak", "</b> strong"]


def test_several_runs_are_told_apart_by_their_names(made_run):
    runs = [made_run(name).add(1, "red").write() for name in ("one", "two")]
    location = runs[0].location.rsplit("/", 1)[0] + "/*"
    layout = arrange(results.load(location), None, None)
    assert [axis.name for axis in layout.row_axes + layout.column_axes] == ["run"]


@pytest.mark.parametrize(
    ("axes", "rows", "columns"),
    [
        ([], [], []),
        (["ratio"], [], ["ratio"]),
        (["content", "ratio"], ["content"], ["ratio"]),
        (["content", "style", "ratio"], ["content", "style"], ["ratio"]),
        (["content", "style", "ratio", "iterations"], ["content", "style"], ["ratio", "iterations"]),
    ],
)
def test_without_a_sheet_entry_the_last_axes_are_columns(made_run, axes, rows, columns):
    values = {"content": ["a", "b"], "style": ["c", "d"], "ratio": [1e-3, 1e-2], "iterations": [1, 2]}
    made = made_run()
    for number, point in enumerate(itertools.product(*(values[axis] for axis in axes)), start=1):
        made.add(number, "red", **dict(zip(axes, point, strict=True)))
    layout = arrange(results.load(made.write(axes=[[axis] for axis in axes]).location), None, None)
    assert [axis.name for axis in layout.row_axes] == rows
    assert [axis.name for axis in layout.column_axes] == columns
    assert len(layout.cells) == 2 ** len(axes)


@settings(max_examples=25, deadline=None)
@given(st.sets(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 1)), min_size=1), st.integers(0, 3))
def test_every_trial_has_exactly_one_cell(made_run_in, tmp_path_factory, points, on_columns):
    """Whatever part of a three-axis grid there is, and however its axes are shared out."""
    made = made_run_in(tmp_path_factory.mktemp("run"))
    for number, (content, ratio, iterations) in enumerate(sorted(points), start=1):
        made.add(number, None, content=f"c{content}", ratio=RATIOS[ratio], iterations=iterations + 1)
    axes = ["content", "ratio", "iterations"]
    trials = results.load(made.write(axes=[[axis] for axis in axes]).location, missing=True)
    layout = arrange(trials, axes[on_columns:], axes[:on_columns])
    assert sorted(layout.cells.values()) == list(range(len(points)))
    assert all(row in layout.rows and column in layout.columns for row, column in layout.cells)
