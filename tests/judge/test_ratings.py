"""`results.ratings` and `sweep judge --ratings`: what votes on a run say, and what they do not."""

import math

import numpy as np
import pandas as pd
import pytest

import results
from results import RunError
from results.judge.bradley_terry import fit

A, B, C, D = (0,), (1,), (2,), (3,)


@pytest.fixture
def ratios(judged_run):
    return judged_run({"ratio": [1e-4, 1e-3, 1e-2]}, labels={"ratio": ["low", "middle", "high"]})


def test_the_table_of_some_votes(ratios):
    votes = [(A, B, "left")] * 3 + [(B, A, "left"), (B, C, "tie"), (C, A, "right"), (A, C, "left"), (A, C, "skip")]
    ratios.vote("ratio", *votes)
    table = results.ratings(ratios.run.location)
    assert table["label"].tolist()[0] == "low"
    assert table["value"].tolist()[0] == 1e-4
    assert table.set_index("label").loc["low", ["wins", "losses", "ties", "votes"]].tolist() == [5, 1, 0, 6]
    assert table.set_index("label").loc["middle", ["wins", "losses", "ties", "votes"]].tolist() == [1, 3, 1, 5]
    assert table["strength"].is_monotonic_decreasing
    assert table["strength"].sum() == pytest.approx(0, abs=1e-9)
    assert ((table["low"] < table["strength"]) & (table["strength"] < table["high"])).all()
    assert {name: table.attrs[name] for name in ("axis", "votes", "skipped", "groups", "uncounted")} == {
        "axis": "ratio",
        "votes": 7,
        "skipped": 1,
        "groups": 1,
        "uncounted": 0,
    }
    # The mean over two others of the logistic function of the differences.
    best, *others = table["strength"]
    assert table["preferred"].iloc[0] == pytest.approx(np.mean([1 / (1 + math.exp(one - best)) for one in others]))


def test_the_votes_that_would_settle_the_order_do_if_the_estimate_holds(ratios):
    """So many votes more, in the same shares, bring the interval of each difference just clear of 0."""
    votes = [(A, B, "left")] * 12 + [(B, A, "left")] * 8 + [(B, C, "left")] * 11 + [(C, B, "left")] * 9
    ratios.vote("ratio", *votes)
    table = results.ratings(ratios.run.location)
    needed = table["votes_to_settle"].tolist()
    assert needed[2] is pd.NA
    assert table.attrs["votes_to_settle"] == max(needed[:2]) > 100
    wins = np.array([[0, 12, 0], [8, 0, 11], [0, 9, 0]], dtype=float)
    for pair, more in zip([(0, 1), (1, 2)], needed[:2], strict=True):
        for votes, clear in [(40 + more, True), (40 + more - 10, False)]:
            # Virtual votes in proportion, so that the estimate does hold.
            found = fit(wins * votes / 40, np.zeros((3, 3)), virtual=votes / 40)
            difference, error = found.difference(*pair)
            assert (difference > 1.96 * error) == clear


def test_an_order_that_is_settled_needs_no_more(ratios):
    ratios.vote("ratio", *[(A, B, "left")] * 40, *[(B, C, "left")] * 40)
    table = results.ratings(ratios.run.location)
    assert table["label"].tolist() == ["low", "middle", "high"]
    assert table.attrs["votes_to_settle"] == 0
    assert np.isfinite(table["strength"]).all()


def test_equal_values_have_no_number_of_votes(ratios):
    ratios.vote("ratio", (A, B, "left"), (B, A, "left"), (B, C, "tie"), (A, C, "tie"))
    table = results.ratings(ratios.run.location)
    assert table["strength"].tolist() == pytest.approx([0, 0, 0], abs=1e-6)
    assert table["votes_to_settle"].isna().all()
    assert table.attrs["votes_to_settle"] is None


def test_values_that_were_never_compared_are_groups_of_their_own(judged_run):
    made = judged_run({"ratio": [1e-4, 1e-3, 1e-2, 1e-1, 1.0]})
    made.vote("ratio", (A, B, "left"), (A, B, "left"), (D, C, "left"))
    table = results.ratings(made.run.location)
    assert table["value"].tolist() == [1e-4, 1e-3, 1e-1, 1e-2, 1.0]
    assert table["group"].tolist() == [0, 0, 2, 2, 4]
    assert table.groupby("group")["strength"].sum().tolist() == pytest.approx([0, 0, 0], abs=1e-9)
    assert math.isnan(table["strength"].iloc[4])
    assert (table.attrs["groups"], table.attrs["votes_to_settle"]) == (2, None)


def test_votes_on_what_the_grid_no_longer_has_are_not_counted(ratios):
    ratios.vote("ratio", (A, B, "left"), (A, (7,), "left"), (A, A, "left"), (A, B, "both"))
    table = results.ratings(ratios.run.location)
    assert (table.attrs["votes"], table.attrs["uncounted"]) == (1, 3)


def test_without_votes_nothing_is_said(ratios):
    table = results.ratings(ratios.run.location, axis="ratio")
    assert table["strength"].isna().all()
    assert table["votes"].tolist() == [0, 0, 0]
    assert (table.attrs["groups"], table.attrs["votes_to_settle"]) == (0, None)


def test_an_axis_is_asked_for_unless_one_alone_was_judged(judged_run):
    made = judged_run({"ratio": [1e-4, 1e-3], "seed": [0, 1]})
    with pytest.raises(RunError, match="choose one with --axis: ratio, seed"):
        results.ratings(made.run.location)
    made.vote("seed", ((0, 0), (0, 1), "left"))
    assert results.ratings(made.run.location).attrs["axis"] == "seed"
    assert results.ratings(made.run.location, "ratio").attrs["votes"] == 0


@pytest.mark.parametrize(
    ("votes", "said"),
    [
        ([], "not all values were compared"),
        ([(A, B, "left")] * 30 + [(B, C, "left")] * 30, "the order is settled"),
        ([(A, B, "left"), (B, C, "left")], "more votes, spread as until now, would settle the order"),
        ([(A, B, "tie"), (B, C, "tie")], "some values are equal"),
        ([(A, B, "left"), ((9,), B, "left")], "1 votes are on trials that the grid no longer has"),
    ],
)
def test_the_command_prints_the_ratings(ratios, sweep, votes, said):
    ratios.vote("ratio", *votes)
    printed = sweep("judge", ratios.run.location, "--ratings", "--axis", "ratio")
    assert printed.exit_code == 0, printed.stderr
    assert all(label in printed.stdout for label in ("low", "middle", "high"))
    assert said in printed.stderr


def test_a_label_cannot_order_the_terminal_about(judged_run, sweep):
    made = judged_run({"ratio": [1e-4, 1e-3]}, labels={"ratio": ["\x1b[2Jgone", "[bold]plain[/bold]"]})
    printed = sweep("judge", made.run.location, "--ratings", "--axis", "ratio")
    assert "\x1b" not in printed.stdout
    assert "[bold]plain[/bold]" in printed.stdout


@pytest.mark.parametrize("arguments", [["--axis", "sede"], ["--ratings", "--axis", "sede"]])
def test_an_axis_that_is_not_there_is_one_message(judged_run, sweep, tree, arguments):
    made = judged_run({"ratio": [1e-4, 1e-3]})
    before = tree(made.run.location)
    failed = sweep("judge", made.run.location, *arguments)
    assert failed.exit_code == 2
    assert "no axis 'sede'" in failed.stderr
    assert failed.stderr.count("error:") == 1
    assert tree(made.run.location) == before
