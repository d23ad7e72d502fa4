"""What a sweep will do: the states of trials, and batches that follow from the grid, not from what is done already."""

import itertools
import json
import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from downloads import Access
from orchestrator.errors import GridError, UsageError
from orchestrator.grid.grid import Grid
from orchestrator.grid.reader import load_grid
from orchestrator.grid.values import check_value
from orchestrator.plan.batches import DEFAULT_PACKING, EXACT, Packing
from orchestrator.plan.inputs import Inputs, Sources
from orchestrator.plan.plan import Selection, make_plan
from orchestrator.request import Request
from orchestrator.sweep import prepare
from stylize import ARCHITECTURES

SETTINGS = {
    "content": "photo.png",
    "style": "painting.png",
    "architecture": "squeezenet1_1",
    "weights": "random",
    "init": "noise",
    "content_layers": ["fire3"],
    "style_layers": ["conv1", "fire2"],
    "size": [40, 40],
}


EVERYTHING = Selection()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plan")
    Image.linear_gradient("L").resize((80, 40)).save(folder / "photo.png")
    Image.radial_gradient("L").resize((60, 60)).save(folder / "painting.png")
    Image.radial_gradient("L").resize((160, 20)).save(folder / "frieze.png")
    return folder


@pytest.fixture(scope="module")
def plan(folder):
    """Plans a grid given by its axes: `plan({"seed": [1, 2]}, recorded, limit=1)`."""
    inputs = Inputs(Sources(folder))
    path = folder / "small.yaml"

    def make(
        axes, recorded=None, *, selection=EVERYTHING, packing=DEFAULT_PACKING, rest=None, however_many=False, **fixed
    ):
        fixed = {name: value for name, value in (SETTINGS | fixed).items() if name not in axes}
        path.write_text(json.dumps({"settings": fixed, "axes": axes} | (rest or {})))
        return make_plan(load_grid(path), inputs, recorded or {}, selection, packing, however_many=however_many)

    return make


def ids(batches):
    return [[trial.id for trial in batch.trials] for batch in batches]


AXES = st.fixed_dictionaries(
    {"seed": st.integers(1, 40).map(lambda count: list(range(count)))},
    optional={
        "size": st.lists(st.sampled_from([40, 300, 448, 633, 1000]), min_size=1, max_size=2, unique=True).map(
            lambda edges: [[edge, edge] for edge in edges]
        ),
        "iterations": st.sampled_from([[10], [20, 10]]),
        "style_layers": st.sampled_from([[["conv1"], ["fire2"]], [["fire2"], ["fire4"], ["conv1", "fire4"]]]),
        "pooling": st.sampled_from([["max", "average"]]),
        "precision": st.sampled_from([["fp32", "bf16"]]),
        "weights": st.sampled_from([["random:1", "random:2"]]),
    },
).filter(lambda axes: math.prod(map(len, axes.values())) <= 300)

DEPTH = {"conv1": 1, "fire2": 2, "fire3": 3, "fire4": 4}


def shared(trial):
    """What trials must have in common to share a pass: the network as deep as it is needed, the shape, the steps."""
    one = trial.settings
    depth = max(DEPTH[layer] for layer, _ in one.content_layers + one.style_layers)
    network = one.architecture, one.weights, one.pooling, depth, one.precision
    return network, one.size, one.history_every


