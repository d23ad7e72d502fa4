"""Chosen trials again at another size: the grid that is written for them, and the run that comes of it."""

import io
import json
import math
from pathlib import Path

import pytest
from PIL import Image

import results
from downloads import Access
from orchestrator.errors import GridError
from orchestrator.grid.reader import grid_of
from orchestrator.plan.inputs import Inputs, Sources
from orchestrator.plan.trials import make_trials
from orchestrator.render import _balance, _grid_text, _sizes_between, nothing_left
from orchestrator.request import Request
from results import Run
from results.export import export_images
from results.marks import Mark, Marker
from results.run.verify import verify
from stylize.settings import SETTING_NAMES, LayerWeight, PictureShare, TrialSettings


def test_sizes_on_the_way_double():
    assert _sizes_between(160, 2048) == (320, 640, 1280)
    assert _sizes_between(160, 320) == ()
    assert _sizes_between(160, 321) == (320,)
    assert _sizes_between(448, 200) == ()


def test_losses_keep_their_shares_where_an_image_has_more_pixels():
    def balance(**settings):
        return _balance(TrialSettings(content="a", style="b", **settings), growth=2.0)

    assert balance(ratio=1e-3, tv_weight=5.0) == {"ratio": 2.5e-4}
    assert balance(ratio=0, tv_weight=4.0, matting_weight=8.0) == {"tv_weight": 1.0, "matting_weight": 2.0}
    assert balance(ratio=math.inf, tv_weight=5.0) == {}
    assert balance(style_representation="mrf") == {}
    assert balance(ratio=1e-3, laplacian_weight=3.0) == {"ratio": 2.5e-4, "laplacian_weight": 12.0}
    assert balance(ratio=math.inf, laplacian_weight=3.0) == {"laplacian_weight": 12.0}
    assert balance(ratio=0, laplacian_weight=3.0) == {"tv_weight": 0.0, "matting_weight": 0.0}


def test_the_grid_that_is_written_has_the_very_settings_at_its_points():
    common = {"content": "a: 'b'", "style": "swirls", "init": "image", "betas": (0.5, 0.25), "learning_rate": 1e-5}
    layers = (LayerWeight("conv1_1", 0.1), LayerWeight("conv2_1", 1 / 3))
    asked = [
        TrialSettings.model_construct(**common, **one)
        for one in (
            {"ratio": math.inf, "style_layers": layers, "init_image": "trial:/x/ab", "size": (64, 48)},
            {"ratio": 1e-7, "content_layers": (), "init_image": "trial:/x/cd", "pyramid": (16, 32)},
            {"style_blend": (PictureShare("./no", 0.25),), "weights": "random:3", "init_image": "trial:/x/é#"},
        )
    ]
    grid = grid_of(_grid_text("Title: of #1", "From {x}", ["one", "two: 2", "- 3"], asked), Path("grid.yaml"))
    found = [grid.settings_at(point) for point in grid.points()]
    for name in SETTING_NAMES:
        assert [getattr(one, name) for one in found] == [getattr(one, name) for one in asked], name
    assert grid.dimensions[0].names("init_image") == ["one", "two: 2", "- 3"]
    assert (grid.title, grid.columns) == ("Title: of #1", ("init_image",))


@pytest.fixture
def made(small_grid, ray_session, sweep):
    """A run of four trials in a folder beside its grid, two with a star, whose content is a file beside the grid."""
    Image.effect_noise((40, 30), 60).convert("RGB").save(small_grid.parent / "photo.png")
    small_grid.write_text(small_grid.read_text().replace("content: astronaut", "content: ./photo.png"))
    assert (ran := sweep(small_grid)).exit_code == 0, ran.stderr
    trials = results.load("runs/small")
    Marker(Run("runs/small")).add(*(Mark(one, star=True) for one in trials["trial_id"][[0, 3]]))
    return trials


