"""Clips in a grid: their frames as trials that follow one another, planned and swept."""

import numpy as np
import pytest
from PIL import Image

import results
from orchestrator.errors import GridError
from orchestrator.grid.reader import load_grid
from orchestrator.plan.clips import with_frames
from orchestrator.plan.inputs import Inputs, Sources
from orchestrator.plan.plan import Selection, make_plan
from pictures.flow import optical_flow, reliable, warped

SETTINGS = """\
settings: {style: swirls, size: 40, iterations: 4, history_every: 2, architecture: squeezenet1_1, weights: random,
           content_layers: [fire3], style_layers: [conv1, fire2], %s}
"""


def write_clip(folder, frames):
    """A window that moves over a photograph."""
    from skimage.data import astronaut

    folder.mkdir()
    for number in range(frames):
        Image.fromarray(astronaut()[100:180, 60 + 4 * number : 160 + 4 * number]).save(folder / f"{number}.png")


@pytest.fixture
def plan(tmp_path):
    for name, frames in (("long", 5), ("short", 3)):
        write_clip(tmp_path / name, frames)

    def read(settings="content: long/", rest="", recorded=None, **selection):
        path = tmp_path / "clip.yaml"
        path.write_text(SETTINGS % settings + rest)
        inputs = Inputs(Sources(tmp_path))
        return make_plan(with_frames(load_grid(path), inputs), inputs, recorded or {}, Selection(**selection))

    return read


def chains(plan):
    """For each chain of trials its length."""
    trials = plan.trials
    followed = {trial.after for trial in trials.values()}
    lengths = []
    for trial in trials.values():
        if trial.id not in followed:
            before, length = trial.after, 1
            while before:
                before, length = trials[before].after, length + 1
            lengths.append(length)
    return sorted(lengths)


def test_each_frame_is_a_trial_that_follows_the_one_before(plan):
    found = plan()
    trials = [trial for _, trial in found.points]
    assert [trial.settings.frame for trial in trials] == [0, 1, 2, 3, 4]
    assert [trial.after for trial in trials] == [None, *(trial.id for trial in trials[:-1])]
    assert chains(found) == [5]
    assert found.parallel == 1
    assert all(len(batch.trials) == 1 for batch in found.batches)


def test_clips_and_stills_of_one_grid_have_their_own_lengths(plan):
    found = plan("ratio: 1e-3", "axes: {content: [long/, short/, astronaut], seed: [0, 1]}\n")
    assert chains(found) == [1, 3, 5]  # the seed has no effect
    found = plan("init: noise", "axes: {content: [long/, short/, astronaut], seed: [0, 1]}\n")
    assert chains(found) == [1, 1, 3, 3, 5, 5]
    assert found.parallel == 6
    for batch in found.batches:
        assert len({trial.settings.frame for trial in batch.trials}) == 1


def test_settings_share_a_batch_frame_by_frame(plan):
    found = plan(rest="axes: {ratio: {logspace: [1e-4, 1e-1, 16]}}\n")
    assert {batch.width for batch in found.batches} == {2}
    assert chains(found) == [5] * 16
    assert found.parallel == 8


def test_frames_on_their_own_follow_none_unless_the_loss_asks_for_it(plan):
    assert chains(plan("content: long/, frame_start: own")) == [1] * 5
    assert chains(plan("content: long/, frame_start: own, temporal_weight: 1")) == [5]
    assert chains(plan("content: long/, clip_frames: 3")) == [3]
    assert chains(plan("content: long/, frame: 2")) == [1]
    assert chains(plan(rest="axes: {frame: [0, 4]}\n")) == [1, 1]


def test_what_counts_for_a_frame(plan):
    def ids(settings):
        return [trial.id for _, trial in plan(settings).points]

    start, longer, own = (
        ids(one)
        for one in ("content: short/", "content: short/, temporal_weight: 1", "content: short/, frame_start: own")
    )
    assert start[0] == longer[0] == own[0]
    assert len({*start, *longer, *own}) == 7
    assert ids("content: short/, clip_frames: 2") == start[:2]
    assert ids("content: short/, frame: 1") == [own[1]]  # a still
    # What comes before counts: another first frame gives others throughout.
    assert not set(ids("content: short/, ratio: 1")) & set(start)


