"""The main job, end to end through the command line and Ray: from a grid to rows, images and a sheet."""

import hashlib
import json
import shutil

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import results
from orchestrator.cluster import work
from orchestrator.command.main import app

pytestmark = pytest.mark.usefixtures("ray_session")


@pytest.fixture(scope="module")
def first_sweep(ray_session, small_grid_text, tmp_path_factory):
    """The small grid after a first sweep: its folder, and what the command said."""
    folder = tmp_path_factory.mktemp("first")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        (folder / "small.yaml").write_text(small_grid_text)
        done = CliRunner().invoke(app, ["small.yaml"], prog_name="sweep")
    assert done.exit_code == 0, done.stderr
    return folder, done


@pytest.fixture
def ran(first_sweep, small_grid):
    """A copy of the first sweep in the working directory: runs can be moved."""
    folder, done = first_sweep
    shutil.copytree(folder / "runs", "runs")
    return done


def test_a_sweep_leaves_a_row_and_an_image_for_each_trial_and_a_sheet(ran, first_sweep):
    trials = results.load("runs/small")
    assert trials["status"].tolist() == ["done"] * 4
    assert trials[["style_layers_label", "ratio"]].values.tolist() == [
        ["shallow", 1e-3],
        ["shallow", 1e-2],
        ["deep", 1e-3],
        ["deep", 1e-2],
    ]
    for _, row in trials.iterrows():
        pixels = np.asarray(results.image(row))
        assert pixels.shape == (40, 40, 3)
        assert hashlib.sha256(pixels.tobytes()).hexdigest() == row["pixels_sha256"]
        assert row["total_loss"] == pytest.approx(row["content_loss"] + row["style_loss"] / row["ratio"], rel=1e-5)
        layers = [row[f"style_loss_{layer}"] for layer in row["style_layers"]]
        assert row["style_loss"] == pytest.approx(sum(layers) / len(layers), rel=1e-5)
    assert ran.stdout == f"{first_sweep[0] / 'runs' / 'small' / 'sheet.png'}\n"
    with Image.open("runs/small/sheet.png") as sheet:
        assert sheet.width > 150
    assert f"gallery: {first_sweep[0] / 'runs/small/gallery/index.html'}" in ran.stderr
    assert len(list(first_sweep[0].glob("runs/small/gallery/thumbnails/*/*.webp"))) == 4


def test_a_gallery_that_cannot_be_written_is_a_note(ran, sweep, small_grid, monkeypatch):
    def refuse(*_, **__):
        raise results.RunError("the disk is full")

    monkeypatch.setattr("results.gallery.write.write_gallery", refuse)
    again = sweep(small_grid, "--set", "iterations=2", "--out", small_grid.parent / "other")
    assert again.exit_code == 0
    assert "no gallery was written: the disk is full" in again.stderr


def test_results_go_to_stdout_and_the_rest_to_stderr(ran):
    assert len(ran.stdout.splitlines()) == 1
    assert "4 trials in 4 batches" in ran.stderr
    assert "4 trials done" in ran.stderr


def test_curves_have_every_sampled_step(ran):
    curves = results.curves("runs/small")
    assert curves.groupby("trial_id", sort=False)["step"].apply(list).tolist() == [[0, 2, 4]] * 4
    last = curves[curves["step"] == 4]["total_loss"].tolist()
    assert last == pytest.approx(results.load("runs/small")["total_loss"].tolist())


def test_a_png_carries_its_settings(ran):
    row = results.load("runs/small").iloc[3]
    with Image.open(f"runs/small/{row['image_path']}") as image:
        text = json.loads(image.text["sweep"])
    assert text["trial_id"] == row["trial_id"]
    assert text["style_layers"] == ["conv1", "fire2"]
    assert text["ratio"] == 1e-2


def test_a_second_run_does_nothing_but_say_so(ran, sweep, small_grid, tree, monkeypatch):
    monkeypatch.setattr(work, "session", lambda *arguments: pytest.fail("Ray must not start"))
    before = tree("runs")
    again = sweep(small_grid)
    assert again.exit_code == 0
    assert "nothing to do: 4 of 4 trials are done already" in again.stderr
    assert tree("runs") == before


