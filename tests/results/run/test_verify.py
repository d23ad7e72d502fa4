"""What `verify` finds: each kind of damage by its path, and nothing where there is none."""

import hashlib
import io

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from results import Run, RunError
from results.run.rows import commit
from results.run.verify import verify

IDS = ["aaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbb", "cccccccccccccccccccc"]


def png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def run(tmp_path):
    """A run of two images and of one trial that failed without one."""
    run = Run(tmp_path / "run")
    run.write_metadata({"grid": {"name": "small"}})
    random = np.random.default_rng(0)
    for number, trial in enumerate(IDS):
        row = {"trial_id": trial, "status": "failed", "error": "it was lost"}
        if number < 2:
            pixels = random.integers(0, 256, (6, 8, 3), dtype=np.uint8)
            run.write(Run.image_path(trial), png(pixels))
            row = {"trial_id": trial, "status": "done", "width": 8, "height": 6, "image_path": Run.image_path(trial)}
            row["pixels_sha256"] = hashlib.sha256(pixels.tobytes()).hexdigest()
        commit(run, pa.schema([]), f"batch{number}", "first", [row])
    return run


def found(run):
    """Path and text of everything that was found, the harmless apart."""
    _, findings = verify(run)
    return (
        {finding.path: finding.what for finding in findings if not finding.harmless},
        {finding.path: finding.what for finding in findings if finding.harmless},
    )


def test_a_whole_run_has_nothing_to_find(run):
    assert verify(run) == (2, [])


FIRST = Run.image_path(IDS[0])


def damaged(content):
    return lambda run: run.write(FIRST, content(run.read(FIRST)))


def flipped(content):
    pixels = np.asarray(Image.open(io.BytesIO(content))).copy()
    pixels[2, 3, 1] ^= 1
    return png(pixels)


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda run: run.remove([FIRST]), "is missing"),
        (damaged(lambda content: content[: len(content) // 2]), "does not decode"),
        (damaged(lambda content: b""), "does not decode"),
        (damaged(lambda content: b"<html>"), "does not decode"),
        (damaged(flipped), "has other pixels"),
        (damaged(lambda content: png(np.zeros((5, 8, 3), np.uint8))), "has 8×5 pixels, its row 8×6"),
    ],
)
def test_a_damaged_image_is_named(run, harm, message):
    harm(run)
    lost, harmless = found(run)
    assert list(lost) == [FIRST]
    assert message in lost[FIRST]
    assert not harmless


def test_a_damaged_shard_is_named_and_its_images_are_then_orphans(run):
    path = Run.shard_path("batch0", "first")
    run.write(path, run.read(path)[:-20])
    lost, harmless = found(run)
    assert list(lost) == [path]
    assert list(harmless) == [FIRST]


def test_what_a_killed_worker_left_is_noted_and_is_no_damage(run):
    orphan = Run.image_path("dddddddddddddddddddd")
    run.write(orphan, png(np.zeros((6, 8, 3), np.uint8)))
    run.write("trials/.half.tmp", b"half")
    lost, harmless = found(run)
    assert not lost
    assert set(harmless) == {orphan, "trials/.half.tmp"}


def test_missing_frames_and_those_of_no_row_are_named(run):
    rows = [
        {"trial_id": IDS[2], "status": "failed", "error": "late", "kept_by": IDS[2], "kept_steps": [0, 10, 20]},
        {"trial_id": "f" * 20, "status": "failed", "error": "late", "kept_by": "../up", "kept_steps": [0]},
    ]
    commit(run, pa.schema([]), "batch9", "later", rows)
    for step in (10, 30):
        run.write(Run.snapshot_path(IDS[2], step), b"frame")
    for step in (0, 10):
        run.write(Run.snapshot_path(IDS[0], step), b"frame")
    lost, harmless = found(run)
    folder = f"frames/cc/{IDS[2]}"
    assert lost == {
        folder: f"lacks 2 of 3 frames of trial {IDS[2]}, 0000000.webp the first",
        f"trial {'f' * 20}": "has frames where none belong",
    }
    assert set(harmless) == {folder, f"frames/aa/{IDS[0]}"}
    assert "1 frames that belong to no row" in harmless[folder]


def test_a_row_that_names_another_place_is_not_followed(run):
    row = {"trial_id": IDS[0], "status": "done", "image_path": "../../etc/passwd", "pixels_sha256": "0" * 64}
    commit(run, pa.schema([]), "batch9", "later", [row])
    lost, _ = found(run)
    assert lost == {"../../etc/passwd": f"is not where the image of trial {IDS[0]} belongs"}


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(RunError, match="is not a run"):
        verify(Run(tmp_path))
