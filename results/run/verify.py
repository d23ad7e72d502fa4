"""Is a run what its table says? Every row against its image, every file against the table. Of the frames that
`frames_every` kept it is asked whether they are there, not what is in them: rows have no hashes of them.
"""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from results.errors import MissingFileError, RunError
from results.run.folder import Run
from results.run.rows import merged_rows

COLUMNS = (
    "trial_id", "status", "image_path", "pixels_sha256", "width", "height", "kept_steps", "kept_by", "committed_at",
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be. `harmless`: nothing is lost by it, such as an image without a row."""

    path: str
    what: str
    harmless: bool = False


def verify(run: Run) -> tuple[int, list[Finding]]:
    """How many images were compared with their rows, and what was found.

    Raises RunError where this is no run, or a newer one, or where the storage cannot be read.
    """
    run.metadata()
    findings: list[Finding] = []
    whole: dict[str, bytes] = {}
    for path, content in run.read_all("trials/*.parquet").items():
        try:
            pq.read_table(io.BytesIO(content), columns=["trial_id", "status"])
            whole[path] = content
        except (pa.ArrowException, OSError) as error:
            findings.append(Finding(path, f"damaged, its rows are not counted ({_first_line(error)}); remove it"))
    rows = merged_rows(run, whole, COLUMNS).to_pylist()
    compared = 0
    for row in rows:
        if row.get("image_path") is not None:
            compared += 1
            findings += _image_findings(run, row)
        elif row["status"] == "done":
            findings.append(Finding(f"trial {row['trial_id']}", "is done and its row names no image"))
    findings += _frame_findings(run, rows)
    findings += _orphans(run, {row["image_path"] for row in rows if row.get("image_path")})
    return compared, findings


def _frame_findings(run: Run, rows: Sequence[dict[str, Any]]) -> Iterator[Finding]:
    """Frames that rows name and that are not there, and those that no row names, both by the folder they are in."""
    here = set(run.names("frames/**"))
    known: set[str] = set()
    for row in rows:
        try:
            named = [Run.snapshot_path(row["kept_by"], step) for step in row["kept_steps"] or ()]
        except (RunError, TypeError):
            yield Finding(f"trial {row['trial_id']}", "has frames where none belong")
            continue
        known.update(named)
        if missing := [path for path in named if path not in here]:
            folder, _, first = missing[0].rpartition("/")
            what = f"lacks {len(missing)} of {len(named)} frames of trial {row['trial_id']}, {first} the first"
            yield Finding(folder, what)
    orphans = Counter(path.rpartition("/")[0] for path in here - known if not path.endswith(".tmp"))
    for folder, count in sorted(orphans.items()):
        yield Finding(folder, f"has {count} frames that belong to no row: a sweep ended before it committed", True)


def _image_findings(run: Run, row: dict[str, Any]) -> Iterator[Finding]:
    path = row["image_path"]
    if path != Run.image_path(row["trial_id"]):
        yield Finding(str(path), f"is not where the image of trial {row['trial_id']} belongs")
        return
    try:
        with Image.open(io.BytesIO(run.read(path))) as opened:
            pixels = np.asarray(opened.convert("RGB"))
    except MissingFileError:
        yield Finding(path, "is missing")
        return
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        yield Finding(path, f"does not decode ({_first_line(error)})")
        return
    if pixels.shape[:2] != (row["height"], row["width"]):
        yield Finding(path, f"has {pixels.shape[1]}×{pixels.shape[0]} pixels, its row {row['width']}×{row['height']}")
    elif hashlib.sha256(pixels.tobytes()).hexdigest() != row["pixels_sha256"]:
        yield Finding(path, "has other pixels than its row's pixels_sha256 says")


def _orphans(run: Run, known: set[str]) -> Iterator[Finding]:
    for path in run.names("images/**"):
        if path not in known:
            yield Finding(path, "belongs to no row: a sweep ended before it committed; the next run replaces it", True)
    for pattern in ("*.tmp", "**/.*.tmp"):
        for path in run.names(pattern):
            yield Finding(path, "is what is left of a file that was not finished; it may be removed", True)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:200] or type(error).__name__
