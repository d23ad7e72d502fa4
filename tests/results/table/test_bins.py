"""Axes of drawn values in bins, and what becomes of them on sheets and in the gallery."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import results
from results.gallery.describe import Shown, describe
from results.sheets.layout import arrange
from results.table.bins import bounds, drawn_axis, drawn_settings, is_binned

STYLES = ("strokes", "dots", "strokes")


@pytest.fixture
def drawn(made_run):
    """Twelve points of a style and a ratio that were drawn, with two seeds each (as `iterations`)."""
    made = made_run()
    for number, iterations in itertools.product(range(12), (100, 200)):
        ratio = 10.0 ** -(5 - number / 3)
        made.add(2 * number + iterations // 200, "red", style=STYLES[number % 3], ratio=ratio, iterations=iterations)
    run = made.write(axes=[["style", "ratio"], ["iterations"]])
    metadata = run.metadata()
    metadata["grid"]["axes"][0]["drawn"] = True
    run.write_metadata(metadata)
    return results.load(run.location)


def test_bins_hold_equally_many_trials_and_say_their_range(drawn):
    assert drawn_settings(drawn) == {"style", "ratio"}
    axis = drawn_axis(drawn, "ratio")
    assert is_binned(axis)
    assert [axis.codes.count(code) for code in range(len(axis))] == [8, 8, 8]
    assert axis.labels == ("10⁻⁵ … 10⁻⁴", "2.15·10⁻⁴ … 2.15·10⁻³", "4.64·10⁻³ … 4.64·10⁻²")
    assert drawn["ratio"].between(*bounds(drawn, axis)[1]).tolist() == [code == 1 for code in axis.codes]
    assert drawn_axis(drawn, "style").labels == ("strokes", "dots")
    few = drawn_axis(drawn[drawn["ratio"] < 1e-3], "ratio")
    assert (len(few), is_binned(few)) == (6, False)


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 30) | st.floats(-1e6, 1e6).map(lambda one: float(f"{one:.6g}")), min_size=1, max_size=80)
)
def test_bins_are_in_order_and_equal_values_are_together(values):
    import pandas as pd

    trials = pd.DataFrame({"ratio": values})
    axis = drawn_axis(trials, "ratio")
    pairs = sorted(zip(trials["ratio"], axis.codes, strict=True))
    assert [code for _, code in pairs] == sorted(axis.codes)
    assert len(dict(pairs)) == len(set(pairs))
    assert set(axis.codes) == set(range(len(axis)))
    assert [axis.codes[row] for row in axis.first_rows] == list(range(len(axis)))
    if is_binned(axis):
        assert len(axis) <= 5
        lows, highs = zip(*bounds(trials, axis), strict=True)
        assert all(high < low for high, low in zip(highs, lows[1:], strict=False))


def test_drawn_trials_of_a_bin_stand_below_each_other(drawn):
    layout = arrange(drawn, ["ratio"], ["style"])
    assert [axis.name for axis in layout.row_axes] == ["iterations", "ratio", ""]
    assert len(layout.cells) == 24
    rows = [drawn.iloc[layout.cells[row, (0,)]]["ratio"] for row in layout.rows if (row, (0,)) in layout.cells]
    assert rows[:8] == sorted(rows[:8])  # of one number of iterations
    assert layout.ragged
    assert results.sheet(drawn, "ratio", "style").size[0] < results.sheet(drawn, "ratio").size[0]


def test_drawn_trials_stand_beside_each_other_where_there_are_rows_alone(drawn):
    layout = arrange(drawn, ["iterations", "ratio"], [])
    assert (len(layout.rows), len(layout.columns)) == (6, 4)
    assert [axis.name for axis in layout.row_axes] == ["iterations", "ratio"]


def test_the_gallery_has_an_axis_for_each_drawn_setting(drawn):
    run = results.Run(drawn["run"].iloc[0])
    data = describe([Shown(run, "../")], drawn)
    assert [(axis["name"], axis.get("drawn", False), len(axis["values"])) for axis in data["axes"]] == [
        ("style", True, 2), ("ratio", True, 3), ("iterations", False, 2),
    ]  # fmt: skip
    ratio = data["axes"][1]
    assert [len(drawn.query(value["query"])) for value in ratio["values"]] == [8, 8, 8]
    draws = data["trials"]["draws"]
    assert len(set(draws)) == 12
    assert all(draws.count(one) == 2 for one in draws)
