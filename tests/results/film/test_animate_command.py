"""`sweep animate`, on runs made without a sweep: what it prints, writes and refuses."""

import av
import pytest
from PIL import Image

import results
from results import Run

RED, GREEN, BLUE = (200, 0, 0), (0, 200, 0), (0, 0, 200)


@pytest.fixture
def run(made_run):
    """Two trials with snapshots."""
    made = made_run().add(1, BLUE, kept={0: RED, 10: GREEN}, steps=20, ratio=1e-4, size=(160, 120))
    made.add(2, BLUE, kept={0: RED}, steps=5, ratio=1e-3, size=(160, 120))
    return made.write(axes=[["ratio"]])


def frames_in(path):
    with av.open(str(path)) as film:
        return sum(1 for _ in film.decode(video=0))


def test_the_sheets_film_goes_into_the_run(run, sweep):
    for arguments in ([], ["--sheet"]):
        done = sweep("animate", run.location, *arguments, "--fps", "5")
        assert done.exit_code == 0, done.stderr
        assert done.stdout == f"{run.full_path('films/sheet.mp4')}\n"
        assert "4 frames" in done.stderr
        assert frames_in(done.stdout.strip()) == 4 + 5  # the last one stays for a second


def test_a_trials_film_by_the_beginning_of_its_id(run, sweep, tmp_path):
    trial = next(path.split("/")[2] for path in run.names("frames/**"))
    done = sweep("animate", run.location, "--trial", trial[:6].upper())
    assert done.exit_code == 0, done.stderr
    assert done.stdout == f"{run.full_path(Run.film_path(trial))}\n"
    out = tmp_path / "one.webp"
    assert sweep("animate", run.location, "--trial", trial, "--out", out, "--width", "300").exit_code == 0
    with Image.open(out) as film:
        assert film.width <= 300
        assert film.n_frames in (2, 3)


def test_part_of_a_sheet_with_axes_of_ones_own(run, sweep, tmp_path):
    out = tmp_path / "part.gif"
    done = sweep("animate", run.location, "--where", "ratio < 5e-4", "--rows", "ratio", "--out", out)
    assert done.exit_code == 0, done.stderr
    assert "3 frames" in done.stderr


def test_trials_without_snapshots_stand_still_and_are_counted(made_run, sweep):
    made = made_run().add(1, BLUE, kept={0: RED}, ratio=1e-4).add(2, BLUE, ratio=1e-3)
    run = made.write(axes=[["ratio"]])
    done = sweep("animate", run.location)
    assert done.exit_code == 0
    assert "1 of 2 trials were done without frames_every: they do not move" in done.stderr


def test_a_run_without_snapshots_says_what_to_do(made_run, sweep):
    """The command that is advised is tried in tests/orchestrator/cluster/test_snapshot_writer.py."""
    run = made_run().add(1, BLUE).add(2, ratio=1e-2).write(axes=[["ratio"]])
    done, to_run = results.load(run.location, missing=True)["trial_id"]
    for arguments in ([], ["--trial", done]):
        refused = sweep("animate", run.location, *arguments)
        assert refused.exit_code == 2
        assert "no snapshots: these are kept while a trial runs" in refused.stderr
        assert "--set frames_every=10 and another --out" in refused.stderr
    early = sweep("animate", run.location, "--trial", to_run)
    assert early.exit_code == 2
    assert f"trial {to_run} was not run yet" in early.stderr
    assert not run.exists("films")


HOSTILE = [
    (["--trial", "zz"], "no trial's id begins with 'zz'"),
    (["--trial", ""], "2 trials' ids begin with ''"),
    (["--trial", "../../etc"], "no trial's id begins with"),
    (["--trial", "ab", "--sheet"], "--trial films one trial"),
    (["--trial", "ab", "--where", "ratio < 1"], "--trial films one trial"),
    (["--out", "{}/film.avi"], "a film is a .mp4, .webp or .gif"),
    (["--out", "{}/film"], "a film is a .mp4, .webp or .gif"),
    (["--out", "{}/film.gif", "--fps", "80"], "at most 50 frames per second"),
    (["--out", "{}/film.mp4", "--fps", "nan"], "--fps"),
    (["--out", "{}/film.mp4", "--fps", "0"], "--fps"),
    (["--out", "{}/film.mp4", "--width", "10"], "--width"),
    (["--out", "{}/film.mp4", "--rows", "nothing"], "there is no column 'nothing'"),
    (["--out", "{}/film.mp4", "--where", "nothing < 1"], "--where"),
    (["--out", "{}/film.mp4", "--where", "ratio > 1"], "no trial"),
]


@pytest.mark.parametrize(("arguments", "message"), HOSTILE)
def test_bad_usage_is_one_message_and_writes_nothing(run, sweep, tmp_path, tree, arguments, message):
    before = tree(tmp_path)
    refused = sweep("animate", run.location, *(argument.format(tmp_path) for argument in arguments))
    assert refused.exit_code == 2, refused.stderr
    assert message in refused.stderr
    assert "Traceback" not in refused.stderr
    assert tree(tmp_path) == before


def test_a_missing_frame_and_a_folder_that_is_no_run_are_named(run, sweep, tmp_path):
    [path, *_] = run.names("frames/**")
    run.remove([path])
    damaged = sweep("animate", run.location)
    assert damaged.exit_code == 2
    assert f"has no {path}" in damaged.stderr
    assert not run.exists("films")
    nowhere = sweep("animate", tmp_path / "nowhere")
    assert nowhere.exit_code == 2
    assert "is not a run" in nowhere.stderr
