"""A sheet shows a bounded number of images, of evenly spaced values, and says which."""

import itertools

import pytest

import results
from results.sheets import thinned
from results.sheets.drawing import sheet_files


@pytest.fixture
def trials(made_run):
    """Two rows and six columns."""
    made = made_run()
    for number, (style, ratio) in enumerate(itertools.product(["strokes", "facets"], [1, 2, 3, 4, 5, 6]), start=1):
        made.add(number, (number, 0, 0), size=(32, 24), style=style, ratio=ratio / 1000)
    return results.load(made.write(axes=[["style"], ["ratio"]]).location)


@pytest.mark.parametrize(
    ("most", "ratios", "styles"), [(12, 6, 2), (11, 3, 2), (6, 3, 2), (5, 2, 2), (4, 2, 2), (2, 2, 1), (1, 1, 1)]
)
def test_the_longest_axis_is_thinned_until_there_are_few_enough(trials, monkeypatch, most, ratios, styles):
    monkeypatch.setattr(thinned, "MOST_CELLS", most)
    shown, which = thinned.thinned(trials)
    assert (shown["ratio"].nunique(), shown["style"].nunique()) == (ratios, styles)
    assert len(shown) == ratios * styles
    assert bool(which) == (len(shown) < 12)


def test_a_sheet_says_which_trials_it_shows(trials, monkeypatch):
    monkeypatch.setattr(thinned, "MOST_CELLS", 6)
    with pytest.warns(results.ThinnedWarning, match="shows 6 of 12 trials: one in 2 values of") as warned:
        svg = sheet_files(trials, "sheet.svg")["sheet.svg"].decode()
    assert "--page-rows" in str(warned[0].message)
    assert svg.count("<image") == 6 + 3  # and the content and both styles
    assert "Shown: 6 of 12 trials" in svg.replace("\n", " ")


def test_pages_show_all(trials, monkeypatch):
    monkeypatch.setattr(thinned, "MOST_CELLS", 6)
    assert len(sheet_files(trials, "sheet.png", page_rows=1)) == 2


def test_a_grid_with_hardly_any_of_its_combinations_shows_its_first_trials(trials, monkeypatch):
    monkeypatch.setattr(thinned, "MOST_CELLS", 2)
    odd = trials[trials["ratio"] > 0.0031]
    odd = odd[(odd["ratio"] == 0.005) | (odd["style"] == "facets")]
    shown, which = thinned.thinned(odd)
    assert 0 < len(shown) <= 2
    assert which