def widest(images, trial):
    """At least eight batches of those that can share passes; at most eight images, or what takes two gigabytes."""
    width, height = trial.settings.size
    layers = {layer for layer, _ in trial.settings.content_layers + trial.settings.style_layers}
    bytes_each = ARCHITECTURES["squeezenet1_1"].step_bytes(max(layers, key=DEPTH.get), height, width, 4)
    return max(1, min(-(-images // 8), 8, int(2e9 / bytes_each)))


def image_of(trial):
    """Trials that differ in nothing but their iterations share an image."""
    return trial.settings.model_copy(update={"iterations": 1})


@settings(max_examples=40, deadline=None)
@given(AXES)
def test_every_trial_is_in_exactly_one_batch_with_others_like_it(plan, axes):
    made = plan(axes)
    everything = [trial.id for _, trial in made.points]
    assert len(everything) == math.prod(map(len, axes.values()))
    assert sorted(itertools.chain(*ids(made.batches))) == sorted(everything)
    groups = {}
    for trial in made.trials.values():
        groups.setdefault(shared(trial), {}).setdefault(image_of(trial), trial)
    found = {}
    for batch in made.batches:
        (kind,) = {shared(trial) for trial in batch.trials}
        assert batch.width == len({image_of(trial) for trial in batch.trials})
        assert len(batch.trials) == batch.width * len(axes.get("iterations", [1]))
        found.setdefault(kind, []).append(batch.width)
    for kind, group in groups.items():
        wide = widest(len(group), next(iter(group.values())))
        full, rest = divmod(len(group), wide)
        assert sorted(found[kind], reverse=True) == [wide] * full + [rest] * bool(rest)


@pytest.mark.parametrize(
    ("trials", "edge", "widths"),
    [
        (1, 40, [1]),
        (8, 40, [1] * 8),
        (9, 40, [2, 2, 2, 2, 1]),
        (16, 40, [2] * 8),
        (64, 40, [8] * 8),
        (65, 40, [8] * 8 + [1]),
        (2, 1000, [1, 1]),
    ],
)
def test_batches_are_as_wide_as_their_number_allows(trials, edge, widths, plan):
    made = plan({"seed": list(range(trials))}, size=[edge, edge])
    assert sorted((batch.width for batch in made.batches), reverse=True) == widths


@pytest.mark.parametrize(("images", "widths"), [(3.5, [3] * 21 + [1]), (4.0, [4] * 16), (0.5, [1] * 64)])
def test_batches_are_as_wide_as_memory_allows_and_one_image_always_goes(images, widths, plan):
    bytes_each = ARCHITECTURES["squeezenet1_1"].step_bytes("fire3", 100, 100, 4)
    made = plan({"seed": list(range(64))}, size=[100, 100], packing=Packing(memory=images * bytes_each))
    assert sorted((batch.width for batch in made.batches), reverse=True) == widths


def test_exact_work_is_done_one_image_at_a_time(plan):
    made = plan({"seed": list(range(64))}, packing=EXACT)
    assert [batch.width for batch in made.batches] == [1] * 64


@pytest.mark.parametrize("done", [0, 1, 15])
def test_how_much_could_be_done_at_once_does_not_depend_on_what_is_done(done, plan):
    axes = {"seed": list(range(16))}
    first = plan(axes)
    made = plan(axes, dict.fromkeys(list(first.trials)[:done], "done"))
    assert made.parallel_at_first == first.parallel_at_first == 8


def test_an_axis_of_iterations_is_planned_as_one_optimisation_each(plan):
    made = plan({"iterations": [10, 30, 20], "seed": [0, 1]})
    assert len(made.trials) == 6
    assert [(batch.width, len(batch.trials)) for batch in made.batches] == [(1, 3), (1, 3)]
    single = plan({"iterations": [30], "seed": [0, 1]})
    assert [batch.operations for batch in made.batches] == [batch.operations for batch in single.batches]


@settings(max_examples=40, deadline=None)
@given(AXES, st.randoms(use_true_random=False))
def test_batches_that_are_left_run_as_they_were_first_planned(plan, axes, random):
    """Whole batches are what a sweep commits: however far it came, its other results have the same low bits."""
    first = plan(axes).batches
    done = set(random.sample(range(len(first)), random.randint(0, len(first))))
    recorded = {trial.id: "done" for index in done for trial in first[index].trials}
    again = plan(axes, recorded).batches
    assert ids(again) == ids(batch for index, batch in enumerate(first) if index not in done)
    assert [batch.name for batch in again] == [batch.name for index, batch in enumerate(first) if index not in done]


@settings(max_examples=40, deadline=None)
@given(AXES, st.randoms(use_true_random=False), st.booleans())
def test_batches_of_which_nothing_is_recorded_stay_whole_and_the_rest_is_packed(plan, axes, random, few):
    """A worker that died, or a failed trial, leaves batches done in part."""
    first = plan(axes)
    everything = list(first.trials)
    count = random.randint(0, min(3, len(everything)) if few else len(everything))
    recorded = {id: random.choice(["done", "failed"]) for id in random.sample(everything, count)}
    again = plan(axes, recorded).batches
    left = [id for id in everything if id not in recorded]
    assert sorted(itertools.chain(*ids(again))) == sorted(left)
    for batch in ids(first.batches):
        if not recorded.keys() & set(batch):
            assert batch in ids(again)
    widths = {}
    for batch in first.batches:
        kind = shared(batch.trials[0])
        widths[kind] = max(widths.get(kind, 0), batch.width)
    for batch in again:
        (kind,) = {shared(trial) for trial in batch.trials}
        assert batch.width <= widths[kind]


@pytest.mark.parametrize(
    ("axis", "values"),
    [
        ("size", [[40, 40], [80, 80], [60, 60]]),
        ("style_layers", [["conv1"], ["fire6"], ["fire5"]]),
    ],
)
def test_the_costliest_batch_comes_first(axis, values, plan):
    batches = plan({axis: values}).batches
    costs = [batch.operations for batch in batches]
    assert costs == sorted(costs, reverse=True)
    found = [getattr(batch.trials[0].settings, axis) for batch in batches]
    assert found == [check_value(axis, values[index]) for index in (1, 2, 0)]


def test_batches_of_equal_cost_keep_the_grids_order(plan):
    made = plan({"seed": [3, 1, 2]})
    assert [batch.trials[0].settings.seed for batch in made.batches] == [3, 1, 2]


def test_names_tell_batches_apart(plan):
    made = plan({"seed": list(range(30))})
    assert len({batch.name for batch in made.batches}) == len(made.batches) == 8


def test_states_say_what_is_done_what_failed_and_what_is_left(plan):
    axes = {"seed": [0, 1, 2, 3]}
    a, b, c, d = plan(axes).trials
    recorded = {a: "done", b: "failed", "0" * 20: "done"}  # the last: of another grid in the same run
    made = plan(axes, recorded)
    assert made.states == {a: "done", b: "failed", c: "to run", d: "to run"}
    assert ids(made.batches) == [[c], [d]]
    assert [made.count(state) for state in ("done", "failed", "to run", "not selected")] == [1, 1, 2, 0]
    retried = plan(axes, recorded, selection=Selection(retry_failed=True))
    assert retried.states == {a: "done", b: "to run", c: "to run", d: "to run"}


def test_a_grid_that_is_done_has_no_batch_left(plan):
    axes = {"seed": [0, 1]}
    assert plan(axes, dict.fromkeys(plan(axes).trials, "done")).batches == []


def test_a_selection_leaves_out_only_what_would_run(plan):
    axes = {"seed": [0, 1, 2, 3]}
    a, b, c, d = plan(axes).trials
    limited = plan(axes, {b: "done", d: "failed"}, selection=Selection(limit=1, retry_failed=True))
    assert limited.states == {a: "to run", b: "done", c: "not selected", d: "not selected"}
    only = plan(axes, {b: "done", d: "failed"}, selection=Selection({0: frozenset({1, 2, 3})}, limit=2))
    assert only.states == {a: "not selected", b: "done", c: "to run", d: "failed"}


def test_points_whose_difference_has_no_effect_share_a_trial(plan):
    """The seed of an image that starts as the content picture; a limit counts trials."""
    axes = {"ratio": [1, 2, 3], "seed": [0, 1]}
    made = plan(axes, init="content", selection=Selection(limit=2))
    assert (len(made.points), len(made.trials)) == (6, 3)
    assert list(made.states.values()) == ["to run", "to run", "not selected"]
    assert sum(len(batch.trials) for batch in made.batches) == 2


VALUES = {
    "ratio": [0.25, 0.5],
    "seed": {"one": 1, "two": 2, "three": 3},
    "learning_rate": [8, 10, 8],
    "pooling": ["max", "average"],
}
VALUES_AS_TEXT = {
    "ratio": [("0.25", 0.25), ("5e-1", 0.5)],
    "seed": [("one", 1), ("two", 2), ("three", 3), ("1", 1), ("3", 3)],
    "learning_rate": [("8", 8), ("10", 10)],
    "pooling": [("max", "max"), (" average", "average")],
}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(list(VALUES)), st.integers(0, 5)), max_size=4))
def test_only_is_filtering_by_hand(folder, named):
    """Values of one axis add up, those of several must all hold; `learning_rate` and `seed` are zipped."""
    path = folder / "only.yaml"
    path.write_text(json.dumps({"settings": SETTINGS, "axes": VALUES, "zip": [["seed", "learning_rate"]]}))
    wanted, only = {}, []
    for name, place in named:
        text, value = VALUES_AS_TEXT[name][place % len(VALUES_AS_TEXT[name])]
        wanted.setdefault(name, set()).add(value)
        only.append(f"{name}={text}")
    made, _ = prepare(Request(path, only=tuple(only), out=str(folder / "run")), fetch=False)
    assert len(made.trials) == 12
    for trial in made.trials.values():
        chosen = all(getattr(trial.settings, name) in values for name, values in wanted.items())
        assert made.states[trial.id] == ("to run" if chosen else "not selected")


