"""Trials of the auto-painter: what their ids depend on, and what is refused with a position in the grid."""

import json

import numpy as np
import pytest
from PIL import Image

from downloads import Access
from orchestrator.cluster.material_store import load_networks
from orchestrator.cluster.retry import Loss, LossKind, after_loss
from orchestrator.errors import GridError
from orchestrator.grid.reader import load_grid
from orchestrator.plan.clips import with_frames
from orchestrator.plan.device_batches import DeviceBatches
from orchestrator.plan.inputs import Inputs, Sources
from orchestrator.plan.plan import Selection, make_plan
from pictures.cartoons import cartoon
from stylize.settings import SETTING_NAMES
from stylize.settings.painting_settings import PaintingSettings


@pytest.fixture
def folder(tmp_path):
    Image.fromarray(cartoon(1, (64, 48)).picture()).save(tmp_path / "truth.png")
    hints = np.zeros((96, 128, 4), np.uint8)
    hints[10:20, 10:20] = 255, 0, 0, 255
    for name, pixels in {
        "hints": hints,
        "same": np.where(hints[..., 3:] > 0, hints, np.array([9, 9, 9, 0], np.uint8)),  # what is under transparency
        "blue": hints[..., [2, 1, 0, 3]],
        "empty": np.zeros_like(hints),
        "opaque": np.full_like(hints, 255),
        "square": hints[:, :96],
    }.items():
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    for name, count, size in (("faces", 16, (128, 96)), ("few", 15, (128, 96)), ("little", 16, (128, 95))):
        (tmp_path / name).mkdir()
        for number in range(count):
            Image.new("RGB", size, (number, 0, 0)).save(tmp_path / name / f"{number}.png")
    return tmp_path


def plan_of(folder, settings=None, axes=None, **access):
    grid = folder / "grid.yaml"
    named = {"method": "autopainter", "content": "truth.png", "size": 64} | (settings or {})
    named = {name: value for name, value in named.items() if name not in (axes or {})}
    grid.write_text(json.dumps({"settings": named, "axes": axes or {}}))
    inputs = Inputs(Sources(folder, grid=grid, access=Access(offline=True, **access)))
    return make_plan(with_frames(load_grid(grid), inputs), inputs, {}, Selection())


def ids(folder, axes, settings=None):
    return [trial.id for _, trial in plan_of(folder, settings, axes).points]


EFFECTIVE = {
    "sketch": ["xdog", "as-is"],
    "sketch_sigma": [0, 0.8, 1.5],
    "sketch_threshold": [0.4, 0.1],
    "hints": [None, "hints.png", "blue.png"],
    "hint_count": [0, 8, 40],
    "output": ["painted", "sketch"],
    "size": [64, 48],
}


@pytest.mark.parametrize("setting", EFFECTIVE)
def test_what_changes_the_image_changes_the_id(folder, setting):
    found = ids(folder, {setting: EFFECTIVE[setting]})
    assert len(set(found)) == len(found)


TRAINING = {
    "training_pictures": ["cartoons", "faces"],
    "training_steps": [2000, 1000],
    "training_batch": [8, 4],
    "training_rate": [1e-3, 2e-4],
    "training_hints": [0.5, 1.0],
    "training_seed": [0, 1],
    "pixel_weight": [100.0, 10.0],
    "feature_weight": [1.0, 0.0],
    "adversarial_weight": [1.0, 0.0],
    "smoothness_weight": [1e-4, 0.0],
    "adversarial_loss_kind": ["cross-entropy", "hinge"],
}


@pytest.mark.parametrize("setting", TRAINING)
def test_each_setting_of_a_training_is_another_training_and_has_no_effect_without_one(folder, setting):
    axes = {setting: TRAINING[setting]}
    plan = plan_of(folder, {"generator": "train"}, axes)
    assert len(plan.trials) == len(plan.batches) == 2
    assert len({setup.network for setup in plan.setups}) == 2
    assert len(set(ids(folder, axes))) == 1


def test_the_kind_of_an_adversarial_loss_that_there_is_not_has_no_effect(folder):
    axes = {"adversarial_loss_kind": ["cross-entropy", "hinge"]}
    assert len(set(ids(folder, axes, {"generator": "train", "adversarial_weight": 0}))) == 1


