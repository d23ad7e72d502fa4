"""What is compared with what: trials that differ in one axis and in nothing else, all of them, least judged first."""

import random
import uuid
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import results
from results import RunError
from results.judge import pairs as pairs_module
from results.judge.axes import find_axis, judged_axes
from results.judge.pairs import Pairs
from results.judge.session import Session


def axis_of(run, name=None):
    return find_axis(results.load(run.location, missing=True), name)


@st.composite
def grids(draw):
    """Axes of all kinds, some moving together, with points left out, failed, missing, or sharing a trial."""
    axes = {
        "content": ["cat", "dog"][: draw(st.integers(1, 2))],
        "ratio": [1e-4, 1e-3, 1e-2][: draw(st.integers(1, 3))],
    }
    if draw(st.booleans()):
        axes["learning_rate", "seed"] = [(1.0, 0), (1.0, 1), (2.0, 0)]
    else:
        axes["seed"] = [0, 1]
    ranges = [st.integers(0, len(values) - 1) for values in axes.values()]
    points = st.lists(st.tuples(*ranges), max_size=3)
    excluded, missing, failed = draw(points), draw(points), draw(points)
    left = st.tuples(*ranges).filter(lambda point: point not in excluded)
    shared = draw(st.dictionaries(left, left, max_size=2)) if len(excluded) < 2 else {}
    shared = {one: other for one, other in shared.items() if other not in shared}
    return axes, {"excluded": excluded, "missing": missing, "failed": failed, "shared": shared}


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(grid=grids(), seed=st.integers(0, 1000))
def test_a_pair_never_differs_in_another_axis_nor_shows_what_failed(judged_run_in, grid, seed):
    axes, options = grid
    made = judged_run_in(f"memory://{uuid.uuid4().hex}", axes, **options)
    points = {}
    for point, row in zip(made.points, made.rows, strict=True):
        points.setdefault(row["trial_id"], []).append(point)
    if not judged_axes(results.load(made.run.location, missing=True)):
        return
    session = Session(made.run, draw=random.Random(seed))
    for axis in session.axes:
        assert not {"content", "style"} & set(axis.settings)
        at = list(made.axes).index(axis.settings)
        for _ in range(6):
            found = session.next_pair(axis.name)
            if not found:
                break
            left, right = points[found[1].left], points[found[1].right]
            # A trial may stand for several points, but for one value of this axis.
            assert len({point[at] for point in left}) == len({point[at] for point in right}) == 1
            assert left[0][at] != right[0][at]
            assert {point[:at] + point[at + 1 :] for point in left} & {point[:at] + point[at + 1 :] for point in right}
            for trial in (left, right):
                assert any(point not in options["missing"] + options["failed"] for point in trial)


def test_every_pair_comes_once_before_any_comes_twice(judged_run):
    axis = axis_of(judged_run({"content": ["cat", "dog"], "ratio": [1e-4, 1e-3, 1e-2, 1e-1]}).run)
    pairs = Pairs(axis, random.Random(3))
    assert len(pairs) == 12
    shown = []
    for _ in range(24):
        shown.append(frozenset(pairs.next()))
        pairs.count(shown[-1])
    assert len(set(shown[:12])) == 12
    assert set(Counter(shown).values()) == {2}
    assert pairs.seen == 12


def test_values_are_compared_equally_often_before_every_pair_was_seen(judged_run):
    axis = axis_of(judged_run({"content": list("abcdefgh"), "ratio": [1e-4, 1e-3, 1e-2]}).run)
    pairs = Pairs(axis, random.Random(0))
    compared = Counter()
    for _ in range(6):
        left, right = pairs.next()
        pairs.count(frozenset((left, right)))
        compared[frozenset((axis.positions[left], axis.positions[right]))] += 1
    assert set(compared.values()) == {2}
    assert len(compared) == 3


def test_left_and_right_are_drawn(judged_run):
    axis = axis_of(judged_run({"ratio": [1e-4, 1e-3]}).run)
    pairs = Pairs(axis, random.Random(0))
    lefts = Counter(pairs.next()[0] for _ in range(400))
    assert len(lefts) == 2
    assert all(150 < count < 250 for count in lefts.values())


def test_votes_of_earlier_sittings_count(judged_run):
    made = judged_run({"ratio": [1e-4, 1e-3, 1e-2]})
    made.vote("ratio", ((0,), (1,), "left"), ((1,), (2,), "skip"))
    _, shown = Session(made.run).next_pair("ratio")
    assert {shown.left, shown.right} == {made.trial(0), made.trial(2)}


def test_of_very_many_pairs_random_ones_are_taken(judged_run, monkeypatch):
    monkeypatch.setattr(pairs_module, "MOST_PAIRS", 50)
    axis = axis_of(judged_run({"seed": list(range(12)), "content": ["cat", "dog"]}).run)
    pairs = Pairs(axis, random.Random(0))
    assert 20 < len(pairs) <= 50
    assert pairs.next()


def test_axes_that_move_together_are_one(judged_run):
    made = judged_run({("learning_rate", "seed"): [(1.0, 0), (1.0, 1)], "style": ["strokes", "dots"]})
    [axis] = judged_axes(results.load(made.run.location))
    assert axis.title == "learning rate, seed"
    assert list(axis.labels) == ["learning rate 1, seed 0", "learning rate 1, seed 1"]
    assert axis_of(made.run, "seed") == axis


def test_a_trial_that_stands_for_two_values_is_not_shown(judged_run):
    made = judged_run({"seed": [0, 1, 2]}, shared={(1,): (0,)})
    assert len(Pairs(axis_of(made.run), random.Random(0))) == 0
    assert Session(made.run).next_pair("seed") is None


@pytest.mark.parametrize(
    ("axes", "name", "message"),
    [
        ({"content": ["cat", "dog"], "style": ["dots", "strokes"]}, None, "has no axis to judge: results are compared"),
        ({"ratio": [1e-4, 1e-3], "seed": [0, 1]}, None, "several axes of .* choose one with --axis: ratio, seed"),
        ({"ratio": [1e-4, 1e-3], "seed": [0, 1]}, "sede", "no axis 'sede' of .* there are ratio, seed"),
        ({"ratio": [1e-4, 1e-3], "content": ["cat", "dog"]}, "content", "no axis 'content' .* there is ratio"),
    ],
)
def test_what_cannot_be_judged_is_said(judged_run, axes, name, message):
    with pytest.raises(RunError, match=message):
        axis_of(judged_run(axes).run, name)


def test_trials_that_are_done_meanwhile_are_shown_first(judged_run, monkeypatch):
    made = judged_run({"ratio": [1e-4, 1e-3, 1e-2, 1e-1]}, missing=[(2,), (3,)])
    session = Session(made.run)
    name, shown = session.next_pair("ratio")
    session.vote(name, "left")
    assert session.progress("ratio") == (1, 1)
    made.commit(missing=[(3,)], failed=())
    monkeypatch.setattr(session, "_look_again", 0.0)
    name, shown = session.next_pair("ratio")
    assert made.trial(2) in (shown.left, shown.right)
    assert session.progress("ratio") == (1, 3)
    session.vote(name, "right")
    name, shown = session.next_pair("ratio")
    assert made.trial(2) in (shown.left, shown.right)
    session.vote(name, "left")
    assert session.progress("ratio") == (3, 3)
    assert session.votes == 3
