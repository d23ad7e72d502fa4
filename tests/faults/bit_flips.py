"""Flips bits in the files of a small run, one after the other: `sweep verify` must report each that changes anything.

    python tests/faults/bit_flips.py --bits 500

The suite does the same with fewer bits (`tests/results/run/test_verify.py`).
"""

import argparse
import datetime
import hashlib
import io
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image, PngImagePlugin

from results import Run, RunError
from results.run.compact import compact
from results.run.derived import Derived, present_state, sha256, write_derived
from results.run.rows import commit, read_plan, read_rows, write_plan
from results.run.storage import METADATA, PLAN
from results.run.verify import verify

IDS = ["aaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbb", "cccccccccccccccccccc"]
SHAPE = (6, 8, 3)
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def png(pixels, text=None):
    buffer, chunk = io.BytesIO(), PngImagePlugin.PngInfo()
    if text:
        chunk.add_itxt("sweep", text)
    Image.fromarray(pixels).save(buffer, "PNG", pnginfo=chunk)
    return buffer.getvalue()


def webp(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", lossless=True)
    return buffer.getvalue()


def pixels_sha256(pixels):
    return hashlib.sha256(pixels.tobytes()).hexdigest()


def make_run(folder):
    """A run of two images, of which one has two snapshots, and of one trial that failed without one."""
    run = Run(folder)
    reference = Run.reference_path("ab" * 32)
    files = {METADATA: sha256(run.write_metadata({"grid": {"name": "small"}}))}
    plan = {"trial_id": IDS, "ratio": [1.0, 2.0, 3.0], "style": ["a", "b", "c"]}
    files[PLAN] = sha256(write_plan(run, pa.table(plan)))
    random = np.random.default_rng(0)
    for number, trial in enumerate(IDS):
        row = {"trial_id": trial, "status": "failed", "error": "it was lost", "total_loss": 0.5 * number}
        row["committed_at"] = NOW
        if number < 2:
            pixels = random.integers(0, 256, SHAPE, dtype=np.uint8)
            run.write(Run.image_path(trial), png(pixels, f"trial {trial}"))
            row |= {"status": "done", "width": 8, "height": 6, "image_path": Run.image_path(trial), "error": None}
            row["pixels_sha256"] = pixels_sha256(pixels)
        if number == 0:
            snapshots = {step: random.integers(0, 256, SHAPE, dtype=np.uint8) for step in (0, 10)}
            for step, snapshot in snapshots.items():
                run.write(Run.snapshot_path(trial, step), webp(snapshot))
            row |= {"kept_by": trial, "kept_steps": list(snapshots)}
            row["kept_pixels_sha256"] = [pixels_sha256(snapshot) for snapshot in snapshots.values()]
        commit(run, pa.schema([("ratio", pa.float64())]), f"batch{number}", "first", [row])
    content = png(random.integers(0, 256, SHAPE, dtype=np.uint8))
    run.write(reference, content)
    state = present_state(run)
    write_derived(run, Derived(state, state, files | {reference: sha256(content)}))
    return run


def meaning(run, path):
    """What a file says to whoever reads it."""
    if path.startswith("trials/"):
        return read_rows(run).sort_by("trial_id").to_pylist()
    if path == METADATA:
        return run.metadata()
    if path == PLAN:
        return read_plan(run).to_pylist()
    with Image.open(io.BytesIO(run.read(path))) as image:
        return image.convert("RGB").tobytes(), image.info if path.endswith(".png") else None


FILES = ["trials/batch0-*", "trials/merged-*", PLAN, "images/aa/*", "references/*", f"frames/aa/{IDS[0]}/*", METADATA]


def flip(run, pattern, bits):
    """Flip about so many bits, spread over the file that matches, each alone.

    Returns how many `verify` reported and how many it did not; those have changed nothing.
    """
    if "merged" in pattern:
        compact(run)
    path = run.names(pattern)[0]
    content = run.read(path)
    before, noticed, harmless = meaning(run, path), 0, 0
    step = max(1, len(content) * 8 // bits) | 1  # odd, so that each of a byte's bits has its turn
    for bit in range(0, len(content) * 8, step):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        run.write(path, bytes(flipped))
        if _is_reported(run):
            noticed += 1
        else:
            assert meaning(run, path) == before, f"bit {bit} of {path}"
            harmless += 1
    run.write(path, content)
    assert not _is_reported(run)
    return noticed, harmless


def _is_reported(run):
    try:
        return not all(finding.harmless for finding in verify(run)[1])
    except RunError:  # a run.json that cannot be read
        return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bits", type=int, default=500, help="of each kind of file, about")
    options = parser.parse_args()
    for pattern in FILES:
        with tempfile.TemporaryDirectory() as folder:
            noticed, harmless = flip(make_run(Path(folder)), pattern, options.bits)
        print(f"{pattern}: {noticed + harmless} bits, {noticed} reported, {harmless} changed nothing", flush=True)


if __name__ == "__main__":
    main()
