"""`sweep verify --recompute`: the same pixels once more, and what is said where they cannot be the same."""

import io

import numpy as np
import pytest
from PIL import Image

import results
from orchestrator.recompute import Comparison, as_line
from results import Run

pytestmark = pytest.mark.usefixtures("ray_session")


def test_trials_computed_again_are_identical_and_damage_is_found_all_the_same(sweep, small_grid):
    assert sweep(small_grid).exit_code == 0
    whole = sweep("verify", "runs/small", "--recompute", "2")
    assert whole.exit_code == 0, whole.stderr
    assert "4 images compared with their rows: 0 damaged files or rows" in whole.stderr
    lines = whole.stdout.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("ok: trial") and "identical (the same circumstances)" in line for line in lines)

    run, row = Run("runs/small"), results.load("runs/small").iloc[1]
    buffer = io.BytesIO()
    pixels = np.asarray(results.image(row)).copy()
    pixels[0, 0] ^= 1
    Image.fromarray(pixels).save(buffer, "PNG")
    run.write(row["image_path"], buffer.getvalue())
    damaged = sweep("verify", "runs/small")
    assert damaged.exit_code == 1
    assert f"damage: {row['image_path']} has other pixels" in damaged.stdout

    small_grid.unlink()
    gone = sweep("verify", "runs/small", "--recompute", "1")
    assert gone.exit_code == 2
    assert "is no longer at" in gone.stderr


@pytest.mark.parametrize(
    ("identical", "differing", "loss", "passed"),
    [
        (True, (), 0.0, True),
        (False, (), 1e-9, False),  # in the same circumstances nothing but the same pixels will do
        (False, ("device",), 0.019, True),
        (False, ("device", "batch_width"), 0.021, False),
        (True, ("versions",), 0.0, True),
    ],
)
def test_what_passes_depends_on_what_differs(identical, differing, loss, passed):
    comparison = Comparison("a" * 20, identical, differing, 0.5, loss)
    assert comparison.passed == passed
    line = as_line(comparison)
    assert line.startswith("ok" if passed else "NOT as recorded")
    assert all(name in line for name in differing)
