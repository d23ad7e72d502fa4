"""The Pareto front of a table."""

import numpy as np
import pandas as pd
import pytest

import results
from results import SelectionError


def table(**columns):
    return pd.DataFrame({"status": "done"} | columns)


@pytest.mark.parametrize("count", [1, 7, 200])
def test_a_row_is_on_the_front_if_no_other_is_better(count):
    values = np.random.default_rng(count).integers(0, 9, (count, 3)).astype(float)
    trials = table(style_distance=values[:, 0], structural_similarity=values[:, 1], seconds=values[:, 2])
    costs = values * [1, -1, 1]
    expected = [not any((other <= one).all() and (other < one).any() for other in costs) for one in costs]
    found = results.pareto(trials, ["style_distance", "structural_similarity"], minimise=["seconds"])
    assert found.index.tolist() == np.flatnonzero(expected).tolist()


def test_rows_without_a_value_are_left_out():
    trials = table(style_distance=[1.0, np.nan, 3.0], structural_similarity=[0.5, 0.9, 0.6])
    trials["status"] = ["done", "done", "failed"]
    assert results.pareto(trials, ["style_distance", "structural_similarity"]).index.tolist() == [0]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"by": ["style_distance"]}, "two columns or more"),
        ({"by": ["style_distance", "style_distanc"]}, "did you mean style_distance"),
        ({"by": ["style_distance", "status"]}, "status is no number"),
        ({"by": ["style_distance", "seconds"]}, "nothing says which values of seconds are better"),
    ],
)
def test_what_cannot_be_ranked_is_refused(asked, message):
    with pytest.raises(SelectionError, match=message):
        results.pareto(table(style_distance=[1.0], seconds=[2.0]), **asked)
