"""A run: the folder, local or in an object store, in which a grid's results are kept. All paths in it are made here.

    run.json              the grid as it was last run, versions, hardware
    plan.parquet          the grid's trials in their order, with their settings and labels
    trials/*.parquet      rows in write-once shards, each with its checksum in its name: a row is a trial's commit
    damaged/              what `sweep verify --repair` set aside
    images/ab/abcd….png   the images, written before their rows
    frames/ab/abcd…/….webp  snapshots, if `frames_every` asked for them; named by their step
    prints/ab/abcd….tif   a further file of the image, if `print_file` asked for one: .png or .tif
    states/ab/abcd….safetensors  where optimisations stopped, if `keep_state` asked for it
    references/….png      the content and style pictures, small, for the sheet
    sheet.png             the comparison sheet
    selection.png         a sheet of some of the trials, where one was asked for
    derived.json          from which rows sheet and gallery were made, and hashes of files that have no row
    films/                what `sweep animate` made
    gallery/              the page to look at it all with, and its thumbnails
    votes.parquet/        votes of blind comparisons, a file for each sitting
    marks.parquet/        stars, tags and notes that people gave to trials, a file for each sitting
    lease.json            in an object store: which sweep is at work here

A file is written whole or not at all: locally as a temporary file that is synchronised and renamed, in an object store
with one PUT. The contents of these files are handled in the other modules of this folder.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import json
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import fsspec
from filelock import FileLock, Timeout
from fsspec.implementations.local import LocalFileSystem

from results.errors import MissingFileError, RunError
from results.run.lease import leased
from results.run.leftovers import remove_leftovers, temporary_prefix

FORMAT = 1
"""The version of this layout. A reader refuses a run that a newer version wrote."""

GENERATORS = "generators"
"""The folder of generators that were trained for a run, and of the checkpoints of their trainings."""

METADATA, PLAN, SHEET, GALLERY_PAGE = "run.json", "plan.parquet", "sheet.png", "gallery/index.html"
SELECTION_SHEET = "selection.png"
"""Where the description, the plan, the sheet and the page of the gallery are, below the run."""

MOST_LOOKS = 10
"""How many times a reader lists files that are being merged while it reads them; it waits some ten seconds in all."""

MERGED = "merged"
"""What the name of a shard begins with that other shards were merged into."""

SHARD_CHECKSUM = 16
"""Hexadecimal digits of its SHA-256 that a shard has in its name."""

_TRIAL_ID = re.compile(r"[0-9a-f]{8,64}")


class Run:
    """The files of a run. `location` is a path or any URL that fsspec knows. Nothing is created before something is
    written.
    """

    def __init__(self, location: str | Path) -> None:
        self.location = str(location)
        self._files, self._root = fsspec.core.url_to_fs(self.location)

    @property
    def url(self) -> str:
        """The location for other processes, whose working directory may be another: an absolute path or a URL."""
        return self._root if self.is_local else str(self._files.unstrip_protocol(self._root))

    @property
    def is_local(self) -> bool:
        return isinstance(self._files, LocalFileSystem)

    @staticmethod
    def image_path(trial_id: str) -> str:
        """Where a trial's image is, below the run."""
        _check_hexadecimal(trial_id)
        return f"images/{trial_id[:2]}/{trial_id}.png"

    @staticmethod
    def print_path(trial_id: str, suffix: str) -> str:
        """Where the further file of a trial's image is that `print_file` asks for; `suffix` is .png or .tif."""
        _check_hexadecimal(trial_id)
        return f"prints/{trial_id[:2]}/{trial_id}{suffix}"

    @staticmethod
    def snapshot_path(trial_id: str, step: int) -> str:
        """Where the image of a trial after `step` updates is, below the run."""
        _check_hexadecimal(trial_id)
        return f"frames/{trial_id[:2]}/{trial_id}/{step:07}.webp"

    @staticmethod
    def state_path(trial_id: str) -> str:
        """Where the state is in which the optimisation of a trial stopped, below the run."""
        _check_hexadecimal(trial_id)
        return f"states/{trial_id[:2]}/{trial_id}.safetensors"

    @staticmethod
    def film_path(trial_id: str | None = None, suffix: str = ".mp4") -> str:
        """Where the film of one trial is, or that of the sheet, below the run."""
        if trial_id:
            _check_hexadecimal(trial_id)
        return f"films/{trial_id or 'sheet'}{suffix}"

    @staticmethod
    def reference_path(picture_sha256: str) -> str:
        """Where the small copy of a content or style picture is, below the run."""
        _check_hexadecimal(picture_sha256)
        return f"references/{picture_sha256[:20]}.png"

    @staticmethod
    def thumbnail_path(pixels_sha256: str, edge: int) -> str:
        """Where the small copy of an image with these pixels is, below the run; `edge` is its long edge in pixels."""
        _check_hexadecimal(pixels_sha256)
        return f"gallery/thumbnails/{pixels_sha256[:2]}/{pixels_sha256[:20]}-{edge}.webp"

    @staticmethod
    def shard_path(name: str, checksum: str) -> str:
        """Where a shard of rows is, below the run; `checksum` is the SHA-256 of its contents, as hexadecimal digits."""
        return f"trials/{name}.{checksum[:SHARD_CHECKSUM]}.parquet"

    def full_path(self, path: str) -> str:
        """A path below the run as a user can open it. Raises RunError for one that leads out of the run."""
        if path.startswith("/") or "\\" in path or ".." in path.split("/"):
            raise RunError(f"{path!r} leads out of the run {self.location}")
        return f"{self._root}/{path}" if self.is_local else self._files.unstrip_protocol(f"{self._root}/{path}")

    def exists(self, path: str = "run.json") -> bool:
        with self._trouble("read"):
            return bool(self._files.exists(f"{self._root}/{path}"))

    def read(self, path: str) -> bytes:
        """A file's contents. Raises MissingFileError where it is missing, RunError where it cannot be read."""
        self.full_path(path)
        try:
            with self._trouble(f"read {path}"):
                return bytes(self._files.cat_file(f"{self._root}/{path}"))
        except FileNotFoundError as error:
            raise MissingFileError(f"{self.location} has no {path}") from error

    def read_all(self, pattern: str) -> dict[str, bytes]:
        """The contents of all files that match, by path below the run, in the order of their names.

        Files that vanish meanwhile were merged into another one. Where such a merged file has appeared since the files
        were listed it is read as well; nothing is read twice, so that this ends however fast files are merged.
        """
        found: dict[str, bytes] = {}
        for look in range(MOST_LOOKS):
            listed = self._listed(pattern)
            found |= self.read_those([path for path in listed if path not in found])
            after = self._listed(pattern)
            appeared = [
                path for path in after if path not in found and path.rpartition("/")[2].startswith(f"{MERGED}-")
            ]
            if not appeared and found.keys() >= set(listed):
                return {path: found[path] for path in sorted(found)}
            time.sleep(0.01 * 2**look)
        raise RunError(f"files of {self.location} vanish while they are read; try again when nothing works on it")

    def read_those(self, paths: Sequence[str]) -> dict[str, bytes]:
        """The contents of those of these files that are there, by path. Raises RunError where one cannot be read."""
        if not paths:
            return {}
        with self._trouble("read"):
            full = {f"{self._root}/{path}": path for path in paths}
            found: dict[str, Any] = self._files.cat(list(full), on_error="return")
            for content in found.values():
                if isinstance(content, Exception) and not isinstance(content, FileNotFoundError):
                    raise content
        return {full[path]: content for path, content in found.items() if isinstance(content, bytes)}

    def _listed(self, pattern: str) -> list[str]:
        self._files.invalidate_cache()
        try:
            with self._trouble("read"):
                found = self._files.glob(f"{self._root}/{pattern}")
        except FileNotFoundError:
            return []
        return sorted(path.removeprefix(f"{self._root}/") for path in found)

    def names(self, pattern: str) -> list[str]:
        """The paths below the run of all files that match, sorted; `**` stands for folders in folders."""
        folder = pattern.removesuffix("/**")
        if self.is_local and folder != pattern and not glob.has_magic(folder):
            with self._trouble("read"):  # fsspec asks for the size and the times of each file
                return sorted(path.removeprefix(f"{self._root}/") for path in _files_below(f"{self._root}/{folder}"))
        return list(self.sizes(pattern))

    def sizes(self, pattern: str) -> dict[str, int]:
        """The bytes of all files that match, by path below the run, in the order of their names."""
        with self._trouble("read"):
            found = self._files.glob(f"{self._root}/{pattern}", detail=True)
        files = {path: detail["size"] for path, detail in found.items() if detail["type"] == "file"}
        return {path.removeprefix(f"{self._root}/"): size for path, size in sorted(files.items())}

    def remove_leftovers(self) -> int:
        """Remove what killed processes were writing, and say how many files that were. Object stores have none."""
        return remove_leftovers(Path(self._root)) if self.is_local else 0

    def remove(self, paths: Sequence[str]) -> None:
        """Delete files below the run; one that is gone already is fine."""
        for path in paths:
            self.full_path(path)
        full = [f"{self._root}/{path}" for path in paths]
        with self._trouble("remove files"):
            try:
                if full:
                    self._files.rm(full)
            except FileNotFoundError:
                for path in full:
                    with contextlib.suppress(FileNotFoundError):
                        self._files.rm_file(path)

    def write(self, path: str, content: bytes) -> None:
        """Put a file in its place, whole or not at all. Raises RunError, with the reason, where that fails."""
        full_path = self.full_path(path)
        with self._trouble(f"write {path}"):
            if self.is_local:
                _write_locally(Path(full_path), content)
            else:
                self._files.pipe_file(f"{self._root}/{path}", content)

    @contextlib.contextmanager
    def _trouble(self, action: str) -> Iterator[None]:
        """Turn errors of the storage into RunErrors that say what was being done. A FileNotFoundError passes, except
        from writing, where it means that the folder cannot be made.
        """
        try:
            yield
        except (RunError, FileNotFoundError) as error:
            if action.startswith("write") and isinstance(error, FileNotFoundError):
                raise RunError(f"cannot {action} in {self.location}: {_reason(error)}") from error
            raise
        except Exception as error:
            # Each kind of object store has exceptions of its own, which are no OSErrors.
            if self.is_local and not isinstance(error, OSError):
                raise
            raise RunError(f"cannot {action} in {self.location}: {_reason(error)}") from error

    def metadata(self) -> dict[str, Any]:
        """What `run.json` says. Raises RunError where this is no run, or one of a newer version."""
        from results.run.description import parse_description  # pydantic takes a while to load

        try:
            metadata = parse_description(self.read(METADATA))
        except MissingFileError as error:
            if self.names("trials/*.parquet"):
                what = "its run.json is gone; run the grid again, which writes it anew and computes nothing twice"
                raise RunError(f"{self.location} has rows, but {what}") from error
            raise RunError(f"{self.location} is not a run: it has no run.json") from error
        except ValueError as error:
            what = f"{METADATA} in {self.location} is damaged ({error})"
            raise RunError(f"{what}; remove it and run the grid again, which keeps all rows") from error
        if metadata["format"] > FORMAT:
            newer = f"was written by a newer version (format {metadata['format']})"
            raise RunError(f"{self.location} {newer}; upgrade to read it")
        return metadata

    def write_metadata(self, metadata: dict[str, Any]) -> bytes:
        """Replace `run.json`, and return what it contains."""
        content = json.dumps({"format": FORMAT} | metadata, indent=2, ensure_ascii=False).encode()
        self.write(METADATA, content)
        return content

    @contextlib.contextmanager
    def locked(
        self, on_lost: Callable[[], None] | None = None, say: Callable[[str], None] | None = None
    ) -> Iterator[None]:
        """Keep a second sweep out of this run meanwhile.

        The operating system releases a local lock when its process ends, however it ends. In an object store there is a
        lease (see `lease`); `on_lost` is called when another sweep has taken it over, and `say` is called with the
        reason when taking it needs a while. Raises RunError where another process holds the run.
        """
        if not self.is_local:
            with leased(self._files, f"{self._root}/lease.json", self.location, on_lost, say):
                yield
            return
        lock_path = Path(self._root) / ".lock"
        try:
            lock_path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(lock_path)
            lock.acquire(timeout=0)
        except Timeout as error:
            raise RunError(
                f"another sweep is running in {self.location}; wait for it, or choose another folder with --out"
            ) from error
        except OSError as error:
            raise RunError(f"cannot write in {self.location}: {_reason(error)}") from error
        try:
            yield
        finally:
            lock.release()


def _files_below(folder: str) -> Iterator[str]:
    """The files in a folder and in its folders; none if there is no such folder."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _files_below(entry.path)
            elif entry.is_file():
                yield entry.path


def _write_locally(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f"{temporary_prefix()}{secrets.token_hex(8)}.tmp"
    # Not mkstemp, whose files are private: a run is as readable as the umask says, which the system applies itself.
    # Asking for the umask would mean to set it, for all threads of the process.
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _check_hexadecimal(name: str) -> None:
    if not _TRIAL_ID.fullmatch(name):
        raise RunError(
            f"{name!r} is not the id of a trial: it has 20 hexadecimal digits, and `sweep table RUN` shows it"
        )
