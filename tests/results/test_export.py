"""Images of chosen trials in a folder, under names from a pattern; and one file to send to somebody."""

import uuid

import pytest

import results
from results import ExportError, Run
from results.export import export_images, image_names
from results.file_name import LONGEST, file_name
from tests.results.conftest import png, trial_id


@pytest.fixture
def run(made_run):
    made = made_run()
    made.add(1, "red", ratio=1e-4, labels={"style": "wild / strokes"})
    made.add(2, "green", ratio=1e-3, labels={"style": "Wild: strokes"})
    made.add(3, "blue", ratio=1e-2, style="../../etc/passwd", labels={"style": None})
    made.add(4, status="failed", ratio=1e-1, error="no").add(5, ratio=1.0)
    return made.write(axes=[["style"], ["ratio"]])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("../../etc/passwd", "etc-passwd"),
        ("..", ""),
        ("/", ""),
        ("a\\b\x00c\x1b[31m", "a-b-c-31m"),
        ("α/β 10⁻³", "α-β-10-3"),
        ("Straße_1.5", "Straße_1.5"),
        (".hidden", "hidden"),
        ("x" * 999, "x" * LONGEST),
    ],
)
def test_a_name_is_one_part_of_a_path(text, name):
    assert file_name(text) == name


def test_images_are_copied_under_the_names_that_they_are_known_by(run, tmp_path):
    names = export_images(results.load(run.location, missing=True), Run(tmp_path / "best"))
    assert names == ["cat-wild-strokes-0.0001.png", "cat-Wild-strokes-0.001.png", "cat-passwd-0.01.png"]
    assert sorted(path.name for path in (tmp_path / "best").iterdir()) == sorted(names)
    assert (tmp_path / "best" / names[0]).read_bytes() == png("red")


def test_names_that_would_be_the_same_are_numbered_whatever_their_capitals(run):
    trials = results.load(run.location)[:3]
    assert image_names(trials, "{style}") == ["wild-strokes.png", "Wild-strokes-2.png", "passwd.png"]
    assert image_names(trials, "{content}/{iterations:04d}") == ["cat-0100.png", "cat-0100-2.png", "cat-0100-3.png"]
    assert image_names(trials, "{number}-{total_loss:.1f}") == ["1-12.0.png", "2-22.0.png", "3-32.0.png"]
    assert image_names(trials, "..") == [f"{one}.png" for one in trials["trial_id"]]


def test_a_trial_at_two_points_is_copied_once(made_run, tmp_path):
    run = made_run().add(1, "red", ratio=1e-3).add(1, "red", ratio=1e-2).write(axes=[["ratio"]])
    assert len(export_images(results.load(run.location), Run(tmp_path / "to"))) == 1


def test_the_same_again_is_fine_and_another_image_is_kept(run, tmp_path):
    trials, folder = results.load(run.location), Run(tmp_path / "to")
    assert export_images(trials, folder) == export_images(trials, folder)
    (tmp_path / "to" / "cat-passwd-0.01.png").write_bytes(b"mine")
    (tmp_path / "to" / "cat-wild-strokes-0.0001.png").unlink()
    with pytest.raises(ExportError, match=r"cat-passwd-0\.01\.png is there already and is another image"):
        export_images(trials, folder)
    assert not (tmp_path / "to" / "cat-wild-strokes-0.0001.png").exists()  # nothing was written


def test_the_command_exports_to_a_folder_and_to_object_stores(run, sweep, tmp_path):
    done = sweep("export", run.location, "--best", "2", "--by", "total_loss", "--to", tmp_path / "to")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines() == [
        str(tmp_path / "to" / name) for name in ("cat-wild-strokes-0.0001.png", "cat-Wild-strokes-0.001.png")
    ]
    store = Run(f"memory://{uuid.uuid4().hex}")
    assert sweep("export", run.location, "--name", "{trial_id}", "--to", store.location).exit_code == 0
    assert store.names("*.png") == sorted(f"{trial_id(number)}.png" for number in (1, 2, 3))


def test_one_html_file_has_the_chosen_trials_and_no_other(run, sweep, tmp_path, tree):
    before = tree(run.full_path(""))
    page = tmp_path / "two.html"
    done = sweep("export", run.location, "--best", "2", "--by", "total_loss", "--to", page)
    assert done.exit_code == 0, done.stderr
    assert done.stdout == f"{page}\n"
    assert "2 trials" in done.stderr
    text = page.read_text()
    assert "passwd" not in text
    assert text.count("data:image/png") == 2  # the content and the one style of the chosen trials
    assert {name for name in tree(run.full_path("")) if "thumbnails" not in name} == set(before)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--where", "status == 'failed'", "--to", "{}/to"], "none of these trials has an image"),
        (["--name", "{stylee}", "--to", "{}/to"], "--name: there is no column 'stylee'; did you mean style"),
        (["--name", "{", "--to", "{}/to"], "a brace itself is written twice"),
        (["--name", "{style}", "--to", "{}/a.html"], "--name is for images in a folder"),
        (["--where", "ratio > 99", "--to", "{}/a.html"], "no trial"),
        (["--to", "{}/no/folder/a.html"], "cannot write"),
    ],
)
def test_bad_usage_is_one_message_and_writes_nothing(run, sweep, tmp_path, words, message):
    done = sweep("export", run.location, *(word.replace("{}", str(tmp_path)) for word in words))
    assert done.exit_code == 2, done.stdout
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ['a folder\'s "name"']
