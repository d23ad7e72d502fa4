"""Suggestions for misspelt or unknown names."""

import pytest

import results
from results import SheetError
from results.suggestion import listed, suggestion


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("styl", ["ratio", "style"], "did you mean style?"),
        ("zzz", ["ratio", "style"], "there are ratio, style"),
        (5, ["ratio"], "there are ratio"),
        ("x", [f"name {number}" for number in range(31)], "name 29, … (31 in all)"),
    ],
)
def test_the_nearest_name_else_all_of_them(name, known, hint):
    assert suggestion(name, known).endswith(hint)


def test_a_list_that_is_whole_says_no_more():
    assert listed(["a", "b"], most=2) == "a, b"


def test_a_sheet_suggests_the_axis_that_was_meant(made_run):
    made = made_run().add(1, "red", ratio=1e-3).add(2, "green", ratio=1e-2)
    trials = results.load(made.write(axes=[["ratio"]]).location)
    with pytest.raises(SheetError, match=r"there is no column 'ratoi'; did you mean ratio\?"):
        results.sheet(trials, rows="ratoi")