def test_a_grid_with_one_value_more_runs_only_that(ran, sweep, small_grid):
    before = results.load("runs/small").set_index("trial_id")["pixels_sha256"]
    small_grid.write_text(small_grid.read_text().replace("[1e-3, 1e-2]", "[1e-3, 1e-2, 1e-1]"))
    more = sweep(small_grid)
    assert more.exit_code == 0
    assert "2 trials done" in more.stderr
    trials = results.load("runs/small")
    assert len(trials) == 6
    kept = trials.set_index("trial_id")["pixels_sha256"].loc[before.index]
    assert kept.equals(before)


def test_a_changed_setting_never_shows_an_old_image(ran, sweep, small_grid):
    before = set(results.load("runs/small")["pixels_sha256"])
    changed = sweep(small_grid, "--set", "learning_rate=1.5")
    assert changed.exit_code == 0
    assert "4 trials done" in changed.stderr
    assert not before & set(results.load("runs/small")["pixels_sha256"])
    back = sweep(small_grid)
    assert "no trial to compute: 4 of 4" in back.stderr  # the first images are still there
    assert set(results.load("runs/small")["pixels_sha256"]) == before


def test_a_new_title_only_draws_the_sheet_again(ran, sweep, small_grid):
    rows = list(small_grid.parent.glob("runs/small/trials/*"))
    sheet = (small_grid.parent / "runs/small/sheet.png").read_bytes()
    small_grid.write_text(small_grid.read_text().replace("title: Small", "title: Another title"))
    assert sweep(small_grid).exit_code == 0
    assert list(small_grid.parent.glob("runs/small/trials/*")) == rows
    assert (small_grid.parent / "runs/small/sheet.png").read_bytes() != sheet


def test_only_and_limit_run_a_part_and_the_parts_equal_a_run_of_all(ran, sweep, small_grid):
    for arguments, done in (
        (["--only", "style_layers=deep", "--limit", "1"], [2]),
        (["--only", "ratio=1e-3"], [0, 2]),
        ([], [0, 1, 2, 3]),
    ):
        part = sweep(small_grid, "--out", "parts", *arguments)
        assert part.exit_code == 0, part.stderr
        states = results.load("parts", missing=True)["status"].tolist()
        assert states == ["done" if place in done else "missing" for place in range(4)]
    columns = ["trial_id", "pixels_sha256", "total_loss", "batch_width"]
    assert results.load("parts")[columns].equals(results.load("runs/small")[columns])


def test_an_axis_of_iterations_is_one_optimisation_and_exact_work_is_fp32_and_alone(sweep, small_grid):
    grid = small_grid.read_text().replace("  iterations: 4\n", "").replace("ratio: [1e-3, 1e-2]", "iterations: [2, 4]")
    small_grid.write_text(grid.replace("columns: ratio", "columns: iterations"))
    ran = sweep(small_grid, "--exact")
    assert ran.exit_code == 0, ran.stderr
    assert "4 trials in 2 batches" in ran.stderr
    trials = results.load("runs/small")
    assert trials["steps"].tolist() == trials["iterations"].tolist() == [2, 4, 2, 4]
    assert set(trials["arithmetic"]) == {"fp32"}
    assert set(trials["batch_width"]) == {1}
    assert trials["pixels_sha256"].nunique() == 4
    curves = results.curves("runs/small").groupby("trial_id", sort=False)
    assert curves["step"].apply(list).tolist() == [[0, 2], [0, 2, 4]] * 2
    losses = curves["total_loss"].apply(list).tolist()
    for shorter, longer in (losses[:2], losses[2:]):
        assert shorter == pytest.approx(longer[:2], rel=1e-5)


FAILING = "iterations: 3\n  learning_rate: 1e30\n  history_every: 1"


def test_a_trial_that_diverges_is_a_failed_row_with_its_last_good_image_and_runs_again_only_where_asked(
    sweep, small_grid
):
    small_grid.write_text(small_grid.read_text().replace("iterations: 4\n  history_every: 2", FAILING))
    failed = sweep(small_grid, "--limit", "2")
    assert failed.exit_code == 1
    assert "2 failed" in failed.stderr
    trials = results.load("runs/small")
    assert trials["status"].tolist() == ["failed", "failed"]
    assert trials["error"].str.contains("not finite at step 1").all()
    assert np.asarray(results.image(trials.iloc[0])).std() > 20  # the content picture
    assert "not finite at step 1" in sweep("status", "runs/small").stdout

    shards = len(list(small_grid.parent.glob("runs/small/trials/*")))
    assert sweep(small_grid, "--limit", "2").exit_code == 1
    assert len(list(small_grid.parent.glob("runs/small/trials/*"))) == shards
    assert sweep(small_grid, "--limit", "1", "--retry-failed").exit_code == 1
    assert len(list(small_grid.parent.glob("runs/small/trials/*"))) == shards + 1
    assert len(results.load("runs/small")) == 2