def test_all_trials_of_a_training_are_one_batch_whatever_their_size_and_whatever_is_done(folder):
    axes = {"training_seed": [0, 1], "hint_count": list(range(0, 60, 5)), "size": [64, 48]}
    plan = plan_of(folder, {"generator": "train"}, axes)
    assert [len(batch.trials) for batch in plan.batches] == [24, 24]
    one = plan.batches[0]
    assert one.operations == one.trials[0].operations  # not once for each trial
    left = plan.updated(dict.fromkeys([trial.id for trial in one.trials[:20]], "done"))
    assert sorted(len(batch.trials) for batch in left.batches) == [4, 24]
    cut = DeviceBatches()
    for batch in plan.batches:
        cut.add(batch)
    assert [len(cut.cut(80e9, 8).trials) for _ in range(2)] == [24, 24]


def test_a_batch_of_sketches_is_cut_for_a_gpu(folder):
    plan = plan_of(folder, {}, {"hint_count": list(range(20))})
    cut = DeviceBatches()
    for batch in plan.batches:
        cut.add(batch)
    assert len(cut.cut(80e9, 1).trials) == 20


@pytest.mark.parametrize("kind", LossKind)
def test_a_batch_that_trains_is_never_split(folder, kind):
    """Its trials would each train the same again, at the same time."""
    [batch] = plan_of(folder, {"generator": "train"}, {"hint_count": [0, 8]}).batches
    again = after_loss(batch, Loss(kind, "gone"), [])
    assert again.again == (batch,)
    assert after_loss(batch, Loss(kind, "gone"), [LossKind.CRASH] * 2).again == ()


def test_every_setting_of_painting_is_tried_here():
    own = {name for name in SETTING_NAMES if name in PaintingSettings.__annotations__}
    assert own - {"method", "generator", "hint_size"} == {*EFFECTIVE, *TRAINING} - {"size"}


@pytest.mark.parametrize(
    ("axes", "settings"),
    [
        ({"iterations": [10, 20]}, {}),
        ({"architecture": ["vgg16", "alexnet"]}, {}),
        ({"style": [None, "waves"]}, {}),
        ({"ratio": [1e-3, 0, 1]}, {}),
        ({"precision": ["auto", "fp32"]}, {}),
        ({"style_layers": [["conv1_1"], []]}, {}),
        ({"seed": [0, 1]}, {}),  # no hints are drawn
        ({"hint_size": [0, 5]}, {}),
        ({"sketch_sigma": [0, 2]}, {"sketch": "as-is"}),
        ({"hints": ["hints.png", "same.png"]}, {}),
    ],
)
def test_what_has_no_effect_is_not_in_the_id(folder, axes, settings):
    assert len(set(ids(folder, axes, settings))) == 1


def test_seed_and_size_of_hints_count_where_hints_are_drawn(folder):
    assert len(set(ids(folder, {"seed": [0, 1], "hint_size": [0, 5]}, {"hint_count": 8}))) == 4


def test_both_methods_may_be_in_one_grid_and_need_different_pictures(folder):
    """A transfer does not know the settings of painting, and its id is what it was without them."""
    both = {"style": "truth.png", "weights": "random", "iterations": 2}
    plan = plan_of(folder, both, {"method": ["transfer", "autopainter"], "hint_count": [0, 8]})
    transfer, same, plain, hinted = [trial for _, trial in plan.points]
    assert transfer.id == same.id
    assert len({transfer.id, plain.id, hinted.id}) == 3
    assert [batch.paints for batch in sorted(plan.batches, key=lambda batch: batch.paints)] == [False, True, True]
    table = plan.table().to_pydict()
    assert table["architecture"][2:] == ["autopainter"] * 2
    assert table["weights"][2:] == ["embedded"] * 2


def test_a_generator_may_be_a_file_and_counts_by_its_contents(folder):
    (folder / "own.safetensors").write_bytes(b"numbers")
    (folder / "copy.safetensors").write_bytes(b"numbers")
    embedded, own, copy = ids(folder, {"generator": ["embedded", "own.safetensors", "copy.safetensors"]})
    assert own == copy != embedded