def test_ten_million_trials_are_refused_before_anything_is_done_for_them(folder, monkeypatch):
    def expanded(self):
        raise AssertionError("the grid was expanded")

    monkeypatch.setattr(Grid, "points", expanded)
    path = folder / "large.yaml"
    axes = {"seed": {"linspace": [0, 9999, 10_000]}, "tv_weight": {"linspace": [0, 1, 1000]}}
    path.write_text(json.dumps({"settings": SETTINGS, "axes": axes}))
    inputs = Inputs(Sources(folder))
    started = time.process_time()
    with pytest.raises(UsageError, match=r"this grid asks for 10,000,000 trials, more than 100,000; give --yes"):
        make_plan(load_grid(path), inputs, {}, Selection())
    assert time.process_time() - started < 5
    assert inputs.pictures == inputs.weights == {}
    with pytest.raises(AssertionError, match="was expanded"):
        make_plan(load_grid(path), inputs, {}, Selection(), however_many=True)


@pytest.mark.parametrize(("most", "refused"), [(5, True), (6, False)])
def test_as_many_trials_as_allowed_are_planned(most, refused, plan, monkeypatch):
    monkeypatch.setattr("orchestrator.plan.plan.MOST_TRIALS", most)
    axes = {"seed": [1, 2, 3], "ratio": [1, 2]}
    if refused:
        with pytest.raises(UsageError, match="asks for 6 trials, more than 5"):
            plan(axes)
    assert len(plan(axes, however_many=refused).trials) == 6