def test_a_selected_frame_brings_those_before_it(plan):
    found = plan("content: long/", only={0: frozenset({3})})
    assert found.count("to run") == 4
    assert found.count("not selected") == 1


@pytest.mark.parametrize(
    ("settings", "rest", "message"),
    [
        ("content: astronaut", "sheet: {rows: frame}\n", "no content is a clip"),
        ("content: astronaut, frame: 1", "", "a still picture"),
        ("content: long/, frame: 7", "", "but its frames are 0 to 4"),
        ("content: astronaut, temporal_weight: 1", "", "temporal_weight is for clips"),
        ("content: none/", "", "there is no file 'none/'"),
    ],
)
def test_mistakes_have_messages(plan, settings, rest, message):
    with pytest.raises(GridError, match=message):
        plan(settings, rest)


GRID = (
    SETTINGS % "content: clip/" + "axes: {temporal_weight: [0, 1e7]}\nsheet: {rows: temporal_weight, columns: frame}\n"
)
TELLING = ["trial_id", "frame", "status", "pixels_sha256", "total_loss"]


@pytest.fixture
def swept(ray_session, sweep, tmp_path, monkeypatch):
    """The run of a clip of four frames with two settings, in two parts: it was stopped in its middle."""
    monkeypatch.chdir(tmp_path)
    write_clip(tmp_path / "clip", 4)
    grid = tmp_path / "film.yaml"
    grid.write_text(GRID)
    part = sweep(grid, "--limit", "3")
    assert part.exit_code == 0, part.stderr
    assert len(results.load("runs/film")) == 4  # frame 0 is one trial for both settings
    whole = sweep(grid)
    assert whole.exit_code == 0, whole.stderr
    return grid


def test_a_clip_is_swept_in_order_resumes_and_is_computed_again(swept, sweep, tmp_path):
    trials = results.load("runs/film")
    assert len(trials) == 8
    assert (trials["status"] == "done").all()
    undisturbed = sweep(swept, "--out", "again")
    assert undisturbed.exit_code == 0, undisturbed.stderr
    assert results.load("again")[TELLING].equals(trials[TELLING])
    for _, film in trials.groupby("temporal_weight"):
        images = [np.asarray(results.image(row)) for _, row in film.sort_values("frame").iterrows()]
        frames = [np.asarray(Image.open(tmp_path / f"clip/{number}.png").resize((40, 32), 1)) for number in range(4)]
        for number, loss in enumerate(film.sort_values("frame")["temporal_loss"]):
            if number == 0:
                assert np.isnan(loss)
                continue
            back, forth = (optical_flow(frames[at], frames[2 * number - 1 - at]) for at in (number, number - 1))
            moved, known = warped(images[number - 1], back), reliable(back, forth)
            exact = (known[..., None] * (images[number] - moved.astype(float)) ** 2).mean()
            assert loss == pytest.approx(exact, rel=0.1, abs=1)  # before it was clipped and rounded
    flicker = trials.groupby("temporal_weight")["temporal_loss"].mean()
    assert flicker[1e7] < flicker[0]
    verified = sweep("verify", "runs/film", "--recompute", "3")
    assert verified.exit_code == 0, verified.stdout
    assert verified.stdout.count("identical") == 3


def test_a_frame_that_fails_fails_those_that_follow(ray_session, sweep, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_clip(tmp_path / "clip", 3)
    grid = tmp_path / "film.yaml"
    grid.write_text(SETTINGS % "content: clip/" + "axes: {learning_rate: [1, 1e38]}\n")
    assert sweep(grid).exit_code == 1
    trials = results.load("runs/film").set_index(["learning_rate", "frame"])
    assert list(trials.loc[1]["status"]) == ["done"] * 3
    assert list(trials.loc[1e38]["status"]) == ["failed"] * 3
    assert "not finite" in trials.loc[(1e38, 0), "error"]
    for number in (1, 2):
        before = trials.loc[(1e38, number - 1), "trial_id"]
        assert trials.loc[(1e38, number), "error"] == f"trial {before}, the frame before, failed"
