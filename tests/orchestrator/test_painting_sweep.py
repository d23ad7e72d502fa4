"""Sketches in a sweep, from a grid to rows, images, sheet and gallery, beside a style transfer."""

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import results
from orchestrator.command.main import app
from orchestrator.sweep import prepare
from pictures.cartoons import cartoon

GRID = """
settings: {content: truth.png, style: truth.png, size: 48, iterations: 2, weights: random, architecture: vgg16-slim}
axes:
  method: [transfer, autopainter]
  hint_count: [0, 8]
  output: [sketch, painted]
"""

FLAT = """
settings: {method: autopainter, size: 48}
axes: {content: [flat.png, truth.png], sketch: [xdog, as-is]}
zip: [[content, sketch]]
"""


TRAINED = """
settings: {method: autopainter, content: truth.png, size: 48, generator: train, training_steps: 20, training_batch: 2}
axes: {hint_count: [0, 4], adversarial_weight: [0, 1], training_pictures: [faces, cartoons]}
zip: [[adversarial_weight, training_pictures]]
"""


@pytest.fixture(scope="module")
def swept(ray_session, tmp_path_factory):
    """The folder of a sweep with both methods, and what the command said."""
    folder = tmp_path_factory.mktemp("painting")
    Image.fromarray(cartoon(1, (64, 48)).picture()).save(folder / "truth.png")
    Image.new("RGB", (64, 48), "teal").save(folder / "flat.png")
    (folder / "faces").mkdir()
    for number in range(16):
        Image.fromarray(cartoon(number, (96, 96)).picture()).save(folder / "faces" / f"{number}.png")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        done = []
        for name, text in (("both", GRID), ("flat", FLAT), ("trained", TRAINED)):
            (folder / f"{name}.yaml").write_text(text)
            done.append(CliRunner().invoke(app, [f"{name}.yaml", "--workers", "1", "--offline"]))
    return folder, done


def test_sketches_and_transfers_are_rows_of_one_table(swept):
    folder, (done, *_) = swept
    assert done.exit_code == 0, done.stderr
    trials = results.load(folder / "runs/both")
    assert len(trials) == 8
    assert (trials["status"] == "done").all()
    assert trials["trial_id"].nunique() == 5
    transfers, painted = (trials[trials["method"] == method] for method in ("transfer", "autopainter"))
    assert transfers["total_loss"].notna().all()
    assert transfers[["pixel_error", "hint_error", "ink_share"]].isna().all(axis=None)
    assert painted["total_loss"].isna().all()
    assert painted[["pixel_error", "structural_similarity", "colour_distance_to_content"]].notna().all(axis=None)
    assert (painted["architecture"] == "autopainter").all()
    assert (painted["hint_error"].notna() == (painted["hint_count"] == 8)).all()
    assert (folder / "runs/both/sheet.png").is_file()
    assert (folder / "runs/both/gallery/index.html").is_file()
    assert "had to run in parts" not in done.stderr


def test_images_are_what_painting_alone_makes(swept):
    from autopaint.export import generator_of, parameter_shapes
    from autopaint.painting import given, paint
    from pictures import resize
    from stylize.settings import TrialSettings
    from weights import find_generator
    from weights.load import load

    folder, _ = swept
    trials = results.load(folder / "runs/both")
    content = np.asarray(resize(Image.open(folder / "truth.png"), 48))
    generator = generator_of(load(find_generator("embedded", base=folder).file, parameter_shapes()))
    for row in trials[trials["method"] == "autopainter"].to_dict("records"):
        settings = TrialSettings(method="autopainter", content="x", hint_count=row["hint_count"], output=row["output"])
        expected = paint(generator, given(content, None, settings), settings)
        assert (np.asarray(Image.open(folder / "runs/both" / row["image_path"])) == expected.pixels).all()
        assert row["pixel_error"] == expected.measured["pixel_error"]


def test_a_content_without_lines_fails_alone_and_says_what_to_change(swept):
    folder, (_, flat, _) = swept
    assert flat.exit_code == 1
    trials = results.load(folder / "runs/flat")
    assert trials["status"].tolist() == ["failed", "done"]
    assert "no line was found with sketch_threshold 0.4; try a larger sketch_threshold" in trials["error"][0]
    assert "the content has colours" in trials["painting_note"][1]


def test_a_report_explains_the_auto_painter_and_not_the_losses_of_transfers(swept):
    from results.report.methods import methods_of

    folder, _ = swept
    both = results.load(folder / "runs/both")
    keys = {key for method in methods_of(both) for key in method.sources}
    assert {"liu2017", "winnemoeller2012", "gatys2015"} <= keys
    painted = both[both["method"] == "autopainter"]
    assert "gatys2015" not in {key for method in methods_of(painted) for key in method.sources}


def test_trials_with_the_same_training_share_it_and_have_its_losses_and_curves(swept):
    folder, (*_, done) = swept
    assert done.exit_code == 0, done.stderr
    trials = results.load(folder / "runs/trained")
    assert len(list((folder / "runs/trained/generators").glob("*.safetensors"))) == 2
    assert not list((folder / "runs/trained/generators").glob("*.checkpoint"))
    for weight, of in trials.groupby("adversarial_weight"):
        assert of["generator_sha256"].nunique() == of["pixel_loss"].nunique() == of["training_seconds"].nunique() == 1
        assert of["discriminator_loss"].notna().all() == (weight == 1)
    assert trials["generator_sha256"].nunique() == 2
    assert trials["pixels_sha256"].nunique() == 4
    assert (trials["steps"] == 20).all()
    curves = results.curves(folder / "runs/trained")
    assert curves.groupby("trial_id")["step"].agg(list).map(tuple).unique().tolist() == [(10, 20)]
    assert curves["pixel_loss"].notna().all()
    assert curves["total_loss"].isna().all()


def test_curves_of_transfers_have_no_columns_of_trainings(swept):
    folder, _ = swept
    alone = results.curves(folder / "runs/both")
    assert "pixel_loss" not in alone
    together = results.curves(str(folder / "runs/*"))
    assert together["total_loss"].notna().sum() == len(alone)
    assert together["pixel_loss"].notna().sum() == 8


def test_coloured_sketches_are_rendered_larger_by_the_same_generator(swept, tmp_path):
    from orchestrator.render import Rendering, render_request

    folder, _ = swept
    for name in ("both", "trained"):
        run = results.Run(folder / "runs" / name)
        trials = results.load(run.location)
        painted = trials[trials["method"] == "autopainter"]
        asked = render_request(run, painted, Rendering(size=80), str(tmp_path / name), None)
        plan, _ = prepare(asked, fetch=False)
        assert {(setup.width, setup.height) for setup in plan.setups} == {(80, 60)}
        assert all(setup.paints and not setup.trains for setup in plan.setups)
        assert len(plan.trials) == painted["trial_id"].nunique()


def test_one_picture_is_a_transfer(swept, monkeypatch):
    import style_sweep
    from orchestrator.errors import UsageError

    folder, _ = swept
    monkeypatch.chdir(folder)
    with pytest.raises(UsageError, match="method: autopainter colours sketches in a Sweep"):
        style_sweep.transfer("truth.png", "truth.png", method="autopainter", size=48)
