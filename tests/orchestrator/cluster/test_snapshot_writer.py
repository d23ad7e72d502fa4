"""frames_every through a whole sweep: files, rows, what verify and animate say of them."""

import hashlib
import io
import re
import shlex
import shutil
import threading

import numpy as np
import pytest
from PIL import Image

import results
from orchestrator.cluster.snapshot_writer import SnapshotWriter
from results import Run, RunError


@pytest.fixture
def lengths(small_grid):
    """Two optimisations, each looked at after 3 and after 5 steps, with frames every 2."""
    text = small_grid.read_text().replace("iterations: 4", "frames_every: 2")
    small_grid.write_text(
        text.replace("ratio: [1e-3, 1e-2]", "iterations: [3, 5]").replace("columns: ratio", "columns: iterations")
    )
    return small_grid


@pytest.mark.usefixtures("ray_session")
def test_a_sweep_keeps_frames_and_gives_the_same_results(sweep, lengths, undisturbed):
    ran = sweep(lengths)
    assert ran.exit_code == 0, ran.stderr
    trials = results.load("runs/small").set_index("iterations", drop=False)
    assert [row["kept_steps"] for _, row in trials.iterrows()] == [(0, 2), (0, 2, 4)] * 2
    for name, ours in trials.groupby("style_layers_label"):
        longest = ours.loc[5]
        assert ours["kept_by"].tolist() == [longest["trial_id"]] * 2, name
        steps, images = zip(*results.snapshots(longest), strict=True)
        assert steps == (0, 2, 4, 5)
        assert np.array_equal(np.asarray(images[-1]), np.asarray(results.image(longest)))
        assert all(image.size == (40, 40) for image in images)
        shorter = dict(results.snapshots(ours.loc[3]))
        assert list(shorter) == [0, 2, 3]
        assert np.array_equal(np.asarray(shorter[2]), np.asarray(images[1]))
    plain = lengths.with_name("plain.yaml")
    plain.write_text(lengths.read_text().replace("frames_every: 2", "frames_every: 0"))
    without = undisturbed(plain)
    assert without["pixels_sha256"].tolist() == trials["pixels_sha256"].tolist()
    assert without["trial_id"].tolist() == trials["trial_id"].tolist()
    assert not any(isinstance(kept, tuple) for kept in without["kept_steps"])
    assert len(Run("runs/small").names("frames/**")) == 6  # shared, not written twice
    assert sweep("verify", "runs/small").stdout == ""
    assert sweep("animate", "runs/small", "--out", "film.gif").exit_code == 0

    # Asked for when all is done already: nothing runs, and it is said how to have them.
    shutil.copytree(without["run"].iloc[0], "runs/bare")
    later = sweep(plain, "--out", "runs/bare", "--set", "frames_every=2")
    assert later.exit_code == 0
    assert "no trial to compute: 4 of 4" in later.stderr
    assert "4 trials were done without frames_every and have no frames" in later.stderr
    chosen = results.load("runs/bare").iloc[1]
    refused = sweep("animate", "runs/bare", "--trial", chosen["trial_id"][:8])
    assert refused.exit_code == 2
    [command] = re.findall(r"^  sweep (.*)$", refused.stderr, re.MULTILINE)
    planned = sweep("plan", *shlex.split(command), "--json")
    assert planned.exit_code == 0, planned.stderr
    assert '"to run": 1,' in planned.stdout
    assert '"run": "runs/bare-frames"' in planned.stdout


class FakeTrial:
    def __init__(self, number, iterations):
        self.id = f"{number:020x}"
        self.width, self.height = 8, 6
        self.iterations = iterations


class FakeSnapshot:
    def __init__(self, step, lane, colour=0):
        self.step, self.lane = step, lane
        self._pixels = np.full((6, 8, 3), colour, np.uint8)

    def pixels(self):
        return type("tensor", (), {"numpy": lambda _: self._pixels})()


def test_frames_are_written_under_the_longest_and_read_back_exactly(tmp_path):
    run = Run(tmp_path)
    short, long, other = FakeTrial(1, 5), FakeTrial(2, 9), FakeTrial(3, 9)
    with SnapshotWriter(run, [(other,), (short, long)]) as writer:
        writer(FakeSnapshot(0, 1, 11))
        writer(FakeSnapshot(6, 1, 12))
    hashes = [hashlib.sha256(bytes([colour]) * (6 * 8 * 3)).hexdigest() for colour in (11, 12)]
    assert writer.columns(short) == {"kept_by": long.id, "kept_steps": [0], "kept_pixels_sha256": hashes[:1]}
    assert writer.columns(long) == {"kept_by": long.id, "kept_steps": [0, 6], "kept_pixels_sha256": hashes}
    assert writer.columns(other) == {}
    for step, colour in ((0, 11), (6, 12)):
        with Image.open(io.BytesIO(run.read(Run.snapshot_path(f"{2:020x}", step)))) as image:
            assert image.format == "WEBP"
            assert (np.asarray(image.convert("RGB")) == colour).all()
    assert len(run.names("frames/**")) == 2


def test_what_cannot_be_written_is_raised_where_a_row_would_name_it(tmp_path):
    (tmp_path / "frames").write_text("no folder")
    trial = FakeTrial(1, 5)
    with SnapshotWriter(Run(tmp_path), [(trial,)]) as writer:
        writer(FakeSnapshot(0, 0))
    with pytest.raises(RunError, match="cannot write frames/"):
        writer.columns(trial)


def test_a_batch_that_is_faster_than_its_storage_waits(tmp_path, monkeypatch):
    monkeypatch.setattr("orchestrator.cluster.snapshot_writer.MOST_WAITING_BYTES", 1)
    gate, handed = threading.Event(), []

    class Slow(Run):
        def write(self, path, content):
            gate.wait(10)

    def hand_over(writer):
        for step in range(5):
            writer(FakeSnapshot(step, 0))
            handed.append(step)

    with SnapshotWriter(Slow(tmp_path), [(FakeTrial(1, 9),)]) as writer:
        thread = threading.Thread(target=hand_over, args=[writer])
        thread.start()
        thread.join(0.3)
        assert len(handed) == 2  # one for each thread
        gate.set()
        thread.join(10)
        assert len(handed) == 5
