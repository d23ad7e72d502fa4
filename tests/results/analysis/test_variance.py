"""The decomposition against sums written out by hand, statsmodels, and simulated truths."""

import itertools

import numpy as np
import pandas as pd
import pytest

from results.analysis.variance import decompose


def full(sizes, seeds=1):
    """Codes of a full factorial design, and of its seeds."""
    rows = np.array(list(itertools.product(*(range(size) for size in (*sizes, seeds)))))
    return {f"f{at}": rows[:, at] for at in range(len(sizes))}, rows[:, -1]


def share(found, *factors):
    return next(effect for effect in found.effects if effect.factors == factors)


def test_a_balanced_design_is_the_definition_written_out():
    factors, _ = full((3, 4, 2))
    numbers = np.random.default_rng(1).normal(size=24)
    found = decompose(factors, numbers)
    cube = numbers.reshape(3, 4, 2)
    mean, variance = cube.mean(), cube.var()
    first = cube.mean((1, 2)) - mean
    second = cube.mean((0, 2)) - mean
    pair = cube.mean(2) - mean - first[:, None] - second[None, :]
    assert share(found, "f0").share == pytest.approx((first**2).mean() / variance)
    assert share(found, "f1").share == pytest.approx((second**2).mean() / variance)
    assert share(found, "f0", "f1").share == pytest.approx((pair**2).mean() / variance)
    assert share(found, "f0", "f1").freedom == 6
    total = sum(effect.share for effect in found.effects) + found.rest
    assert total == pytest.approx(1)
    assert found.balanced
    assert not found.pair_has_chance


def test_two_factors_alone_leave_nothing_to_tell_their_pair_from_chance():
    factors, _ = full((3, 5))
    found = decompose(factors, np.random.default_rng(2).normal(size=15))
    assert found.pair_has_chance
    assert found.rest == pytest.approx(0, abs=1e-12)


def test_an_unbalanced_design_gives_the_sums_of_squares_of_type_two():
    factors, _ = full((3, 4, 2))
    generator = np.random.default_rng(3)
    kept = generator.permutation(24)[:20]
    factors = {name: codes[kept] for name, codes in factors.items()}
    numbers = generator.normal(size=20) + factors["f0"]
    found = decompose(factors, numbers)
    assert not found.balanced

    def residual(*terms):
        columns = [np.ones((20, 1))]
        for term in terms:
            columns.append(
                pd.get_dummies(pd.Series(list(zip(*(factors[name] for name in term), strict=True)))).to_numpy(float)
            )
        design = np.hstack(columns)
        return ((numbers - design @ np.linalg.lstsq(design, numbers, rcond=None)[0]) ** 2).sum()

    pairs = [("f0", "f1"), ("f0", "f2"), ("f1", "f2")]
    expected = residual(("f1",), ("f2",), ("f1", "f2")) - residual(("f0",), ("f1",), ("f2",), ("f1", "f2"))
    assert share(found, "f0").share == pytest.approx(expected / ((numbers - numbers.mean()) ** 2).sum())
    expected = residual(*pairs[1:]) - residual(*pairs)
    assert share(found, "f0", "f1").share == pytest.approx(expected / ((numbers - numbers.mean()) ** 2).sum())


def test_a_design_in_which_two_factors_move_together_names_both():
    codes = np.array([0, 1, 2, 0, 1, 2])
    other = np.array([0, 0, 0, 1, 1, 1])
    found = decompose({"a": codes, "b": codes.copy(), "c": other}, np.arange(6.0))
    assert share(found, "a").share is None
    assert ("b",) in share(found, "a").confounded_with
    assert share(found, "c").share is not None


def test_half_a_cube_confounds_each_factor_with_the_pair_of_the_others():
    rows = np.array([row for row in itertools.product((0, 1), repeat=3) if sum(row) % 2 == 0])
    found = decompose({name: rows[:, at] for at, name in enumerate("abc")}, np.array([1.0, 2.0, 4.0, 8.0]))
    assert share(found, "a").share is None
    assert share(found, "a").confounded_with == (("b", "c"),)


def test_a_number_that_never_changes_has_no_variance_to_explain():
    factors, _ = full((2, 3))
    found = decompose(factors, np.ones(6))
    assert found.variance == 0
    assert all(effect.share == 0 for effect in found.effects)


def test_one_observation_is_refused():
    with pytest.raises(ValueError, match="two observations"):
        decompose({}, np.ones(1))


def test_what_a_seed_does_to_all_points_alike_is_no_chance():
    factors, seeds = full((3, 4), seeds=5)
    generator = np.random.default_rng(4)
    truth = factors["f0"] * 2.0 + generator.normal(size=5)[seeds] * 10
    found = decompose(factors, truth, seeds)
    assert found.seed_share == pytest.approx(1 - share(found, "f0").share)
    assert share(found, "f0").low == pytest.approx(share(found, "f0").share)


@pytest.mark.parametrize("kept", [60, 50], ids=["balanced", "some are missing"])
def test_intervals_of_95_percent_hold_the_truth_about_as_often(kept):
    """100 simulations of a truth with known shares: binomial noise of 2.2 percent points."""
    factors, seeds = full((3, 4), seeds=5)
    generator = np.random.default_rng(5)
    effect = np.array([-1.0, 0.0, 1.0])[factors["f0"]] * 0.5 + np.array([0.3, 0.1, -0.1, -0.3])[factors["f1"]]
    inside = np.zeros(3)
    for _ in range(100):
        numbers = effect + generator.normal(size=60)
        rows = np.sort(generator.permutation(60)[:kept])
        found = decompose({name: codes[rows] for name, codes in factors.items()}, numbers[rows], seeds[rows])
        spread = ((numbers[rows] - numbers[rows].mean()) ** 2).mean()
        truths = {("f0",): 2 / 3 * 0.25, ("f1",): 0.05, ("f0", "f1"): 0.0}
        for at, (term, truth) in enumerate(truths.items()):
            one = share(found, *term)
            inside[at] += one.low - 1e-12 <= truth / spread <= one.high + 1e-12
    assert (inside / 100 > 0.88).all(), inside / 100
