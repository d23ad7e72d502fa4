"""The axes of a table: the order of their values, their labels, and what counts as equal."""

import numpy as np
import pandas as pd
import pytest

import results
from results.table.axes import (
    axis_along,
    axis_groups,
    comparable,
    comparable_column,
    comparable_values,
    setting_columns,
)


def test_settings_are_the_columns_of_the_plan(made_run):
    run = made_run().add(1, "red", labels={"ratio": "weak"}).write(axes=[["ratio"]], order={"ratio": [1e-3]})
    trials = results.load(run.location)
    assert setting_columns(trials) == [
        "content",
        "style",
        "architecture",
        "weights",
        "style_layers",
        "style_layer_weights",
        "ratio",
        "iterations",
        "frame",
    ]
    trials["mine"] = 3
    assert "mine" not in setting_columns(trials)


def test_values_are_in_the_grids_order_and_of_other_tables_in_their_own(made_run):
    made = made_run().add(1, "red", ratio=1e-2).add(2, "red", ratio=1e-4).add(3, "red", ratio=1e-3)
    plain = results.load(made.write(axes=[["ratio"]]).location)
    axis = axis_along(plain, ["ratio"])
    assert axis.values == ((1e-2,), (1e-4,), (1e-3,))
    assert axis.codes == (0, 1, 2)
    ordered = results.load(made.write(axes=[["ratio"]], order={"ratio": [1e-4, 1e-3, 1e-2]}).location)
    axis = axis_along(ordered, ["ratio"])
    assert axis.labels == ("10⁻⁴", "10⁻³", "10⁻²")
    assert axis.codes == (2, 0, 1)
    assert axis.first_rows == (1, 2, 0)
    assert axis_along(ordered[ordered.ratio < 5e-3], ["ratio"]).codes == (0, 1)


def test_missing_values_equal_themselves_and_numpys_numbers_are_pythons():
    assert comparable(float("nan")) is None
    assert comparable(pd.NaT) is None
    assert comparable((np.float64(0.5), float("nan"))) == (0.5, None)
    table = pd.DataFrame({"run": ["r", "r"], "ratio": [float("nan")] * 2})
    assert axis_along(table, ["ratio"]).codes == (0, 0)


def test_layers_come_with_their_weights(made_run):
    made = made_run().add(1, "red", style_layers=["a", "b"], style_layer_weights=[0.5, 0.5])
    made.add(2, "red", style_layers=["a", "b"], style_layer_weights=[1.0, 5.0])
    trials = results.load(made.write(axes=[["style_layers"]]).location)
    assert comparable_values(trials, "style_layers") == [(("a", 0.5), ("b", 0.5)), (("a", 1.0), ("b", 5.0))]
    assert axis_along(trials, ["style_layers"]).labels == ("a\nb", "a × 1\nb × 5")


def together(made_run):
    """Two styles and two ratios that move together, so that values repeat."""
    made = made_run().add(1, "red", style="a", ratio=1e-3).add(2, "red", style="a", ratio=1e-2)
    made.add(3, "red", style="b", ratio=1e-2)
    trials = results.load(made.write(axes=[["style", "ratio"]]).location)
    return trials.assign(style_order=[0, 1, 2], ratio_order=[0, 1, 2])


def test_repeated_values_of_settings_that_move_together_are_told_apart(made_run):
    trials = together(made_run)
    assert axis_groups(trials) == [("style", "ratio")]
    axis = axis_along(trials, ["style", "ratio"])
    assert axis.codes == (0, 1, 2)
    assert axis.labels == ("a", "a", "b")
    assert axis.distinct_labels(", ") == ("a, α/β 10⁻³", "a, α/β 10⁻²", "b, α/β 10⁻²")
    assert axis_along(trials, ["style"], by_value=True).codes == (0, 0, 1)


def test_a_sheet_shows_the_pictures_of_a_repeated_value(made_run):
    """It ended in a NotImplementedError of pandas."""
    assert results.sheet(together(made_run), columns="style").width > 3 * 128


def test_several_runs_are_an_axis_before_all_others(made_run):
    runs = [made_run(name).add(number, "red").write(axes=[["ratio"]]) for number, name in enumerate(("one", "two"))]
    trials = results.load(runs[0].location.rsplit("/", 1)[0] + "/*")
    assert axis_groups(trials) == [("run",), ("ratio",)]
    assert len(axis_along(trials, ["run"])) == 2


def test_labels_are_a_categorical_in_the_grids_order(made_run):
    made = made_run().add(1, "red", ratio=1e-2).add(2, "red", ratio=1e-4, labels={"ratio": "weak"}).add(3, ratio=1e-3)
    trials = results.load(made.write(axes=[["ratio"]], order={"ratio": [1e-2, 1e-3, 1e-4]}).location, missing=True)
    found = results.labels(trials, "ratio")
    assert found.tolist() == ["10⁻²", "weak", "10⁻³"]
    assert list(trials.groupby(found, observed=True)["total_loss"].min().index) == ["10⁻²", "10⁻³", "weak"]
    assert found.name == "ratio"
    with pytest.raises(KeyError, match="ratoi"):
        results.labels(trials, "ratoi")


def test_whole_numbers_stay_whole_beside_missing_ones(made_run):
    made = made_run().add(1, "red", frame=None).add(2, "red", frame=0, ratio=1e-2).add(3, "red", frame=1, ratio=1e-1)
    trials = results.load(made.write(axes=[["ratio"]]).location)
    assert trials["frame"].dtype == "Int64"
    assert trials["frame"].tolist() == [pd.NA, 0, 1]
    assert results.sheet(trials, columns="frame").width > 3 * 128


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1.5, float("nan"), 1.5, -1.0]),
        pd.Series([3, 1, 3]),
        pd.Series([3, None, 3], dtype="Int64"),
        pd.Series(["a", None, "a", float("nan")], dtype=object),
        pd.Series([("a", 1.0), (), None, ("a", 1.0)]),
        pd.Series([("a", float("nan"))]),
        pd.Series([{"a": 1}, {"b": 2}]),
        pd.Series([True, False, True]),
        pd.to_datetime(pd.Series(["2026-01-01", None])),
    ],
    ids=lambda column: str(column.dtype),
)
def test_a_column_is_made_comparable_as_each_of_its_values_is(column):
    made, one_by_one = comparable_column(column), [comparable(value) for value in column]
    assert made == one_by_one
    assert [type(value) for value in made] == [type(value) for value in one_by_one]