def test_fail_fast_submits_nothing_after_the_first_failure(sweep, small_grid):
    grid = small_grid.read_text().replace("iterations: 4\n  history_every: 2", FAILING)
    small_grid.write_text(grid.replace("[1e-3, 1e-2]", "{logspace: [1e-4, 1e3, 8]}"))
    stopped = sweep(small_grid, "--fail-fast", "--workers", "1")
    assert stopped.exit_code == 1
    assert 0 < len(results.load("runs/small")) < 16


def test_stand_ins_are_named_in_every_row_the_plan_and_the_messages(sweep, small_grid):
    grid = small_grid.read_text().replace("weights: random\n", "weights: torchvision\n")
    small_grid.write_text(grid.replace("content: astronaut", "content: neckarfront"))
    arguments = [small_grid, "--offline", "--limit", "1", "--set", "iterations=1"]
    planned = json.loads(sweep("plan", *arguments, "--json").stdout)
    assert planned["pictures"]["neckarfront"]["stand_in"] == "astronaut"
    assert planned["weights"]["squeezenet1_1 torchvision"]["stand_in"] == "random weights"
    ran = sweep(*arguments)
    assert ran.exit_code == 0, ran.stderr
    expected = "astronaut for neckarfront; random weights for squeezenet1_1 torchvision"
    row = results.load("runs/small").iloc[0]
    assert row["stand_ins"] == expected
    assert (row["content"], row["weights"]) == ("neckarfront", "torchvision")  # as the grid wrote them
    for part in expected.split("; "):
        assert f"stand-in: {part}" in ran.stderr


def test_a_users_own_weights_and_pictures_work(sweep, small_grid, tmp_path):
    """A safetensors file and a .pth of the same numbers are the same network, and give the same pixels."""
    import torch
    from safetensors.torch import save_file

    from stylize import ARCHITECTURES
    from weights.he_normal import he_normal

    parameters = he_normal(ARCHITECTURES["squeezenet1_1"].parameter_shapes(), seed=0)
    save_file(parameters, tmp_path / "mine.safetensors", {"preprocessing": "vgg-original"})
    torch.save(parameters, tmp_path / "mine.pth")
    Image.new("RGB", (60, 50), "teal").save(tmp_path / "photo.png")
    (tmp_path / "folder").mkdir()
    Image.effect_noise((64, 64), 80).save(tmp_path / "folder" / "own style.jpg")
    grid = small_grid.read_text().replace("content: astronaut", "content: ./photo.png")
    grid = grid.replace("style: swirls", "style: own style").replace("  weights: random\n", "")
    grid = grid.replace("axes:", "axes:\n  weights: [mine.safetensors, random, mine.pth]")
    small_grid.write_text(grid)
    assert (ran := sweep(small_grid, "--pictures", "folder")).exit_code == 0, ran.stderr
    trials = results.load("runs/small")
    by_weights = trials.groupby("weights")["pixels_sha256"].apply(list)
    # Another preprocessing is another network: a .pth cannot say that it was made for the original one.
    assert by_weights["mine.safetensors"] == by_weights["random"]
    assert not set(by_weights["mine.pth"]) & set(by_weights["random"])
    assert trials["weights_sha256"].nunique() == 3
    assert dict(zip(trials["weights"], trials["preprocessing"], strict=True)) == {
        "mine.safetensors": "vgg-original",
        "random": "vgg-original",
        "mine.pth": "torchvision",
    }
    named = ("--set", "weights=mine.pth", "--set", "preprocessing=vgg-original", "--out", "runs/named")
    assert sweep(small_grid, "--pictures", "folder", *named).exit_code == 0
    assert results.load("runs/named")["pixels_sha256"].tolist() == by_weights["random"]
