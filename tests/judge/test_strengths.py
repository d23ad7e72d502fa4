"""Strengths of trials from votes, and what axes do to them."""

import itertools

import numpy as np
import pandas as pd
import pytest

import results
from results.analysis.variance import decompose

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
    assert "2 votes, each weighted anew" in said.stdout
    assert sweep("effects", made.run.location, "--metric", "votes", "--log").exit_code == 2


def voted(judged_run, axes, per_pair, people=1, seed=0, differ=0.0):
    """A run on which people voted along every axis, by true strengths; gives the trials and the true shares."""
    made, random = judged_run(axes), np.random.default_rng(seed)
    points = list(itertools.product(*(range(len(values)) for values in axes.values())))
    parts = [random.normal(size=len(values)) * size for values, size in zip(axes.values(), (1, 0.5, 0.2), strict=False)]
    true = {point: sum(part[at] for part, at in zip(parts, point, strict=True)) for point in points}
    true = {point: strength + 0.3 * random.normal() for point, strength in true.items()}
    for _ in range(people):
        own = {point: strength + differ * random.normal() for point, strength in true.items()}
        for place, axis in enumerate(axes):
            pairs = [
                (one, other)
                for one, other in itertools.combinations(points, 2)
                if [at for at, both in enumerate(zip(one, other, strict=True)) if both[0] != both[1]] == [place]
            ]
            votes = [
                (one, other, "left" if random.random() < 1 / (1 + np.exp(own[other] - own[one])) else "right")
                for one, other in pairs
                for _ in range(per_pair)
            ]
            made.vote(axis, *votes)
    codes = {axis: np.array([point[at] for point in points]) for at, axis in enumerate(axes)}
    shares = {one.factors: one.share for one in decompose(codes, np.array([*true.values()])).effects}
    return results.strengths(made.run.location), shares


OTHER_AXES = {"ratio": [1e-4, 1e-3], "learning_rate": [1.0, 4.0, 8.0]}


def test_more_votes_narrow_the_intervals_to_the_true_shares(judged_run):
    trials, true = voted(judged_run, OTHER_AXES, per_pair=1000)
    found = results.vote_effects(trials)
    pd.testing.assert_series_equal(found["share"], results.effects(trials, "strength")["share"])
    assert found.attrs["weighted"] == "votes"
    for _, row in found[found["axis"].notna()].iterrows():
        share = true[row["axis"],] if pd.isna(row["other"]) else true[row["axis"], row["other"]]
        assert row["low"] - 0.02 <= share <= row["high"] + 0.02
        assert row["high"] - row["low"] < 0.3
    assert found.iloc[-1][["low", "high"]].isna().all()  # of the rest
    pd.testing.assert_frame_equal(found, results.vote_effects(trials))


def test_sittings_are_weighted_whole_where_there_are_enough(judged_run):
    trials, _ = voted(judged_run, OTHER_AXES, per_pair=1, people=10, differ=1.0)
    assert results.vote_effects(trials).attrs["weighted"] == "sittings"
    with pytest.raises(results.QueryError, match=r"results\.strengths"):
        results.vote_effects(results.load(trials["run"].iloc[0]))