def test_a_grid_of_which_exclude_leaves_nothing_is_refused(plan):
    with pytest.raises(UsageError, match="`exclude` removes every point"):
        plan({"seed": [1]}, rest={"exclude": [{"seed": 1}]})


def test_an_impossible_point_is_named_by_its_values(plan):
    with pytest.raises(GridError, match=r"no layer 'conv9'.* \(at seed=7, style_layers=bad\)") as caught:
        plan({"seed": [7, 8], "style_layers": {"good": ["conv1"], "bad": ["conv9"]}})
    assert caught.value.path == "axes.style_layers.bad"


POINT_ERRORS = {
    "layer": ("settings: {style_layers: [conv9]}", "1:26", "settings.style_layers", "has no layer 'conv9'"),
    "one of several": ("axes: {style_layers: [[conv1], [conv9]]}", "1:32", "axes.style_layers[1]", "no layer"),
    "only included": (
        "axes: {style_layers: [[conv1]]}\ninclude: [{style_layers: [conv9]}]", "2:10", "include", "no layer"
    ),
    "no style": ("settings: {style: null}", "1:19", "settings.style", "no style picture is given"),
    "half of the masks": ("settings: {content_mask: photo.png}", "1:11", "settings", "no style_mask is given"),
    "size": ("settings: {size: 4}", "1:18", "settings.size", "leaves an edge of"),
    "no picture": ("settings: {content: broken.png}", "1:21", "", "broken.png"),
    "no such mask": (
        "settings: {content_mask: photo.png, style_mask: none.png}", "1:49", "", "there is no file 'none.png'"
    ),
    "no such initial image": (
        "settings: {init: image, init_image: none.png}", "1:37", "", "there is no file 'none.png'"
    ),
    "no such picture of a blend": (
        "settings: {style_blend: {photo.png: 0.5, none.png: 0.5}}", "1:52", "", "there is no file 'none.png'"
    ),
    "broken picture of a blend": (
        "axes: {style_blend: {some: {photo.png: 0.5, broken.png: 0.5}}}", "1:57", "", "broken.png is not a picture"
    ),
    "photograph as mask": (
        "settings: {content_mask: noise.png, style_mask: noise.png}", "1:26", "", "save it as PNG, without smooth edges"
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", POINT_ERRORS)
def test_what_is_wrong_only_at_a_point_has_its_line_and_column_too(wrong, folder):
    (folder / "broken.png").write_bytes(b"no picture")
    Image.effect_noise((64, 64), 80).save(folder / "noise.png")
    text, place, path, message = POINT_ERRORS[wrong]
    given = {name: value for name, value in SETTINGS.items() if f"{name}:" not in text}
    overrides = [f"{name}={json.dumps(value)}" for name, value in given.items()]
    file = folder / "wrong.yaml"
    file.write_text(text)
    with pytest.raises(GridError, match=message) as caught:
        make_plan(load_grid(file, overrides), Inputs(Sources(folder, grid=file)), {}, Selection())
    position = caught.value.position
    assert (f"{position.line}:{position.column}", caught.value.path) == (place, path)


def test_a_value_that_set_gave_is_not_looked_for_in_the_file(folder):
    file = folder / "wrong.yaml"
    file.write_text(json.dumps({"settings": SETTINGS}))
    with pytest.raises(GridError, match=r"^--set style_layers: squeezenet1_1 has no layer 'conv9'"):
        make_plan(load_grid(file, ["style_layers=[conv9]"]), Inputs(Sources(folder, grid=file)), {}, Selection())


def test_a_style_picture_that_is_too_narrow_is_refused_with_what_is_needed(plan):
    """The frieze is eight times as wide as high. A convolution leaves 2 of 5 pixels, a pool 1: enough for fire3."""
    assert plan({}, style="frieze.png", size=40).trials
    with pytest.raises(GridError, match="size 32 leaves an edge of 4 pixels; fire3 of squeezenet1_1 needs 5"):
        plan({}, style="frieze.png", size=32)


@pytest.mark.parametrize(("size", "expected"), [(40, (40, 20)), ([30, 50], (30, 50))])
def test_the_content_picture_gives_the_shape_also_where_it_has_no_other_part(size, expected, plan):
    (trial,) = plan({}, size=size, ratio=0).trials.values()
    assert (trial.width, trial.height) == expected


def test_without_a_content_picture_the_style_gives_the_shape(plan):
    (trial,) = plan({}, content=None, size=40, ratio=0).trials.values()
    assert (trial.width, trial.height, trial.content) == (40, 40, None)


def test_the_table_has_the_place_and_the_label_of_each_axis(plan):
    made = plan({"style_layers": {"first": ["conv1"], "second": ["fire2"]}, "ratio": [2, 1]})
    rows = made.table().to_pylist()
    assert [row["trial_id"] for row in rows] == [trial.id for _, trial in made.points]
    names = ["style_layers_label", "style_layers_order", "style_layers", "ratio_order", "ratio", "weights"]
    assert [[row[name] for name in names] for row in rows] == [
        ["first", 0, ["conv1"], 0, 2.0, "random"],
        ["first", 0, ["conv1"], 1, 1.0, "random"],
        ["second", 1, ["fire2"], 0, 2.0, "random"],
        ["second", 1, ["fire2"], 1, 1.0, "random"],
    ]
    assert "ratio_label" not in made.table().column_names


def test_weights_that_have_to_be_downloaded_first_are_unknown(folder):
    path = folder / "elsewhere.yaml"
    path.write_text(json.dumps({"settings": SETTINGS | {"weights": "torchvision"}}))
    made = make_plan(load_grid(path), Inputs(Sources(folder, access=Access(fetch=False))), {}, Selection())
    assert [trial.weights_sha256 for trial in made.trials.values()] == ["unknown"]
