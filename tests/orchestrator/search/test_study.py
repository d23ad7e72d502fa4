"""What is proposed from what is known: the same from the same, and better than by chance."""

import math
import sys
from pathlib import Path

import pytest

from orchestrator.errors import UsageError
from orchestrator.grid.reader import grid_of
from orchestrator.search.study import Tried, propose

AXES = """
axes:
  ratio: {loguniform: [1e-5, 1e-1]}
  style_scale: {normal: [1, 0.2]}
  iterations: {uniform: [50, 150]}
  pooling: {choice: [average, max]}
"""


def search(more="minimise: [style_distance]", sampler="tpe"):
    text = f"settings: {{content: coffee, style: swirls}}{AXES}search: {{trials: 60, sampler: {sampler}, {more}}}"
    return grid_of(text, Path("grid.yaml")).search


def cost(point):
    ratio, scale, iterations, pooling = point
    return abs(math.log10(ratio) + 2) + abs(scale - 1.2) + abs(iterations - 60) / 100 + (pooling == "max")


def tried(points, *costs):
    return [Tried(point, tuple(one(point) for one in costs)) for point in points]


def searched(one, count, *costs):
    points = []
    while len(points) < count:
        points += propose(one, tried(points, *costs), 10)
    return points


@pytest.mark.parametrize("sampler", ["tpe", "nsga2", "random"])
def test_the_same_outcomes_give_the_same_proposals(sampler):
    one = search(sampler=sampler)
    points = searched(one, 30, cost)
    known = [*tried(points[:25], cost), Tried(points[25]), *(Tried(point, pending=True) for point in points[26:])]
    first = propose(one, known, 5)
    assert propose(one, known, 5) == first
    for ratio, scale, iterations, pooling in [*points, *first]:
        assert 1e-5 <= ratio <= 1e-1
        assert 0.4 <= scale <= 1.6
        assert isinstance(iterations, int)
        assert 50 <= iterations <= 150
        assert pooling in ("average", "max")
        assert [ratio, scale] == [float(f"{ratio:.6g}"), float(f"{scale:.6g}")]
    if sampler != "random":
        assert propose(one, tried(points[:25], lambda point: -cost(point)), 5) != first


def test_the_best_is_better_than_by_chance():
    best = {sampler: min(map(cost, searched(search(sampler=sampler), 60, cost))) for sampler in ("tpe", "random")}
    assert best["tpe"] < best["random"]


def test_what_is_maximised_becomes_larger():
    points = searched(search("maximise: [structural_similarity]"), 60, lambda point: -cost(point))
    assert sum(map(cost, points[-20:])) < sum(map(cost, points[:20]))


def test_several_objectives_are_improved_together():
    one = search("minimise: [style_distance], maximise: [structural_similarity]", "nsga2")
    points = searched(one, 60, cost, lambda point: point[1])
    assert len(set(points)) > 40


def test_optuna_is_needed_and_a_message_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(UsageError, match=r"pip install 'style-sweep\[search\]'"):
        propose(search(), [], 1)


def test_every_value_has_its_share_of_a_distribution():
    for name, one in search().distributions.items():
        if name != "pooling":
            for share in (0.0, 0.1, 0.5, 0.99, 1.0):
                value = one.at(share)
                assert one.at(one.share_of(value)) == pytest.approx(value, rel=1e-5)
            assert one.share_of(1e9) is None
            assert one.share_of(-1e9) is None
