"""Strengths of trials from votes, and what axes do to them."""

import itertools

import pytest

import results

AXES = {"style": ["swirls", "facets"], "ratio": [1e-4, 1e-3], "learning_rate": [1.0, 8.0]}


def test_votes_on_two_axes_say_what_each_does(judged_run):
    made = judged_run(AXES)
    # The larger ratio wins nine of ten votes, the larger learning rate six of ten, whatever else is set.
    for style, other in itertools.product(range(2), range(2)):
        for axis, better, lost in (("ratio", 9, 1), ("learning_rate", 6, 4)):
            high = (style, 1, other) if axis == "ratio" else (style, other, 1)
            low = (style, 0, other) if axis == "ratio" else (style, other, 0)
            made.vote(axis, *[(high, low, "left")] * better, *[(high, low, "right")] * lost)
    trials = results.strengths(made.run.location)
    assert trials["strength"].notna().all()
    by_style = trials.groupby("style")["strength"].mean()
    assert by_style.abs().max() < 1e-6  # styles are never compared with each other
    found = results.effects(trials, "strength").set_index("effect")
    assert found.loc["α/β", "share"] > 0.9 > 0.1 > found.loc["learning rate", "share"] > 0
    assert found.loc["style", "share"] == pytest.approx(0, abs=1e-9)


def test_trials_that_votes_do_not_connect_cannot_be_compared(judged_run):
    made = judged_run(AXES)
    with pytest.raises(results.QueryError, match="nobody has voted"):
        results.strengths(made.run.location)
    made.vote("ratio", ((0, 0, 0), (0, 1, 0), "left"), ((0, 0, 1), (0, 1, 1), "left"))
    with pytest.raises(results.QueryError, match="2 groups of trials"):
        results.strengths(made.run.location)


def test_the_command_takes_votes_as_a_metric(judged_run, sweep):
    made = judged_run({"ratio": [1e-4, 1e-3, 1e-2]})
    made.vote("ratio", ((0,), (1,), "left"), ((1,), (2,), "left"))
    said = sweep("effects", made.run.location, "--metric", "votes")
    assert said.exit_code == 0, said.stderr
    assert "strength of 3 trials" in said.stdout