def test_starred_trials_are_a_run_of_their_own_at_another_size(made, small_grid, sweep, monkeypatch, tmp_path):
    done = sweep("render", "small", "--marked", "star", "--size", "100", "--workers", "1")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.endswith("runs/small-100/sheet.png\n")
    rendered = results.load("runs/small-100")
    chosen = made.iloc[[0, 3]]
    assert rendered["width"].tolist() == [100, 100]
    assert [one.rpartition("/")[2] for one in rendered["init_image"]] == chosen["trial_id"].tolist()
    assert rendered["ratio"].tolist() == pytest.approx((chosen["ratio"] * (40 / 100) ** 2).tolist())
    for name in ("style_layers", "iterations", "seed"):
        assert rendered[name].tolist() == chosen[name].tolist()
    assert rendered["pyramid"].tolist() == [(80,), (80,)]
    assert results.image(rendered.iloc[0]).size == (100, 75)
    assert str(Run("runs/small").url) in Run("runs/small-100").metadata()["grid"]["description"]

    again = sweep("render", "small", "--marked", "star", "--size", "100")
    assert "nothing to do: 2 of 2" in again.stderr
    small_grid.unlink()  # the run keeps its grid
    (small_grid.parent / "elsewhere").mkdir()
    monkeypatch.chdir(small_grid.parent / "elsewhere")
    again = sweep("render", tmp_path / "runs" / "small", "--marked", "star", "--size", "100")
    assert "nothing to do: 2 of 2" in again.stderr
    checked = sweep("verify", tmp_path / "runs" / "small-100", "--recompute", "1")
    assert checked.exit_code == 0, checked.stdout + checked.stderr

    more = ["--best", "1", "--by", "total_loss", "--detail", "3", "--style-scale", "keep", "--out", "detail"]
    more += ["--print-file", "tiff-16"]
    refined = sweep("render", tmp_path / "runs" / "small", "--size", "80", *more, "--workers", "1")
    assert refined.exit_code == 0, refined.stderr
    [row] = results.load("detail").to_dict("records")
    assert (row["iterations"], row["pyramid"], row["style_scale"]) == (3, (), 0.5)
    detail = Run("detail")
    with Image.open(io.BytesIO(detail.read(row["print_path"]))) as printed:
        printed.load()
        assert (printed.format, printed.tag_v2[258], printed.size) == ("TIFF", (16, 16, 16), (80, 60))
    assert verify(detail) == (1, [])
    [name] = export_images(results.load("detail"), Run("out"))
    assert Run("out").read(name) == detail.read(row["print_path"])
    assert name.endswith(".tif")
    detail.write(row["print_path"], b"other")
    assert [one.trials for one in verify(detail)[1]] == [(row["trial_id"],)]


def test_bad_usage_is_one_message_and_nothing_is_written(made, sweep, tree, tmp_path):
    before = tree(tmp_path)
    for words, message in (
        (["--size", "80"], "say which trials"),
        (["--size", "80", "--marked", "sky"], "no trial has this tag"),
        (["--size", "80", "--where", "ratio > 9"], "none of these trials has an image"),
        (["--size", "8", "--marked", "star"], "--size"),
        (["--size", "17000", "--marked", "star"], "--size"),
        (["--size", "2000", "--marked", "star", "--style-scale", "keep"], "use grow"),
        (["--size", "80", "--marked", "star", "--out", "runs/small"], "is the run itself"),
    ):
        refused = sweep("render", "small", *words)
        assert refused.exit_code == 2, words
        assert message in refused.stderr
        assert "Traceback" not in refused.stderr
    assert tree(tmp_path) == before
    mine = tmp_path / "runs" / "mine"
    mine.mkdir()
    (mine / "small-80.yaml").write_text("title: my own\n")
    refused = sweep("render", "small", "--size", "80", "--marked", "star", "--out", "runs/mine")
    assert "was not written by `sweep render`" in refused.stderr
    assert (mine / "small-80.yaml").read_text() == "title: my own\n"


def test_the_written_grid_does_not_stay_where_nothing_came_of_it(tmp_path):
    grid = tmp_path / "run-80" / "run-80.yaml"
    grid.parent.mkdir()
    grid.write_text("title: x\n")
    with pytest.raises(GridError), nothing_left(Request(grid=grid, out=str(grid.parent))):
        raise GridError("too small")
    assert list(tmp_path.iterdir()) == []


def test_an_image_may_be_that_of_another_runs_trial(made, small_grid, tmp_path):
    first = made["trial_id"].iloc[0]

    def trial(place, folder=tmp_path, **access):
        grid = (
            small_grid.read_text()
            .replace("./photo.png", "astronaut")
            .replace("size: 40", f"size: 40\n  init: image\n  init_image: {json.dumps(place)}")
        )
        inputs = Inputs(Sources(folder, access=Access(**access)))
        return make_trials(grid_of(grid, folder / "small.yaml"), inputs)[0][1].id

    ids = {trial(f"trial:{run}/{first}") for run in ("small", "runs/small", tmp_path / "runs" / "small")}
    assert len(ids) == 1
    with pytest.raises(GridError, match="there is no run 'nothing'"):
        trial(f"trial:nothing/{first}")
    with pytest.raises(GridError, match=r"has no image in .*runs/small; run it first"):
        trial(f"trial:small/{'ab' * 10}")
    with pytest.raises(GridError, match="--untrusted grids may name none outside"):
        trial(f"trial:../runs/small/{first}", tmp_path / "grids", untrusted=True)
    assert trial(f"trial:runs/small/{first}", untrusted=True) in ids