REFUSED = {
    "no content": ({"content": None}, "no content picture is given, but method: autopainter colours it"),
    "no truth": ({"sketch": "as-is", "hint_count": 8}, "hint_count takes hints from the true colours"),
    "two kinds of hints": ({"hints": "hints.png", "hint_count": 8}, "hints and hint_count are both given"),
    "another aspect": ({"hints": "square.png"}, "96×96 pixels, and truth.png has 64×48: they need the same aspect"),
    "empty hints": ({"hints": "empty.png"}, "the hints empty.png are empty"),
    "opaque hints": ({"hints": "opaque.png"}, "have no transparency, so every pixel would be a hint"),
    "hints that are not there": ({"hints": "none.png"}, "there is no file 'none.png'"),
    "no generator": ({"generator": "embeded"}, "there is no generator 'embeded': it is embedded, or the path of"),
    "no file": ({"generator": "none.safetensors"}, "there is no weights file 'none.safetensors'"),
    "nothing to learn": (
        {"generator": "train", "pixel_weight": 0, "feature_weight": 0, "adversarial_weight": 0},
        "are all 0: nothing would be learned",
    ),
    "hints not learned": (
        {"generator": "train", "training_hints": 0, "hint_count": 8},
        "training_hints is 0, so the generator does not learn what hints are",
    ),
    "no folder": ({"generator": "train", "training_pictures": "none/"}, "there is no file 'none/'"),
    "a file for a folder": (
        {"generator": "train", "training_pictures": "truth.png"},
        "truth.png is a file, not a folder of pictures",
    ),
    "too few pictures": (
        {"generator": "train", "training_pictures": "few"},
        "has 15 pictures; a training needs 16 to 1,000",
    ),
    "small pictures": (
        {"generator": "train", "training_pictures": "little"},
        "has an edge of 95 pixels; a training needs pictures with at least 96",
    ),
    "too small": ({"size": 20}, "leaves an edge of 15 pixels; the auto-painter needs 16"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_go_together_is_refused_with_its_position(folder, case):
    settings, message = REFUSED[case]
    with pytest.raises(GridError) as caught:
        plan_of(folder, settings)
    assert message in str(caught.value)
    assert case == "no content" or "grid.yaml:1:" in str(caught.value)


def test_a_stranger_names_no_generator_outside_the_grids_folder(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "own.safetensors"
    elsewhere.write_bytes(b"numbers")
    plan_of(folder, {"generator": str(elsewhere)})
    with pytest.raises(GridError, match="--untrusted grids may name no others"):
        plan_of(folder, {"generator": str(elsewhere)}, untrusted=True)


def test_a_folder_of_pictures_counts_by_its_contents_alone(folder):
    def training(name):
        return plan_of(folder, {"generator": "train", "training_pictures": name}).setups[0].network

    first = training("faces")
    renamed = (folder / "faces").rename(folder / "others")
    (renamed / "3.png").rename(renamed / "99.png")
    (renamed / "notes.txt").write_text("no picture")
    assert training("others") == first
    Image.new("RGB", (128, 96), "white").save(renamed / "99.png")
    assert training("others") != first


def test_damaged_pictures_are_named_before_anything_runs(folder):
    settings = {"generator": "train", "training_pictures": "faces"}
    damaged = folder / "faces" / "7.png"
    content = damaged.read_bytes()
    damaged.write_bytes(b"no picture")
    with pytest.raises(GridError, match=r"7\.png is damaged, or no picture"):
        plan_of(folder, settings)
    damaged.write_bytes(content[:60])  # its size can be read, and no more
    plan = plan_of(folder, settings)
    with pytest.raises(GridError, match=r"grid\.yaml:1:\d+: .*7\.png is damaged"):
        load_networks(plan.trials.values(), plan.inputs)


def test_a_stranger_names_no_pictures_outside_the_grids_folder(folder, tmp_path_factory):
    elsewhere = (folder / "faces").rename(tmp_path_factory.mktemp("elsewhere") / "faces")
    settings = {"generator": "train", "training_pictures": str(elsewhere)}
    plan_of(folder, settings)
    with pytest.raises(GridError, match="--untrusted grids may name no other"):
        plan_of(folder, settings, untrusted=True)
    (folder / "faces").mkdir()
    for file in elsewhere.iterdir():
        (folder / "faces" / file.name).symlink_to(file)
    with pytest.raises(GridError, match="is a link out of"):
        plan_of(folder, settings | {"training_pictures": "faces"}, untrusted=True)


def test_frames_of_a_clip_are_painted_each_for_itself(folder):
    clip = folder / "clip"
    clip.mkdir()
    for number in range(3):
        Image.fromarray(cartoon(number, (64, 48)).picture()).save(clip / f"{number}.png")
    plan = plan_of(folder, {"content": "clip/"})
    assert [trial.after for _, trial in plan.points] == [None] * 3
    assert plan.parallel == len(plan.batches)
