"""Checks a run: every row against its image and its snapshots, every file against its checksum.

Nothing is changed here: `repair.py` sets damaged files aside, and a sweep computes their trials again.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from results.errors import MissingFileError, RunError
from results.run.derived import DERIVED, Derived, present_state, read_derived, sha256
from results.run.image_file import open_image
from results.run.rows import merged_rows, parse_plan, read_shard
from results.run.storage import PLAN, Run

COLUMNS = (
    "trial_id", "status", "image_path", "pixels_sha256", "print_path", "print_sha256", "width", "height",
    "kept_steps", "kept_by", "kept_pixels_sha256", "state_sha256", "committed_at",
)  # fmt: skip

PRINT_SUFFIXES = (".png", ".tif")
"""Of the files that `print_file` asks for."""

AGAIN = "run the grid again, which writes it anew"


@dataclass(frozen=True)
class Finding:
    """Something in a run that is wrong or left over. `harmless`: nothing is lost by it, such as an image without a row.
    `trials` have to be computed again.
    """

    path: str
    what: str
    harmless: bool = False
    trials: tuple[str, ...] = ()


def verify(run: Run) -> tuple[int, list[Finding]]:
    """How many images were compared with their rows, and what was found.

    Raises RunError where this is no run, or a newer one, or where the storage cannot be read.
    """
    run.metadata()
    derived = read_derived(run)
    findings = list(_derived_findings(run, derived))
    whole: dict[str, bytes] = {}
    for path, content in run.read_all("trials/*.parquet").items():
        try:
            read_shard(path, content)
            whole[path] = content
        except ValueError as error:
            findings.append(Finding(path, f"is damaged, its rows are not counted ({error})"))
    rows = merged_rows(run, whole, COLUMNS).to_pylist()
    # Decoding an image leaves the interpreter to other threads.
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as threads:
        for found in threads.map(lambda row: list(_image_findings(run, row)), rows):
            findings += found
        findings += _snapshot_findings(run, rows, threads)
        findings += _state_findings(run, rows, threads)
    findings += _orphans(run, {row[name] for row in rows for name in ("image_path", "print_path") if row.get(name)})
    if all(finding.harmless for finding in findings):
        findings += _stale(run, derived)
    return sum(row["image_path"] is not None for row in rows), findings


def _derived_findings(run: Run, derived: Derived) -> Iterator[Finding]:
    """The files that have no row: the description, the plan, and the small pictures."""
    if not derived.files:
        what = "is missing: the last sweep was ended early, or was of an older version; pictures cannot be compared"
        yield Finding(DERIVED, f"{what}; {AGAIN}", True)
    for path, expected in derived.files.items():
        try:
            if sha256(run.read(path)) != expected:
                yield Finding(path, "has other contents than when it was written")
        except MissingFileError:
            yield Finding(path, "is missing")
    if PLAN not in derived.files:
        try:
            parse_plan(run, run.read(PLAN))
        except RunError as error:
            yield Finding(PLAN, f"cannot be read ({error})")
    for path in sorted(set(run.names("references/*.png")) - derived.files.keys()):
        if trouble := _png_trouble(run.read(path)):
            yield Finding(path, trouble)


def _stale(run: Run, derived: Derived) -> Iterator[Finding]:
    """Sheet and gallery, if they were made from other rows than the present ones."""
    present = present_state(run)
    for what, made_from in (("the sheet", derived.sheet), ("the gallery", derived.gallery)):
        if made_from is not None and made_from != present:
            yield Finding(DERIVED, f"says that {what} was made from other rows; {AGAIN}", True)


def _image_findings(run: Run, row: Mapping[str, Any]) -> Iterator[Finding]:
    trial, path = row["trial_id"], row["image_path"]
    if path is None:
        if row["status"] == "done":
            yield Finding(f"trial {trial}", "is done and its row names no image", trials=(trial,))
    elif not _belongs(path, trial):
        yield Finding(str(path), f"is not where the image of trial {trial} belongs", trials=(trial,))
    elif trouble := _image_trouble(run, path, row["pixels_sha256"], (row["height"], row["width"])):
        yield Finding(path, trouble, trials=(trial,))
    if row["print_path"] is not None:
        yield from _print_findings(run, row)


def _print_findings(run: Run, row: Mapping[str, Any]) -> Iterator[Finding]:
    trial, path = row["trial_id"], str(row["print_path"])
    if not any(_belongs(path, trial, Run.print_path, suffix) for suffix in PRINT_SUFFIXES):
        yield Finding(path, f"is not where a file of trial {trial} belongs", trials=(trial,))
        return
    try:
        if sha256(run.read(path)) != row["print_sha256"]:
            yield Finding(path, "has other contents than when it was written", trials=(trial,))
    except MissingFileError:
        yield Finding(path, "is missing", trials=(trial,))


def _belongs(path: str, trial: str, place: Callable[..., str] = Run.image_path, *details: str) -> bool:
    try:
        return path == place(trial, *details)
    except RunError:  # the id is none
        return False


def _image_trouble(run: Run, path: str, expected: str | None, shape: tuple[int, int] | None) -> str | None:
    """What is wrong with an image, as text to print after its path; None if nothing is wrong."""
    try:
        content = run.read(path)
    except MissingFileError:
        return "is missing"
    if path.endswith(".png") and (trouble := _png_trouble(content)):
        return trouble
    try:
        with open_image(content) as opened:
            pixels = np.asarray(opened.convert("RGB"))
    except Exception as error:  # decoders raise nearly anything for a file that is damaged
        return f"does not decode ({_first_line(error)})"
    if shape and pixels.shape[:2] != shape:
        return f"has {pixels.shape[1]}×{pixels.shape[0]} pixels, its row {shape[1]}×{shape[0]}"
    if expected and hashlib.sha256(pixels.tobytes()).hexdigest() != expected:
        return "has other pixels than its row's checksum says"
    return None


def _png_trouble(content: bytes) -> str | None:
    """Compares the checksums of all parts of a PNG, those of its texts included."""
    try:
        with open_image(content) as opened:
            opened.verify()
    except Exception as error:  # as above
        return f"does not decode ({_first_line(error)})"
    return None


def _snapshot_findings(run: Run, rows: Sequence[Mapping[str, Any]], threads: ThreadPoolExecutor) -> Iterator[Finding]:
    """Snapshots that rows name and that are missing or damaged, and those that no row names, by their folders."""
    here = set(run.names("frames/**"))
    known: dict[str, str | None] = {}  # path and hash: trials that share an optimisation share snapshots
    owners: dict[str, list[str]] = {}
    for row in rows:
        steps, hashes = row["kept_steps"] or (), row["kept_pixels_sha256"] or ()
        try:
            named = [Run.snapshot_path(row["kept_by"], step) for step in steps]
        except (RunError, TypeError):
            yield Finding(f"trial {row['trial_id']}", "has snapshots where none belong", trials=(row["trial_id"],))
            continue
        known |= dict(zip(named, hashes or (None,) * len(named), strict=False))
        if named:
            owners.setdefault(named[0].rpartition("/")[0], []).append(row["trial_id"])
    checked = threads.map(lambda path: _image_trouble(run, path, known[path], None), known)
    troubles = dict(zip(known, checked, strict=True))
    bad = [path for path, trouble in troubles.items() if trouble]
    for folder, trials in owners.items():
        named = [path for path in known if path.startswith(f"{folder}/")]
        if inside := [path for path in bad if path.startswith(f"{folder}/")]:
            first = inside[0].rpartition("/")[2]
            what = f"lacks {len(inside)} of {len(named)} snapshots, or they are damaged: {first} {troubles[inside[0]]}"
            yield Finding(folder, what, trials=tuple(trials))
    orphans = Counter(path.rpartition("/")[0] for path in here - known.keys() if not path.endswith(".tmp"))
    for folder, count in sorted(orphans.items()):
        yield Finding(folder, f"has {count} snapshots that belong to no row: a sweep ended before it committed", True)


def _state_findings(run: Run, rows: Sequence[Mapping[str, Any]], threads: ThreadPoolExecutor) -> Iterator[Finding]:
    """Kept states that are damaged or missing, and those that no row names. No trial has to run again for them: without
    its state, a longer trial runs from the start.
    """
    named = {Run.state_path(row["trial_id"]): row["state_sha256"] for row in rows if row["state_sha256"]}

    def trouble(path: str) -> Finding | None:
        try:
            same = sha256(run.read(path)) == named[path]
        except MissingFileError:
            return Finding(path, "is missing; a longer trial runs from the start", True)
        return None if same else Finding(path, "has other contents than its row's checksum says")

    yield from filter(None, threads.map(trouble, named))
    for path in sorted(set(run.names("states/**")) - named.keys()):
        if not path.endswith(".tmp"):
            yield Finding(path, "belongs to no row: a sweep ended before it committed", True)


def _orphans(run: Run, known: set[str]) -> Iterator[Finding]:
    for path in [*run.names("images/**"), *run.names("prints/**")]:
        if path not in known and not path.endswith(".tmp"):
            yield Finding(path, "belongs to no row: a sweep ended before it committed; the next run replaces it", True)
    for pattern in ("*.tmp", "**/.*.tmp"):
        for path in run.names(pattern):
            yield Finding(path, "is what is left of a file that was not finished; the next sweep removes it", True)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:200] or type(error).__name__
