"""`results.effects`: from a run's table to what each axis explains."""

import itertools

import numpy as np
import pandas as pd
import pytest

import results
from results.analysis.effects import MOST_LEVELS, as_factor
from results.table.axes import Axis

STYLES, RATIOS = ["swirls", "facets", "strokes"], [1e-4, 1e-3, 1e-2]


@pytest.fixture
def trials(made_run):
    """Three styles by three ratios; `content_loss` is ten times the number of the trial."""
    run = made_run()
    for number, (style, ratio) in enumerate(itertools.product(STYLES, RATIOS)):
        run.add(number, "red", style=style, ratio=ratio)
    made = run.write([("style",), ("ratio",)], order={"style": STYLES, "ratio": RATIOS})
    return results.load(made.location)


def test_shares_of_a_table_are_those_written_out(trials):
    found = results.effects(trials, "content_loss").set_index("effect")
    numbers = 10.0 * np.arange(9).reshape(3, 3)
    assert found.loc["style", "share"] == pytest.approx(numbers.mean(1).var() / numbers.var())
    assert found.loc["α/β", "share"] == pytest.approx(numbers.mean(0).var() / numbers.var())
    assert found.loc["style × α/β", "share"] == pytest.approx(0, abs=1e-12)
    assert found["share"].sum() == pytest.approx(1)
    assert found.attrs["trials"] == 9


def test_two_axes_without_seeds_say_that_their_pair_has_chance_in_it(trials):
    found = results.effects(trials, "content_loss").set_index("effect")
    assert "repeat seeds" in found.loc["style × α/β", "note"]
    assert found[["low", "high"]].isna().all(axis=None)


def test_seeds_give_intervals_and_are_no_axis(made_run):
    run = made_run()
    points = list(itertools.product(STYLES, RATIOS, range(4)))
    for number, (style, ratio, _) in enumerate(points):
        run.add(number, "red", style=style, ratio=ratio)
    made = run.write([("style",), ("ratio",), ("seed",)], order={"style": STYLES, "ratio": RATIOS})
    trials = results.load(made.location)
    trials["seed"] = trials["seed_order"] = [seed for _, _, seed in points]
    chance = np.random.default_rng(0).normal(size=len(points))
    trials["content_loss"] = [STYLES.index(style) for style, _, _ in points] + 0.1 * chance
    found = results.effects(trials, "content_loss").set_index("effect")
    assert list(found.index) == ["style", "α/β", "style × α/β", "seed", "rest"]
    assert 0.9 < found.loc["style", "low"] < found.loc["style", "share"] < found.loc["style", "high"] <= 1
    assert found.loc["α/β", "low"] == pytest.approx(0, abs=0.01)
    assert found.attrs["seeds"] == 4


def test_the_logarithm_is_taken_where_it_is_asked_for(trials):
    trials["content_loss"] = 10.0 ** np.repeat([0, 1, 2], 3)
    found = results.effects(trials, "content_loss", log=True).set_index("effect")
    assert found.loc["style", "share"] == pytest.approx(1)
    assert found.attrs["variance"] == pytest.approx(np.log(10) ** 2 * 2 / 3)


def test_trials_that_failed_are_left_out(trials):
    trials.loc[0, ["status", "content_loss"]] = ["failed", np.nan]
    found = results.effects(trials, "content_loss")
    assert found.attrs["trials"] == 8
    assert not found.attrs["balanced"]


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ("contnt_loss", "did you mean content_loss"),
        ("style", "is not a column of numbers"),
        ("style_distance", "only 0 of 9 trials have style_distance"),
    ],
)
def test_a_metric_that_cannot_be_explained_says_why(trials, metric, message):
    trials["style_distance"] = np.nan
    with pytest.raises(results.QueryError, match=message):
        results.effects(trials, metric)


def test_a_loss_of_zero_has_no_logarithm(trials):
    with pytest.raises(results.QueryError, match="no logarithm"):
        results.effects(trials, "content_loss", log=True)


def test_trials_that_differ_in_nothing_have_no_effects(trials):
    same = trials[(trials["style"] == "swirls") & (trials["ratio"] == 1e-3)]
    with pytest.raises(results.QueryError, match="no axis"):
        results.effects(pd.concat([same, same]), "content_loss")


def test_an_axis_of_many_numbers_is_binned():
    count = 5 * MOST_LEVELS
    axis = Axis(
        ("ratio",),
        tuple(range(count)),
        tuple((float(at),) for at in range(count)),
        (None,) * count,
        tuple(range(count)),
    )
    factor = as_factor(axis)
    assert sorted(np.bincount(factor.codes)) == [MOST_LEVELS] * 5
    assert len(factor.labels) == 5
    assert (np.diff(factor.codes) >= 0).all()


def test_the_command_prints_the_shares(trials, sweep):
    run = trials["run"].iloc[0]
    said = sweep("effects", run, "--metric", "content_loss")
    assert said.exit_code == 0, said.stderr
    assert "style × α/β" in said.stdout
    assert "90.0 %" in said.stdout
    as_json = sweep("effects", run, "--metric", "content_loss", "--json")
    assert '"share":0.9' in as_json.stdout.replace(" ", "")


def test_the_command_refuses_an_unknown_metric_with_one_message(trials, sweep):
    said = sweep("effects", trials["run"].iloc[0], "--metric", "los")
    assert said.exit_code == 2
    assert said.stderr.count("\n") == 1
