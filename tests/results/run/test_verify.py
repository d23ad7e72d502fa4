"""What `verify` finds: each kind of damage by its path, and nothing where there is none. What a repair sets aside."""

import datetime
import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bit_flips import FILES, IDS, NOW, SHAPE, flip, make_run, png, webp
from PIL import Image

from results import Run, RunError, load
from results.run.compact import compact
from results.run.derived import DERIVED
from results.run.repair import set_aside
from results.run.rows import commit, read_rows
from results.run.storage import METADATA, PLAN
from results.run.verify import verify


@pytest.fixture
def run(tmp_path):
    """A run of two images, of which one has two snapshots, and of one trial that failed without one."""
    return make_run(tmp_path / "run")


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
    [path] = run.names("trials/batch0-*")
    run.write(path, run.read(path)[:-20])
    lost, harmless = found(run)
    assert list(lost) == [path]
    assert set(harmless) == {FIRST, f"frames/aa/{IDS[0]}"}


def test_what_a_killed_worker_left_is_noted_and_is_no_damage(run):
    orphan = Run.image_path("dddddddddddddddddddd")
    run.write(orphan, png(np.zeros((6, 8, 3), np.uint8)))
    run.write("trials/.half.tmp", b"half")
    lost, harmless = found(run)
    assert not lost
    assert set(harmless) == {orphan, "trials/.half.tmp"}


def test_missing_and_damaged_snapshots_and_those_of_no_row_are_named(run):
    rows = [
        {"trial_id": IDS[2], "status": "failed", "error": "late", "kept_by": IDS[2], "kept_steps": [0, 10, 20]},
        {"trial_id": "f" * 20, "status": "failed", "error": "late", "kept_by": "../up", "kept_steps": [0]},
    ]
    commit(run, pa.schema([]), "batch9", "later", rows)
    for step in (10, 30):  # without a hash in the row, as older versions wrote it
        run.write(Run.snapshot_path(IDS[2], step), webp(np.zeros(SHAPE, np.uint8)))
    run.write(Run.snapshot_path(IDS[0], 10), webp(np.zeros(SHAPE, np.uint8)))
    run.write(Run.snapshot_path(IDS[1], 0), b"of nobody")
    lost, harmless = found(run)
    assert lost == {
        f"frames/cc/{IDS[2]}": "lacks 2 of 3 snapshots, or they are damaged: 0000000.webp is missing",
        f"frames/aa/{IDS[0]}": "lacks 1 of 2 snapshots, or they are damaged: 0000010.webp has other pixels than its "
        "row's checksum says",
        f"trial {'f' * 20}": "has snapshots where none belong",
    }
    assert set(harmless) == {f"frames/cc/{IDS[2]}", f"frames/bb/{IDS[1]}"}
    assert "1 snapshots that belong to no row" in harmless[f"frames/bb/{IDS[1]}"]


def test_a_row_that_names_another_place_is_not_followed(run):
    row = {"trial_id": IDS[0], "status": "done", "image_path": "../../etc/passwd", "pixels_sha256": "0" * 64}
    commit(run, pa.schema([]), "batch9", "later", [row])
    lost, _ = found(run)
    assert lost == {"../../etc/passwd": f"is not where the image of trial {IDS[0]} belongs"}


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(RunError, match="is not a run"):
        verify(Run(tmp_path))


@pytest.mark.parametrize("path", [METADATA, PLAN, Run.reference_path("ab" * 32)])
def test_files_without_a_row_are_compared_with_what_was_written(run, path):
    content = run.read(path)
    run.write(path, content.replace(b"small", b"smalm") if path == METADATA else content[:-1] + b"?")
    assert list(found(run)[0]) == [path]
    if path != METADATA:
        run.remove([path])
        assert found(run)[0] == {path: "is missing"}


def test_a_sheet_of_other_rows_is_noted(run):
    row = {"trial_id": IDS[2], "status": "failed", "error": "again", "committed_at": NOW + datetime.timedelta(days=1)}
    commit(run, pa.schema([]), "batch9", "later", [row])
    _, findings = verify(run)
    assert {finding.what.partition(";")[0] for finding in findings} == {
        "says that the sheet was made from other rows",
        "says that the gallery was made from other rows",
    }


@pytest.mark.parametrize("pattern", FILES)
def test_no_flipped_bit_goes_unnoticed_that_changes_anything(run, pattern):
    noticed, harmless = flip(run, pattern, 60)
    assert noticed >= 40
    assert harmless <= 10


def test_reading_refuses_a_shard_whose_bits_have_changed(run):
    """Also where Arrow would read it without a word: the name of a column is in no page."""
    [path] = run.names("trials/batch0-*")
    run.write(path, run.read(path).replace(b"total_loss", b"total_lost"))
    with pytest.raises(RunError, match=r"batch0.* is damaged \(its contents are not those that were written\)"):
        read_rows(run)


def test_a_plan_that_is_damaged_anywhere_is_one_error_of_ours(run):
    content = run.read(PLAN)
    messages = []
    for bit in range(0, len(content) * 8, 97):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        run.write(PLAN, bytes(flipped))
        try:
            load(run.location)
        except RunError as error:  # and nothing else
            messages.append(str(error))
    assert len(messages) > 20
    assert all("plan.parquet" in one and "run the grid again, which writes the plan anew" in one for one in messages)


def test_a_repair_sets_files_aside_by_name_and_takes_back_the_rows_of_damaged_trials(run):
    before = {row["trial_id"]: row for row in read_rows(run).to_pylist()}
    [shard] = run.names("trials/batch2-*")
    damaged_shard, damaged_image = run.read(shard)[:-9], b"nothing"
    run.write(shard, damaged_shard)
    run.write(FIRST, damaged_image)
    _, findings = verify(run)
    aside = set_aside(run, findings)
    assert aside.trials == (IDS[0],)
    [folder] = {path.split("/")[1] for path in aside.files}
    assert set(aside.files) == {f"damaged/{folder}/{path}" for path in (shard, FIRST, "rows.parquet")}
    assert run.read(f"damaged/{folder}/{shard}") == damaged_shard
    assert run.read(f"damaged/{folder}/{FIRST}") == damaged_image
    assert read_rows(run).to_pylist() == [before[IDS[1]]]  # the third had been in the shard
    kept = pq.read_table(pa.BufferReader(run.read(f"damaged/{folder}/rows.parquet")))
    assert kept["trial_id"].to_pylist() == [IDS[0]]
    assert not found(run)[0]
    assert not run.exists(DERIVED)
    assert set_aside(run, verify(run)[1]).files == ()


def test_a_repair_touches_nothing_outside_and_nothing_where_all_is_well(run, tmp_path, tree):
    before = tree(tmp_path)
    set_aside(run, verify(run)[1])
    assert tree(tmp_path) == before
    (tmp_path / "outside.png").write_bytes(b"mine")
    row = {"trial_id": IDS[0], "status": "done", "image_path": "../outside.png"}
    commit(run, pa.schema([]), "batch9", "later", [row])
    set_aside(run, verify(run)[1])
    assert (tmp_path / "outside.png").read_bytes() == b"mine"


def test_a_repair_that_is_killed_before_old_shards_are_removed_counts_as_done(run, monkeypatch):
    compact(run)
    run.remove([FIRST])
    _, findings = verify(run)
    monkeypatch.setattr(Run, "remove", lambda self, paths: None)
    set_aside(run, findings)
    monkeypatch.undo()
    assert IDS[0] not in read_rows(run)["trial_id"].to_pylist()
    compact(run)
    assert IDS[0] not in read_rows(run)["trial_id"].to_pylist()
