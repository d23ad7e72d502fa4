"""A run's files appear whole or not at all, below the run and nowhere else."""

import errno
import os
import subprocess
import sys
import uuid

import pytest

from results import Run, RunError


@pytest.fixture(params=["local", "memory"])
def run(request, tmp_path):
    """Locally, and in fsspec's in-memory store, which like an object store has no rename."""
    return Run(tmp_path / "a run" if request.param == "local" else f"memory://{uuid.uuid4().hex}/run")


def test_what_is_written_can_be_read(run):
    assert not run.exists()
    run.write("trials/one.parquet", b"one")
    run.write("trials/two.parquet", b"two")
    run.write("trials/one.parquet", b"again")
    assert run.read("trials/one.parquet") == b"again"
    assert run.exists("trials/two.parquet")
    assert run.read_all("trials/*.parquet") == {"trials/one.parquet": b"again", "trials/two.parquet": b"two"}


def test_the_files_in_folders_of_folders_are_listed(run):
    for path in ("images/ab/abcd.png", "images/ab.png", "images/.b/c/d.png", "other/e.png"):
        run.write(path, b"")
    if run.is_local:
        os.mkdir(run.full_path("images/empty"))
        os.symlink("other", run.full_path("linked"))
    for pattern in ("images/**", "other/**", "missing/**", "**", "images/*/*.png", "linked/**"):
        assert run.names(pattern) == list(run.sizes(pattern)), pattern
    assert run.names("images/**") == ["images/.b/c/d.png", "images/ab.png", "images/ab/abcd.png"]


def test_a_missing_file_is_named(run):
    with pytest.raises(RunError, match=r"has no images/ab/abcd\.png"):
        run.read("images/ab/abcd.png")


@pytest.mark.parametrize("path", ["../outside", "images/../../outside", "/etc/passwd", "images\\..\\x"])
def test_no_path_leads_out_of_the_run(run, path):
    for use in (run.read, run.full_path, lambda path: run.write(path, b"x")):
        with pytest.raises(RunError, match="leads out of the run"):
            use(path)


@pytest.mark.parametrize("name", ["../../x", "ABCDEF0123", "abc", "", "a" * 65, "0123456789/.."])
def test_only_hexadecimal_ids_become_paths(name):
    with pytest.raises(RunError, match="is not the id of a trial"):
        Run.image_path(name)
    with pytest.raises(RunError, match="is not the id of a trial"):
        Run.reference_path(name)


def test_metadata_survive_a_round_trip_with_any_text(run):
    grid = {"name": "täst", "title": "日本 </script>\u202e", "description": None, "axes": [], "sheet": None}
    run.write_metadata({"grid": grid})
    assert run.metadata() == {"format": 1, "grid": grid}


def test_a_description_that_lacks_what_is_optional_is_complete_when_it_is_read(run):
    run.write_metadata({"grid": {"name": "small"}, "anything": [1]})
    whole = {"name": "small", "title": "small", "description": None, "axes": [], "sheet": None}
    assert run.metadata() == {"format": 1, "grid": whole, "anything": [1]}


def test_rows_without_a_description_are_named_with_the_remedy(run):
    run.write("trials/one.parquet", b"one")
    with pytest.raises(RunError, match=r"has rows, but its run\.json is gone; run the grid again"):
        run.metadata()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": "x"}', b"\xff\xfe"])
def test_damaged_metadata_are_named(run, content):
    run.write("run.json", content)
    with pytest.raises(RunError, match="damaged"):
        run.metadata()


def test_a_run_of_a_newer_version_is_refused(run):
    run.write("run.json", b'{"format": 99, "grid": {"name": "small"}}')
    with pytest.raises(RunError, match="newer version"):
        run.metadata()


def test_a_folder_that_is_no_run_is_named(run):
    with pytest.raises(RunError, match="is not a run"):
        run.metadata()


def test_a_full_disk_is_named_and_leaves_neither_the_file_nor_a_part(tmp_path, monkeypatch):
    run = Run(tmp_path / "run")
    run.write("kept", b"old")

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match="the disk is full"):
        run.write("kept", b"new")
    monkeypatch.undo()
    assert run.read("kept") == b"old"
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["kept"]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    run = Run(tmp_path / "file" / "run")
    with pytest.raises(RunError, match="cannot write run"):
        run.write_metadata({})
    with pytest.raises(RunError, match="cannot write in"), run.locked():
        pass


def test_the_umask_which_all_threads_share_is_never_touched(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "umask", None)
    Run(tmp_path).write("a/b", b"content")
    assert (tmp_path / "a" / "b").read_bytes() == b"content"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_files_are_as_readable_as_the_users_umask_says(tmp_path):
    run = Run(tmp_path / "run")
    before = os.umask(0o022)
    try:
        run.write("file", b"")
    finally:
        os.umask(before)
    assert (tmp_path / "run" / "file").stat().st_mode & 0o777 == 0o644


def test_a_second_sweep_is_kept_out_until_the_first_is_gone_however_it_went(tmp_path):
    """The first is another process, killed with -9 while it holds the lock."""
    code = (
        "import sys, time; from results import Run\n"
        "with Run(sys.argv[1]).locked(): print('locked', flush=True); time.sleep(60)"
    )
    run = Run(tmp_path / "run")
    with subprocess.Popen([sys.executable, "-c", code, run.location], stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"locked\n"
        with pytest.raises(RunError, match="another sweep is running"), run.locked():
            pass
        holder.kill()
    with run.locked():
        pass
